//! A schema on the first line, an event's data after it: compiled or refused, passed or refused with
//! the place of the fault, and never repeated to whoever reads the refusal.

#![no_main]

use libfuzzer_sys::fuzz_target;
use saluran::config::contract::model::{Channel, Event, Retain, Schema};
use saluran::config::contract::pattern::Pattern;
use saluran::config::contract::rule::Rule;
use saluran::config::{App, Config};
use saluran::protocol::{AppId, ChannelName, EventData, EventName};
use saluran::rules::{Draft, Publisher, Who, publish};
use saluran_fuzz::{KEY, app_of, check};
use serde_json::Value;
use serde_json::value::RawValue;

fn channel(schema: Schema) -> Channel {
    let event = Event { name: "e".into(), description: String::new(), schema: Some(schema), publish: None, rate: None };
    Channel {
        app: None,
        name: Pattern::parse("c").expect("a name"),
        description: String::new(),
        twin: None,
        publish: vec![Rule::parse("app").expect("a rule")],
        subscribe: Vec::new(),
        events: vec![event],
        rate: None,
        data_bytes: None,
        subscribers: None,
        retain: Some(Retain { by: "id".into(), age: std::time::Duration::from_secs(1), keys: 1 }),
        history: None,
        timestamp: true,
    }
}

fuzz_target!(|text: &str| {
    let Some((schema, data)) = text.split_once('\n') else { return };
    let Ok(document) = serde_json::from_str::<Value>(schema) else { return };
    let Ok(validator) = jsonschema::validator_for(&document) else { return };
    let app = App::new(AppId::parse("1").expect("an id"), KEY, "secret");
    let schema = Schema { document: document.into(), validator: validator.into() };
    let app = app_of(Config { apps: vec![app], channels: vec![channel(schema)], ..Config::default() });
    let raw = RawValue::from_string(Value::from(data).to_string()).expect("JSON");
    let Ok(data) = EventData::from_publisher(&raw, 10_240) else { return };
    let name = EventName::from_publisher("e".into(), 200).expect("a name");
    let draft = Draft { name, data, except: None, sender: None, id: None };
    let publisher = Publisher { who: Who { is_app: true, bearer: None }, connection: None };
    let channel = ChannelName::parse("c", 200).expect("a name");
    match publish(&app, publisher, &draft, vec![channel]) {
        Ok(publications) => publications.iter().for_each(|publication| check(&publication.frame)),
        Err(breach) => assert!(!serde_json::to_string(&breach.report(None)).expect("JSON").is_empty()),
    }
});

//! Makes channels of drafts: nothing missing, nothing that can never hold, nothing that means nothing.

use super::channels::ChannelDraft;
use super::events::EventDraft;
use super::model::{Channel, Event, Schema, Twin};
use super::overlap::check_overlaps;
use super::pattern::Pattern;
use super::roles::RoleNames;
use super::rule::Rule;
use super::rules::{Scope, check_rules};
use super::schema::{SchemaDraft, compile, parse};
use crate::config::files::Files;
use crate::config::model::App;
use crate::config::nearest::nearest;
use crate::config::problem::Problem;
use crate::config::reader::{Reader, Spot};
use crate::config::slot::Placed;
use crate::protocol::ChannelKind;

/// What channels are completed with.
pub(in crate::config) struct Surroundings<'s> {
    pub(in crate::config) roles: &'s RoleNames,
    pub(in crate::config) apps: &'s [App],
    pub(in crate::config) files: &'s mut Files,
}

/// The channels; what is wrong with them has been reported.
pub(in crate::config) fn complete(
    drafts: Vec<ChannelDraft>,
    around: &mut Surroundings<'_>,
    reader: &mut Reader<'_>,
) -> Vec<Channel> {
    check_overlaps(&drafts, reader);
    drafts.into_iter().filter_map(|draft| channel(draft, around, reader)).collect()
}

fn channel(draft: ChannelDraft, around: &mut Surroundings<'_>, reader: &mut Reader<'_>) -> Option<Channel> {
    reader.require(&format!("{}.name", draft.path), &draft.place);
    check_app(&draft, around.apps, reader);
    let name = draft.name.as_ref()?.value.clone();
    let kind = name.kind();
    check_kind(&draft, kind, reader);
    check_twin(&draft, &name, around.roles, reader);
    let subscribe = draft.subscribe.unwrap_or_else(|| {
        let rule = if kind.needs_signature() { Rule::app() } else { Rule::anyone() };
        vec![Placed::default(rule)]
    });
    let publish = draft.publish.unwrap_or_default();
    for (rules, key, unsigned) in [(&publish, "publish", false), (&subscribe, "subscribe", !kind.needs_signature())] {
        let path = format!("{}.{key}", draft.path);
        check_rules(rules, &Scope { path: &path, pattern: Some(&name), roles: around.roles, unsigned }, reader);
    }
    let events = draft.events.into_iter().map(|event| complete_event(event, &name, around, reader)).collect();
    Some(Channel {
        app: draft.app.map(|app| app.value),
        name,
        description: draft.description,
        twin: draft.twin.and_then(|twin| Some(Twin { name: twin.name?.value, subscribe: values(twin.subscribe) })),
        publish: values(Some(publish)),
        subscribe: values(Some(subscribe)),
        events,
        rate: draft.rate,
        data_bytes: draft.data_bytes,
        subscribers: draft.subscribers,
        retain: draft.retain,
        history: draft.history,
        timestamp: draft.timestamp,
    })
}

fn values(rules: Option<Vec<Placed<Rule>>>) -> Vec<Rule> {
    rules.unwrap_or_default().into_iter().map(|rule| rule.value).collect()
}

fn check_app(draft: &ChannelDraft, apps: &[App], reader: &mut Reader<'_>) {
    let Some(app) = &draft.app else { return };
    let ids = || apps.iter().map(|app| app.id.as_str());
    if ids().any(|id| id == app.value.as_str()) {
        return;
    }
    let spot = Spot { path: format!("{}.app", draft.path), part: String::new(), offset: app.offset };
    let (found, allowed) = (format!("\"{}\"", app.value), "the id of an app in this file".to_owned());
    let advice = match nearest(app.value.as_str(), ids()) {
        Some(near) => format!("Did you mean \"{near}\"?"),
        None => format!("There are: {}.", ids().take(20).collect::<Vec<_>>().join(", ")),
    };
    reader.refuse(&spot, Problem::Value { found, allowed }, advice);
}

/// Data of encrypted channels is nothing that we can read.
fn check_kind(draft: &ChannelDraft, kind: ChannelKind, reader: &mut Reader<'_>) {
    if !kind.is_encrypted() {
        return;
    }
    let channel = |key: &str| format!("{}.{key}", draft.path);
    let schemas = draft.events.iter().filter(|event| event.schema.is_some());
    let mut paths: Vec<_> = schemas.map(|event| format!("{}.schema", event.path)).collect();
    paths.extend(draft.retain.is_some().then(|| channel("retain")));
    paths.extend(draft.timestamp.then(|| channel("enrich")));
    for path in paths {
        let key = path.rsplit_once('.').map_or(path.as_str(), |(_, key)| key).to_owned();
        let problem = Problem::Together { found: key, other: "an encrypted channel".to_owned() };
        let advice = "Its data is encrypted by whoever publishes, and the broker cannot look into it.".to_owned();
        reader.refuse(&Spot { path, part: String::new(), offset: None }, problem, advice);
    }
}

fn check_twin(draft: &ChannelDraft, name: &Pattern, roles: &RoleNames, reader: &mut Reader<'_>) {
    let Some((twin, other)) = draft.twin.as_ref().and_then(|twin| Some((twin, twin.name.as_ref()?))) else { return };
    let path = format!("{}.twin", draft.path);
    let kind = other.value.kind();
    let mut refuse = |allowed: String, advice: String| {
        let spot = Spot { path: path.clone(), part: String::new(), offset: other.offset };
        reader.refuse(&spot, Problem::Value { found: format!("\"{}\"", other.value), allowed }, advice);
    };
    if name.kind().is_encrypted() || kind.is_encrypted() {
        let advice = "Encrypted data cannot be delivered on a channel that is not, nor the other way round.";
        refuse("a twin where neither name is encrypted".to_owned(), advice.to_owned());
    } else if !kind.needs_signature() || kind == name.kind() {
        let advice =
            "A twin is another kind of channel than the one it belongs to, and subscribed to with a signature.";
        let prefix = if name.kind() == ChannelKind::Private { "presence-" } else { "private-" };
        refuse(format!("a name that begins with {prefix}"), advice.to_owned());
    }
    let parts = |pattern: &Pattern| {
        let mut parts: Vec<_> = pattern.parts().map(str::to_owned).collect();
        parts.sort_unstable();
        parts
    };
    let (here, there) = (parts(name), parts(&other.value));
    if here != there {
        let allowed = match here.as_slice() {
            [] => format!("a name without parts, as {name}"),
            parts => format!("the same parts as {name}: {}", parts.join(", ")),
        };
        refuse(allowed, "Each name must lead to the other one.".to_owned());
    }
    let path = format!("{path}.subscribe");
    let scope = Scope { path: &path, pattern: Some(&other.value), roles, unsigned: false };
    check_rules(twin.subscribe.as_deref().unwrap_or_default(), &scope, reader);
}

fn complete_event(draft: EventDraft, name: &Pattern, around: &mut Surroundings<'_>, reader: &mut Reader<'_>) -> Event {
    let path = format!("{}.publish", draft.path);
    let scope = Scope { path: &path, pattern: Some(name), roles: around.roles, unsigned: false };
    check_rules(draft.publish.as_deref().unwrap_or_default(), &scope, reader);
    let schema = draft.schema.and_then(|held| match held.value {
        SchemaDraft::Ready(schema) => Some(schema),
        SchemaDraft::File(file) => {
            let spot = Spot { path: format!("{}.schema", draft.path), part: String::new(), offset: held.offset };
            read_schema(&file, &spot, around.files, reader)
        }
    });
    let publish = draft.publish.map(|rules| values(Some(rules)));
    Event { name: draft.name, description: draft.description, schema, publish, rate: draft.rate }
}

fn read_schema(file: &str, spot: &Spot, files: &mut Files, reader: &mut Reader<'_>) -> Option<Schema> {
    let text = match files.text(file) {
        Ok(text) => text,
        Err(error) => {
            let advice = "Paths start at the folder of this file; check that this user may read it.".to_owned();
            reader.refuse(spot, Problem::Unreadable { reason: error.to_string() }, advice);
            return None;
        }
    };
    let wrong = match parse(&text).and_then(compile) {
        Ok(schema) => return Some(schema),
        Err(wrong) => wrong,
    };
    for one in wrong {
        let at = if one.pointer.is_empty() { String::new() } else { format!("at {}: ", one.pointer) };
        let reason = format!("no JSON Schema: {at}{}", one.reason);
        reader.refuse(spot, Problem::Unusable { reason }, one.advice.to_owned());
    }
    None
}

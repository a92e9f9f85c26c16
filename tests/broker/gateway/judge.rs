//! The judge's wishes by the old protocol, and who may have them.

use saluran::config::Control;
use saluran::measurement::Category;
use serde_json::{Value, json};

use crate::support::{ContestBroker, camera_data};

async fn with(control: Control) -> ContestBroker {
    ContestBroker::with(|config| config.gateway.control = control).await
}

fn has(told: &Value, fields: &Value) -> bool {
    fields.as_object().unwrap().iter().all(|(field, value)| told[field] == *value)
}

/// A6.1, A11-4, C1-16, C1-30: category, freeze and clear reach all, whoever sent them too.
#[tokio::test]
async fn what_a_judge_does_reaches_everybody() {
    let contest = ContestBroker::start().await;
    let (mut judge, mut page) = (contest.raw().await, contest.raw().await);
    assert_eq!(judge.acknowledged(camera_data(1, 1.0)).await["ok"], true);
    let wishes = [
        (json!({"type": "category_change", "category": "beton"}), json!({"category": "beton"})),
        (json!({"type": "freeze_data", "frozen": true}), json!({"frozen": true})),
        (json!({"type": "freeze_data", "frozen": false}), json!({"frozen": false})),
        (json!({"type": "clear_data", "message": "All data cleared by admin"}), json!({"scope": "all"})),
    ];
    for (wish, expected) in wishes {
        judge.say(&wish).await;
        let kind = wish["type"].as_str().unwrap();
        for client in [&mut judge, &mut page] {
            let told = client.hear_type(kind).await;
            assert!(has(&told, &expected) && told["timestamp"].is_string(), "{told}");
        }
    }
    let state = contest.broker.contest().state().await.unwrap();
    assert_eq!((state.category, state.clears.len(), state.clears[0].points), (Category::Beton, 1, 1));
}

/// A category is locked while a run goes on; whoever tries is told.
#[tokio::test]
async fn a_wish_that_is_not_done_is_answered() {
    let contest = ContestBroker::start().await;
    contest.run().await;
    let mut judge = contest.raw().await;
    judge.say(&json!({"type": "category_change", "category": "beton"})).await;
    assert_eq!(judge.hear_type("error").await["reason"], "running");
}

/// `[gateway] control`: off is off for this machine as well, and anyone in the network is anyone.
#[tokio::test]
async fn control_is_as_configured() {
    for (control, allowed) in [(Control::Off, false), (Control::Loopback, true), (Control::Anyone, true)] {
        let contest = with(control).await;
        let mut judge = contest.raw().await;
        judge.say(&json!({"type": "freeze_data", "frozen": true})).await;
        let kind = if allowed { "freeze_data" } else { "error" };
        let told = judge.hear_type(kind).await;
        assert_eq!(told["reason"] == "control", !allowed, "{told}");
        assert_eq!(contest.broker.contest().state().await.unwrap().frozen, allowed);
        for (method, path) in [
            ("GET", "/start_new_session.php"),
            ("GET", "/stop_all_sessions.php"),
            ("POST", "/detector-getaran/api/clear_data.php"),
        ] {
            let status = contest.old(method, path, "").await.status;
            assert_eq!(status, if allowed { 200 } else { 403 }, "{path} {control:?}");
        }
        let start = r#"{"frequency":1.5}"#;
        assert_eq!(contest.old("POST", "/api/start_timer.php", start).await.status == 403, !allowed);
        assert_eq!(contest.old("POST", "/api/stop_timer.php", "{}").await.status == 403, !allowed);
        let toggle = r#"{"action":"stop"}"#;
        assert_eq!(contest.old("POST", "/api/toggle_realtime_save.php", toggle).await.status == 403, !allowed);
        assert_eq!(contest.broker.contest().state().await.unwrap().realtime.enabled, !allowed);
    }
}

/// A6.1, C1-30: what is broadcast reaches all but the sender, byte for byte; the contest's words do not.
#[tokio::test]
async fn a_broadcast_reaches_all_others_unchanged() {
    let contest = ContestBroker::start().await;
    let (mut judge, mut page) = (contest.raw().await, contest.raw().await);
    page.hear_type("initial_data").await;
    judge.send(r#"{"type":"broadcast","message":{"type":"session_started","session_id":42}}"#).await;
    assert_eq!(judge.hear_type("error").await["reason"], "relay");
    judge.send(r#"{"type":"broadcast","message":{ "type":"note", "n":5.0, "o":{} }}"#).await;
    page.expect_text(r#"{ "type":"note", "n":5.0, "o":{} }"#).await;
    judge.say(&json!({"action": "ping"})).await;
    assert_eq!(judge.hear().await["type"], "pong", "not its own note");
}

//! Presence channels: who is a member, who is told, and that all agree (protocol reference 2.9,
//! 2.10, 8.3).

mod churn;
mod identity;
mod members;
mod roster;

pub(crate) use roster::Roster;

/// Events of these tests run with one worker, where all is local, and with several, where home and
/// connection may be apart.
const WORKERS: [usize; 3] = [1, 2, 4];

fn member_added(channel: &str, data: &str) -> String {
    let data = serde_json::json!(data);
    format!(r#"{{"event":"pusher_internal:member_added","channel":"{channel}","data":{data}}}"#)
}

fn member_removed(channel: &str, id: &str) -> String {
    let data = serde_json::json!(serde_json::json!({ "user_id": id }).to_string());
    format!(r#"{{"event":"pusher_internal:member_removed","channel":"{channel}","data":{data}}}"#)
}

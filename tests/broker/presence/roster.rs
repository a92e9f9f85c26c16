//! A member list as a client library keeps it.

use std::collections::BTreeSet;

use serde_json::Value;

/// Members of one channel, from the snapshot and what follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Roster {
    channel: String,
    pub(crate) ids: BTreeSet<String>,
}

impl Roster {
    /// From a success frame; checks that `ids`, `hash` and `count` say the same (C-100).
    pub(crate) fn new(success: &str) -> Self {
        let frame: Value = serde_json::from_str(success).unwrap();
        let data: Value = serde_json::from_str(frame["data"].as_str().unwrap()).unwrap();
        assert_eq!(data.as_object().unwrap().len(), 1, "{success}");
        let presence = data["presence"].as_object().unwrap();
        assert_eq!(presence.len(), 3, "{success}");
        let ids = presence["ids"].as_array().unwrap();
        let set: BTreeSet<String> = ids.iter().map(|id| id.as_str().unwrap().to_owned()).collect();
        assert_eq!(set.len(), ids.len(), "an id twice in {success}");
        let hash = presence["hash"].as_object().unwrap();
        assert!(hash.keys().eq(set.iter()), "other ids in the hash of {success}");
        assert!(hash.values().all(|info| info.is_object() || info.is_null()), "{success}");
        assert_eq!(presence["count"], ids.len(), "{success}");
        Self { channel: frame["channel"].as_str().unwrap().to_owned(), ids: set }
    }

    /// Takes a `member_added` or `member_removed`; neither may come for a member that is (not)
    /// there.
    pub(crate) fn take(&mut self, text: &str) {
        let frame: Value = serde_json::from_str(text).unwrap();
        assert_eq!(frame["channel"], self.channel.as_str(), "{text}");
        let data: Value = serde_json::from_str(frame["data"].as_str().unwrap()).unwrap();
        let id = data["user_id"].as_str().unwrap();
        match frame["event"].as_str().unwrap() {
            "pusher_internal:member_added" => {
                assert!(self.ids.insert(id.to_owned()), "{id} was there already, {self:?}");
            }
            "pusher_internal:member_removed" => {
                assert_eq!(data.as_object().unwrap().len(), 1, "only user_id in {text}");
                assert!(self.ids.remove(id), "{id} was not there, {self:?}");
            }
            other => panic!("{other} on a presence channel: {text}"),
        }
    }

    /// Whether exactly these are members.
    pub(crate) fn is(&self, ids: &[&str]) -> bool {
        self.ids.iter().map(String::as_str).eq(BTreeSet::from_iter(ids.iter().copied()))
    }
}

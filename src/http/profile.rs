//! Who a token's subject is, as Pusher's clients are told.

use serde_json::{Map, Value, json};

use crate::auth::Identity;
use crate::config::Tokens;

/// `channel_data` of a presence subscription: the subject, and the claims that others may see.
pub(super) fn member_data(bearer: &Identity, tokens: &Tokens) -> String {
    let mut data = Map::new();
    data.insert("user_id".to_owned(), json!(*bearer.subject));
    data.extend(info(bearer, tokens).map(|info| ("user_info".to_owned(), info)));
    Value::Object(data).to_string()
}

/// `user_data` of a sign-in: the same, and whom to watch.
pub(super) fn user_data(bearer: &Identity, tokens: &Tokens) -> String {
    let mut data = Map::new();
    data.insert("id".to_owned(), json!(*bearer.subject));
    data.extend(info(bearer, tokens).map(|info| ("user_info".to_owned(), info)));
    let watchlist = bearer.claims.get(&tokens.watchlist_claim);
    data.extend(watchlist.map(|list| ("watchlist".to_owned(), list.clone())));
    Value::Object(data).to_string()
}

fn info(bearer: &Identity, tokens: &Tokens) -> Option<Value> {
    let claim = |name: &String| {
        let name_of_bearer = bearer.name.as_deref().filter(|_| name == "name").map(Value::from);
        Some((name.clone(), bearer.claims.get(name).cloned().or(name_of_bearer)?))
    };
    let info: Map<String, Value> = tokens.user_info.iter().filter_map(claim).collect();
    (!info.is_empty()).then_some(Value::Object(info))
}

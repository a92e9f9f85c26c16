//! What somebody has to show.

use serde_json::{Value, json};

use crate::config::contract::rule::{Condition, Rule};

/// All that can be shown.
pub(super) fn schemes() -> Value {
    json!({
        BEARER: {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description":
                "A bearer token: with a request, or with the call that authorizes a subscription or a sign-in.",
        },
        SIGNATURE: {
            "type": "httpApiKey",
            "in": "query",
            "name": "auth_signature",
            "description":
                "Pusher's signature, made with the app's secret: of a request in `auth_signature` beside `auth_key`, \
                 `auth_timestamp`, `auth_version` and `body_md5`; of a subscription in `auth`.",
        },
    })
}

const BEARER: &str = "bearer";
const SIGNATURE: &str = "signature";

/// The ways to be allowed by `rules`; `None` when nothing has to be shown.
pub(super) fn required(rules: &[Rule], is_signed: bool) -> Option<Value> {
    if !is_signed && rules.iter().any(is_for_anyone) {
        return None;
    }
    let conditions = || rules.iter().flat_map(|Rule(conditions)| conditions);
    let by_token = conditions().any(|condition| match condition {
        Condition::Token | Condition::Role(_) | Condition::Equal { .. } | Condition::In { .. } => true,
        Condition::Anyone | Condition::App => false,
    });
    let by_secret = conditions().any(|condition| *condition == Condition::App);
    let by_signature = by_secret || rules.iter().any(is_for_anyone);
    let ways = [(by_token, BEARER), (by_signature, SIGNATURE)];
    let needed = ways.iter().filter(|(is_needed, _)| *is_needed);
    Some(needed.map(|(_, scheme)| json!({ "$ref": format!("#/components/securitySchemes/{scheme}") })).collect())
}

fn is_for_anyone(Rule(conditions): &Rule) -> bool {
    conditions.iter().all(|condition| *condition == Condition::Anyone)
}

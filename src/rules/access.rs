//! Who may do something: a channel's rules, made ready to be asked.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use crate::auth::Identity;
use crate::config::contract::model::Role;
use crate::config::contract::pattern::Pattern;
use crate::config::contract::rule::{Condition, Operand, Rule};
use crate::protocol::ChannelName;

/// Who wants something, as far as it is proved.
#[derive(Debug, Clone, Copy)]
pub struct Who<'a> {
    /// Whether the app's secret has signed for it.
    pub is_app: bool,
    /// Whose token speaks for it.
    pub bearer: Option<&'a Identity>,
}

/// The rules of one verb on one channel: any of the ways will do.
#[derive(Debug)]
pub(super) struct Access {
    ways: Vec<Vec<Check>>,
    text: String,
}

/// A condition, with the roles that satisfy it spelled out.
#[derive(Debug)]
enum Check {
    Anyone,
    App,
    Token,
    Role(Vec<Arc<str>>),
    Equal(String, Operand),
    In(Operand, String),
}

/// What the rules say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Allowed,
    /// Nobody has proved who it is.
    Unknown,
    Forbidden,
}

/// Which roles have the rights of each role: itself, and all that include it.
#[derive(Debug)]
pub(super) struct Ranks(HashMap<String, Vec<Arc<str>>>);

impl Ranks {
    pub(super) fn new(roles: &[Role]) -> Self {
        let including = |wanted: &str| {
            let mut found: Vec<Arc<str>> = vec![wanted.into()];
            // Each round adds those that include one found before, until none is left.
            let mut seen = 0;
            while let Some(known) = found.get(seen).cloned() {
                seen += 1;
                for role in roles.iter().filter(|role| role.includes.iter().any(|name| **name == *known)) {
                    if !found.iter().any(|name| **name == *role.name) {
                        found.push(role.name.as_str().into());
                    }
                }
            }
            found
        };
        Self(roles.iter().map(|role| (role.name.clone(), including(&role.name))).collect())
    }

    fn having(&self, role: &str) -> Vec<Arc<str>> {
        self.0.get(role).cloned().unwrap_or_else(|| vec![role.into()])
    }
}

impl Access {
    pub(super) fn new(rules: &[Rule], ranks: &Ranks) -> Self {
        let check = |condition: &Condition| match condition {
            Condition::Anyone => Check::Anyone,
            Condition::App => Check::App,
            Condition::Token => Check::Token,
            Condition::Role(role) => Check::Role(ranks.having(role)),
            Condition::Equal { claim, to } => Check::Equal(claim.clone(), to.clone()),
            Condition::In { what, claim } => Check::In(what.clone(), claim.clone()),
        };
        let ways = rules.iter().map(|rule| rule.0.iter().map(check).collect()).collect();
        let texts: Vec<_> = rules.iter().map(ToString::to_string).collect();
        Self { ways, text: if texts.is_empty() { "nobody".to_owned() } else { texts.join(", or ") } }
    }

    /// The rules for people.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Asks the rules; `place` is the channel and the pattern that it fits, where there is one.
    pub(super) fn decide(&self, who: Who<'_>, place: Option<(&Pattern, &ChannelName)>) -> Verdict {
        let part = |part: &str| place.and_then(|(pattern, channel)| pattern.part(part, channel));
        let holds = |check: &Check| check.holds(who, part);
        if self.ways.iter().any(|way| way.iter().all(holds)) {
            Verdict::Allowed
        } else if who.bearer.is_none() && !who.is_app {
            Verdict::Unknown
        } else {
            Verdict::Forbidden
        }
    }
}

impl Check {
    fn holds<'n>(&self, who: Who<'_>, part: impl Fn(&str) -> Option<&'n str>) -> bool {
        let claim = |name: &str| who.bearer.and_then(|bearer| bearer.claims.get(name));
        let value = |operand: &Operand| match operand {
            Operand::Part(name) => part(name).map(ToOwned::to_owned),
            Operand::Text(text) => Some(text.clone()),
        };
        match self {
            Self::Anyone => true,
            Self::App => who.is_app,
            Self::Token => who.bearer.is_some(),
            Self::Role(names) => who.bearer.is_some_and(|bearer| bearer.roles.iter().any(|role| names.contains(role))),
            Self::Equal(name, to) => {
                claim(name).and_then(text).zip(value(to)).is_some_and(|(found, wanted)| found == wanted)
            }
            Self::In(what, name) => claim(name)
                .and_then(Value::as_array)
                .zip(value(what))
                .is_some_and(|(list, wanted)| list.iter().filter_map(text).any(|found| found == wanted)),
        }
    }
}

/// A claim as it stands in a channel's name; lists, objects and null stand in none.
fn text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(flag) => Some(Cow::Borrowed(if *flag { "true" } else { "false" })),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn roles() -> Ranks {
        let role = |name: &str, includes: &[&str]| Role {
            name: name.to_owned(),
            includes: includes.iter().map(|&name| name.to_owned()).collect(),
        };
        Ranks::new(&[role("technician", &[]), role("operator", &["technician"]), role("admin", &["operator"])])
    }

    fn bearer(roles: &[&str], claims: Value) -> Identity {
        let Value::Object(claims) = claims else { panic!("claims are an object") };
        Identity {
            subject: "7".into(),
            name: None,
            roles: roles.iter().map(|&role| role.into()).collect(),
            claims,
            issued_at: None,
            expires_at: None,
        }
    }

    fn decide(rules: &[&str], who: Who<'_>) -> Verdict {
        let rules: Vec<_> = rules.iter().map(|rule| Rule::parse(rule).unwrap()).collect();
        let pattern = Pattern::parse("private-rvm.{rvm_id}").unwrap();
        let channel = ChannelName::parse("private-rvm.3", 200).unwrap();
        Access::new(&rules, &roles()).decide(who, Some((&pattern, &channel)))
    }

    #[test]
    fn a_role_has_the_rights_of_those_that_it_includes() {
        for (role, verdict) in [
            ("technician", Verdict::Allowed),
            ("operator", Verdict::Allowed),
            ("admin", Verdict::Allowed),
            ("tenant", Verdict::Forbidden),
        ] {
            let bearer = bearer(&[role], json!({}));
            assert_eq!(decide(&["role.technician"], Who { is_app: false, bearer: Some(&bearer) }), verdict, "{role}");
        }
        let technician = bearer(&["technician"], json!({}));
        let who = Who { is_app: false, bearer: Some(&technician) };
        assert_eq!(decide(&["role.admin"], who), Verdict::Forbidden);
        assert_eq!(decide(&["role.admin"], Who { is_app: false, bearer: None }), Verdict::Unknown);
        assert_eq!(decide(&[], who), Verdict::Forbidden);
    }

    #[test]
    fn a_claim_is_compared_with_a_part_of_the_name_as_text() {
        let rules = ["role.machine and claim.rvm_id == rvm_id", "rvm_id in claim.rvms", "claim.all == \"true\""];
        for (claims, verdict) in [
            (json!({ "rvm_id": 3 }), Verdict::Allowed),
            (json!({ "rvm_id": "3" }), Verdict::Allowed),
            (json!({ "rvm_id": 4 }), Verdict::Forbidden),
            (json!({ "rvm_id": [3] }), Verdict::Forbidden),
            (json!({ "rvm_id": 3.0 }), Verdict::Forbidden),
            (json!({ "rvms": [1, "3"] }), Verdict::Allowed),
            (json!({ "rvms": "3" }), Verdict::Forbidden),
            (json!({ "all": true }), Verdict::Allowed),
            (json!({}), Verdict::Forbidden),
        ] {
            let bearer = bearer(&["machine"], claims.clone());
            assert_eq!(decide(&rules, Who { is_app: false, bearer: Some(&bearer) }), verdict, "{claims}");
        }
    }

    #[test]
    fn the_app_and_the_bearer_are_told_apart() {
        let app = Who { is_app: true, bearer: None };
        assert_eq!(decide(&["app"], app), Verdict::Allowed);
        assert_eq!(decide(&["token"], app), Verdict::Forbidden);
        assert_eq!(decide(&["anyone"], Who { is_app: false, bearer: None }), Verdict::Allowed);
    }
}

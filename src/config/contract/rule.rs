//! Who may do something: `role.operator`, `role.machine and claim.rvm_id == rvm_id`.

use std::fmt;

/// One way to be allowed: all of its conditions hold. A list of rules allows whom any of them allows.
///
/// Shape: conditions with ` and ` between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule(pub Vec<Condition>);

/// What may be asked of whoever wants something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// `anyone`: nothing.
    Anyone,
    /// `app`: the app's secret has signed.
    App,
    /// `token`: any valid bearer token.
    Token,
    /// `role.<name>`: a bearer token with this role, or with one that includes it.
    Role(String),
    /// `claim.<name> == <part>` or `claim.<name> == "text"`: a claim's value, as text.
    Equal {
        /// The claim.
        claim: String,
        /// What it must be equal to.
        to: Operand,
    },
    /// `<part> in claim.<name>`: a claim that is a list has the value.
    In {
        /// What must be in it.
        what: Operand,
        /// The claim.
        claim: String,
    },
}

/// What a claim is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operand {
    /// A part of the channel's name.
    Part(String),
    /// A text.
    Text(String),
}

/// Why a text is no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no condition")]
pub struct InvalidRule(pub String);

impl Rule {
    /// `app` alone.
    #[must_use]
    pub fn app() -> Self {
        Self(vec![Condition::App])
    }

    /// `anyone` alone.
    #[must_use]
    pub fn anyone() -> Self {
        Self(vec![Condition::Anyone])
    }

    /// Reads a rule; whether its roles and parts exist is checked elsewhere.
    ///
    /// # Errors
    /// The first condition that is none.
    pub fn parse(text: &str) -> Result<Self, InvalidRule> {
        text.split(" and ").map(|part| Condition::parse(part.trim())).collect::<Result<_, _>>().map(Self)
    }
}

impl Condition {
    fn parse(text: &str) -> Result<Self, InvalidRule> {
        let wrong = || InvalidRule(text.to_owned());
        match text {
            "anyone" => return Ok(Self::Anyone),
            "app" => return Ok(Self::App),
            "token" => return Ok(Self::Token),
            _ => {}
        }
        if let Some(role) = text.strip_prefix("role.") {
            return name(role).map(Self::Role).ok_or_else(wrong);
        }
        if let Some((claim, to)) = text.split_once("==") {
            let claim = claim.trim().strip_prefix("claim.").and_then(name);
            return Operand::parse(to.trim()).zip(claim).map(|(to, claim)| Self::Equal { claim, to }).ok_or_else(wrong);
        }
        let (what, claim) = text.split_once(" in ").ok_or_else(wrong)?;
        let claim = claim.trim().strip_prefix("claim.").and_then(name);
        Operand::parse(what.trim()).zip(claim).map(|(what, claim)| Self::In { what, claim }).ok_or_else(wrong)
    }
}

impl Operand {
    fn parse(text: &str) -> Option<Self> {
        if let Some(inner) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            return (!inner.contains('"')).then(|| Self::Text(inner.to_owned()));
        }
        name(text).map(Self::Part)
    }
}

fn name(text: &str) -> Option<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    (!text.is_empty() && text.chars().all(is_plain)).then(|| text.to_owned())
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, condition) in self.0.iter().enumerate() {
            let between = if number > 0 { " and " } else { "" };
            write!(f, "{between}{condition}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anyone => f.write_str("anyone"),
            Self::App => f.write_str("app"),
            Self::Token => f.write_str("token"),
            Self::Role(role) => write!(f, "role.{role}"),
            Self::Equal { claim, to } => write!(f, "claim.{claim} == {to}"),
            Self::In { what, claim } => write!(f, "{what} in claim.{claim}"),
        }
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Part(part) => f.write_str(part),
            Self::Text(text) => write!(f, "\"{text}\""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_reads_back_as_it_is_written() {
        for text in [
            "anyone",
            "app",
            "token",
            "role.super-admin",
            "role.machine and claim.rvm_id == rvm_id",
            "claim.category == \"baja\"",
            "laptop_id in claim.laptops and token",
            "\"a\" in claim.scope",
        ] {
            assert_eq!(Rule::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Rule::parse("claim.a==b").unwrap().to_string(), "claim.a == b");
    }

    #[test]
    fn what_is_no_rule_is_named() {
        for text in [
            "",
            "operator",
            "role.",
            "role.a b",
            "claim.a",
            "claim.a = b",
            "a == claim.b",
            "b in a",
            "app and ",
            "app or token",
        ] {
            assert!(Rule::parse(text).is_err(), "{text}");
        }
        assert_eq!(Rule::parse("app and operator").unwrap_err().to_string(), "\"operator\" is no condition");
    }
}

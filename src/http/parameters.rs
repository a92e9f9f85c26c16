//! The parameters in a request's query.

use std::borrow::Cow;

/// A query parameter, decoded.
pub(super) type Parameter = (Cow<'static, str>, Cow<'static, str>);

/// All of them, in the order of the URL, with names in lower case.
#[derive(Debug)]
pub(super) struct Parameters(Vec<Parameter>);

impl Parameters {
    pub(super) fn parse(query: &str) -> Self {
        let pairs = form_urlencoded::parse(query.as_bytes());
        Self(pairs.map(|(name, value)| (name.to_ascii_lowercase().into(), value.into_owned().into())).collect())
    }

    /// The first of a name.
    pub(super) fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
    }

    /// Those that are not about the signature.
    pub(super) fn own(&self) -> impl Iterator<Item = (&str, &str)> {
        let is_own = |name: &str| name.starts_with("auth_") || name == "body_md5";
        self.0.iter().map(|(name, value)| (&**name, &**value)).filter(move |(name, _)| !is_own(name))
    }

    /// As they are signed.
    pub(super) fn all(&self) -> &[Parameter] {
        &self.0
    }
}

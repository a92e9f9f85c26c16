//! The keys of `[app.tokens]`.

use std::time::Duration;

use super::url::{JWKS, URL};
use crate::config::contract::rule::Rule;
use crate::config::contract::rules::RULE;
use crate::config::grammar::placed_list;
use crate::config::key::{Key, Section, Variables};
use crate::config::measure::time;
use crate::config::model::Secret;
use crate::config::secret::secret;
use crate::config::shape::Shape;
use crate::config::slot::Placed;
use crate::config::text::{list, required, text};

pub(in crate::config) const APP_TOKENS: Section<TokensDraft> =
    Section { path: "app.tokens", heading: "[app.tokens]", variables: Variables::Each, keys: KEYS, tables: &[] };

const KEYS: &[Key<TokensDraft>] = &[
    Key::new("algorithm", "The one algorithm of JWTs; what a token says of itself does not count.", |d| {
        text(&mut d.algorithm, &ALGORITHM)
    }),
    Key::new("secret", "For HS256: verifies tokens and signs those of `saluran token`; 32 bytes or more.", |d| {
        secret(&mut d.secret)
    }),
    Key::new("public_key", "Verifies tokens of the other algorithms.", |d| required(&mut d.public_key, &PEM_FILE)),
    Key::new("private_key", "Belongs to public_key; only `saluran token` needs it, to sign.", |d| {
        required(&mut d.private_key, &PEM_FILE)
    }),
    Key::new("jwks", "In place of public_key: a JSON Web Key Set.", |d| required(&mut d.jwks, &JWKS)),
    Key::new("jwks_refresh", "How often a key set is fetched again; an unknown key id fetches it sooner.", |d| {
        time(&mut d.jwks_refresh, 10_000..=86_400_000)
    }),
    Key::new("issuer", "What `iss` must be; any when it is left out.", |d| required(&mut d.issuer, &NAME)),
    Key::new("audience", "What `aud` must be or have; any when it is left out.", |d| required(&mut d.audience, &NAME)),
    Key::new("leeway", "Difference of clocks that is forgiven.", |d| time(&mut d.leeway, 0..=600_000)),
    Key::new("roles_claim", "The claim with the roles: a list, or one text.", |d| text(&mut d.roles_claim, &NAME)),
    Key::new("user_info", "Claims that the other members of a presence channel see.", |d| {
        list(&mut d.user_info, &NAME)
    }),
    Key::new("watchlist_claim", "The claim with the ids of users to watch.", |d| text(&mut d.watchlist_claim, &NAME)),
    Key::new("introspection_url", "Where tokens that are no JWT are looked up.", |d| {
        required(&mut d.introspection_url, &URL)
    }),
    Key::new("introspection_cache", "How long an answer of introspection_url is believed.", |d| {
        time(&mut d.introspection_cache, 0..=3_600_000)
    }),
    Key::new("timeout", "Time for a key set or an answer to arrive; then tokens are refused.", |d| {
        time(&mut d.timeout, 100..=60_000)
    }),
    Key::new("revoke", "Who may revoke tokens.", |d| placed_list(&mut d.revoke, &RULE)),
];

/// `[app.tokens]` while it is read.
#[derive(Clone)]
pub(in crate::config) struct TokensDraft {
    pub(in crate::config) algorithm: Signing,
    pub(in crate::config) secret: Option<Secret>,
    pub(in crate::config) public_key: Option<String>,
    pub(in crate::config) private_key: Option<String>,
    pub(in crate::config) jwks: Option<String>,
    pub(in crate::config) jwks_refresh: Duration,
    pub(in crate::config) issuer: Option<String>,
    pub(in crate::config) audience: Option<String>,
    pub(in crate::config) leeway: Duration,
    pub(in crate::config) roles_claim: String,
    pub(in crate::config) user_info: Vec<String>,
    pub(in crate::config) watchlist_claim: String,
    pub(in crate::config) introspection_url: Option<String>,
    pub(in crate::config) introspection_cache: Duration,
    pub(in crate::config) timeout: Duration,
    pub(in crate::config) revoke: Option<Vec<Placed<Rule>>>,
}

impl Default for TokensDraft {
    fn default() -> Self {
        Self {
            algorithm: Signing::Hs256,
            secret: None,
            public_key: None,
            private_key: None,
            jwks: None,
            jwks_refresh: Duration::from_secs(600),
            issuer: None,
            audience: None,
            leeway: Duration::from_secs(30),
            roles_claim: "roles".to_owned(),
            user_info: vec!["name".to_owned()],
            watchlist_claim: "watchlist".to_owned(),
            introspection_url: None,
            introspection_cache: Duration::from_secs(30),
            timeout: Duration::from_secs(3),
            revoke: Some(vec![Placed::default(Rule::app())]),
        }
    }
}

/// How JWTs are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::config) enum Signing {
    /// HMAC with a secret that both sides have.
    Hs256,
    /// A private key signs, a public one verifies.
    Public(crate::config::model::Algorithm),
}

impl Signing {
    pub(in crate::config) const fn name(self) -> &'static str {
        use crate::config::model::Algorithm;
        match self {
            Self::Hs256 => "HS256",
            Self::Public(Algorithm::Rs256) => "RS256",
            Self::Public(Algorithm::Es256) => "ES256",
            Self::Public(Algorithm::EdDsa) => "EdDSA",
        }
    }
}

const ALGORITHM: Shape<Signing> = Shape {
    parse: |text| {
        use crate::config::model::Algorithm;
        let all = [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa].map(Signing::Public);
        all.into_iter().chain([Signing::Hs256]).find(|signing| signing.name() == text)
    },
    show: |signing| signing.name().to_owned(),
    allowed: "\"HS256\", \"RS256\", \"ES256\" or \"EdDSA\"",
    advice: "",
    shown: true,
};

/// A path; the file is read when all keys are known.
const PEM_FILE: Shape<String> = Shape {
    parse: |text| (!text.is_empty() && !text.contains("-----BEGIN")).then(|| text.to_owned()),
    show: String::clone,
    allowed: "the path of a PEM file, from the folder of this one",
    advice: "Put the key into a file of its own, and its path here.",
    // Somebody may have put the key itself here.
    shown: false,
};

/// Names of claims and what they hold; issuers are often URLs.
const NAME: Shape<String> = Shape {
    parse: |text| {
        let fits = !text.is_empty() && text.len() <= 256 && text.trim() == text;
        (fits && !text.chars().any(char::is_control)).then(|| text.to_owned())
    },
    show: String::clone,
    allowed: "a text of 1 to 256 bytes, without control characters and spaces at the ends",
    advice: "",
    shown: true,
};

//! Makes one value of `[app.tokens]`: one source of keys, and none that contradicts the algorithm.

use super::keys::{Signing, TokensDraft};
use super::url::has_scheme;
use super::usable::{self, Reason};
use crate::config::contract::roles::RoleNames;
use crate::config::contract::rules::{Scope, check_rules};
use crate::config::files::Files;
use crate::config::model::{Algorithm, Introspection, Secret, TokenKeys, Tokens};
use crate::config::problem::{Mistake, Place, Problem};
use crate::config::reader::{Reader, Spot};

/// What the tokens of one app are completed with.
pub(in crate::config) struct Surroundings<'s> {
    /// Path of the table, as `app[0].tokens`.
    pub(in crate::config) path: String,
    /// Where it begins.
    pub(in crate::config) place: Place,
    pub(in crate::config) roles: &'s RoleNames,
    pub(in crate::config) files: &'s mut Files,
}

/// The tokens of an app; what is wrong with them has been reported.
pub(in crate::config) fn complete(draft: TokensDraft, around: Surroundings<'_>, reader: &mut Reader<'_>) -> Tokens {
    let Surroundings { path, place, roles, files } = around;
    let revoke = format!("{path}.revoke");
    let scope = Scope { path: &revoke, pattern: None, roles, unsigned: false };
    check_rules(draft.revoke.as_deref().unwrap_or_default(), &scope, reader);
    let mut sources = Sources { path, place, files, reader };
    let keys = sources.keys(&draft);
    let private_key = sources.private_key(&draft, keys.as_ref());
    let cache = draft.introspection_cache;
    Tokens {
        keys,
        private_key,
        issuer: draft.issuer,
        audience: draft.audience,
        leeway: draft.leeway,
        roles_claim: draft.roles_claim,
        user_info: draft.user_info,
        watchlist_claim: draft.watchlist_claim,
        introspection: draft.introspection_url.map(|url| Introspection { url, cache }),
        timeout: draft.timeout,
        revoke: draft.revoke.unwrap_or_default().into_iter().map(|rule| rule.value).collect(),
    }
}

/// Where keys come from, while it is found out.
struct Sources<'s, 'r, 'l> {
    path: String,
    place: Place,
    files: &'s mut Files,
    reader: &'r mut Reader<'l>,
}

impl Sources<'_, '_, '_> {
    fn keys(&mut self, draft: &TokensDraft) -> Option<TokenKeys> {
        let others: &[&str] = match draft.algorithm {
            Signing::Hs256 => &["public_key", "private_key", "jwks"],
            Signing::Public(_) => &["secret"],
        };
        if !self.reader.is_sound(&format!("{}.algorithm", self.path)) {
            return None;
        }
        let wrong: Vec<_> = others.iter().filter(|name| self.has(name)).collect();
        for name in &wrong {
            self.report_algorithm(name, draft.algorithm);
        }
        if !wrong.is_empty() {
            return None;
        }
        match draft.algorithm {
            Signing::Hs256 if self.has("secret") => draft.secret.clone().map(TokenKeys::Secret),
            Signing::Public(_) if self.has("public_key") && self.has("jwks") => {
                let advice = "A key set may hold several keys: leave public_key out, or jwks.";
                self.report_together("jwks", "public_key", advice.to_owned());
                None
            }
            Signing::Public(algorithm) if self.has("public_key") => self.pem(draft, algorithm),
            Signing::Public(algorithm) if self.has("jwks") => self.key_set(draft, algorithm),
            Signing::Hs256 | Signing::Public(_) => {
                self.report_no_source(draft);
                None
            }
        }
    }

    fn pem(&mut self, draft: &TokensDraft, algorithm: Algorithm) -> Option<TokenKeys> {
        let text = self.read("public_key", draft.public_key.as_deref()?)?;
        let text = self.check("public_key", text, |text| usable::public_key(text, algorithm))?;
        Some(TokenKeys::Pem { algorithm, text })
    }

    fn key_set(&mut self, draft: &TokensDraft, algorithm: Algorithm) -> Option<TokenKeys> {
        let jwks = draft.jwks.as_deref()?;
        if has_scheme(jwks) {
            let refresh = draft.jwks_refresh;
            return Some(TokenKeys::JwksUrl { algorithm, url: jwks.to_owned(), refresh });
        }
        let text = self.read("jwks", jwks)?;
        let text = self.check("jwks", text, |text| usable::key_set(text, algorithm))?;
        Some(TokenKeys::JwksFile { algorithm, text })
    }

    fn private_key(&mut self, draft: &TokensDraft, keys: Option<&TokenKeys>) -> Option<Secret> {
        if !self.has("private_key") || draft.algorithm == Signing::Hs256 {
            return None;
        }
        if !self.has("public_key") {
            let advice = "private_key only signs: add public_key = \"…\" to verify what it signs.".to_owned();
            let key = format!("{}.public_key", self.path);
            self.reader.report(Mistake { place: self.place.clone(), key, problem: Problem::Missing, advice });
            return None;
        }
        let text = self.read("private_key", draft.private_key.as_deref()?)?;
        let Some(TokenKeys::Pem { algorithm, text: public }) = keys else { return None };
        let text = self.check("private_key", text, |text| usable::private_key(text, public, *algorithm))?;
        Some(Secret::new(text))
    }

    fn has(&self, name: &str) -> bool {
        self.reader.place(&format!("{}.{name}", self.path)).is_some()
    }

    fn spot(&self, name: &str) -> Spot {
        Spot { path: format!("{}.{name}", self.path), part: String::new(), offset: None }
    }

    fn read(&mut self, name: &str, path: &str) -> Option<String> {
        let error = match self.files.text(path) {
            Ok(text) => return Some(text),
            Err(error) => error,
        };
        let advice = "Paths start at the folder of this file; check that this user may read it.".to_owned();
        self.reader.refuse(&self.spot(name), Problem::Unreadable { reason: error.to_string() }, advice);
        None
    }

    fn check(&mut self, name: &str, text: String, is_usable: impl Fn(&str) -> Result<(), Reason>) -> Option<String> {
        let Err(reason) = is_usable(&text) else { return Some(text) };
        let advice = match reason {
            "it is a private key" => {
                "Only those who sign need it: put the public key here, and this one in private_key."
            }
            _ if reason.ends_with(usable::PKCS8) => "To convert one: openssl pkcs8 -topk8 -nocrypt -in key.pem",
            _ => "",
        };
        let problem = Problem::Unusable { reason: reason.to_owned() };
        self.reader.refuse(&self.spot(name), problem, advice.to_owned());
        None
    }

    fn report_algorithm(&mut self, name: &str, algorithm: Signing) {
        let other = format!("algorithm = \"{}\"", algorithm.name());
        let advice = match algorithm {
            Signing::Hs256 => "Set algorithm = \"RS256\", \"ES256\" or \"EdDSA\", whichever the key is for.",
            Signing::Public(_) => "Only HS256 takes a secret: leave it out, or set algorithm = \"HS256\".",
        };
        self.report_together(name, &other, advice.to_owned());
    }

    fn report_together(&mut self, name: &str, other: &str, advice: String) {
        let problem = Problem::Together { found: name.to_owned(), other: other.to_owned() };
        self.reader.refuse(&self.spot(name), problem, advice);
    }

    /// Without keys, introspection must know tokens; and an algorithm is for keys.
    fn report_no_source(&mut self, draft: &TokensDraft) {
        if self.has("introspection_url") && !self.has("algorithm") {
            return;
        }
        let (name, what) = match draft.algorithm {
            Signing::Hs256 => ("secret", "secret = \"…\" (or another algorithm and public_key)"),
            Signing::Public(_) => ("public_key", "public_key = \"…\" or jwks = \"…\""),
        };
        let advice = format!("Nothing here verifies a token: add {what}, or introspection_url alone.");
        let key = format!("{}.{name}", self.path);
        self.reader.report(Mistake { place: self.place.clone(), key, problem: Problem::Missing, advice });
    }
}

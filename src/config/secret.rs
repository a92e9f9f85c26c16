//! Fields with secrets: what is wrong with one is said without showing any of it.

use toml::de::DeTable;

use super::given::Given;
use super::model::{Credential, Database, Secret};
use super::nearest;
use super::problem::Problem;
use super::shape::KEY;
use super::slot::{Fault, Field, Slot};
use super::text;

const MAX_BYTES: usize = 256;

const ALLOWED: &str = "1 to 256 bytes of text, without control characters and spaces at the ends";

const PAIR_ALLOWED: &str = "{ key = \"…\", secret = \"…\" }";

/// A secret that has no default.
pub(super) fn secret(target: &mut Option<Secret>) -> Field<'_> {
    Box::new(OneSecret(target))
}

struct OneSecret<'a>(&'a mut Option<Secret>);

impl Slot for OneSecret<'_> {
    fn read(&mut self, given: Given<'_>) -> Result<(), Vec<Fault>> {
        *self.0 = Some(parse(given).map_err(|fault| vec![fault])?);
        Ok(())
    }

    fn show(&self) -> String {
        String::new()
    }

    fn allowed(&self) -> String {
        ALLOWED.to_owned()
    }
}

fn parse(given: Given<'_>) -> Result<Secret, Fault> {
    let found = match given.text() {
        None | Some("") => given.describe_hidden(),
        Some(text) if text.trim() != text => "a text with a space or line break at an end",
        Some(text) if text.chars().any(char::is_control) => "a text with a control character",
        Some(text) if text.len() > MAX_BYTES => "a longer text",
        Some(text) => return Ok(Secret::new(text)),
    };
    let advice = if given.is_bare() { "Put it in quotes." } else { "" };
    Err(Fault::value(given, found, ALLOWED.to_owned()).advise(advice))
}

const KEYS_ALLOWED: &str = "a list of 8 texts of 1 to 256 bytes, or [] for none";

/// A key for each lane; there are none unless they are given.
pub(super) fn lane_keys(target: &mut Vec<Secret>) -> Field<'_> {
    Box::new(LaneKeys(target))
}

struct LaneKeys<'a>(&'a mut Vec<Secret>);

impl Slot for LaneKeys<'_> {
    fn read(&mut self, given: Given<'_>) -> Result<(), Vec<Fault>> {
        let keys = text::items(given, KEYS_ALLOWED, parse)?;
        if !matches!(keys.len(), 0 | 8) {
            let found = format!("a list of {}", keys.len());
            return Fault::value(given, found, self.allowed())
                .advise("The first is lane 1's, the last lane 8's.")
                .alone();
        }
        *self.0 = keys;
        Ok(())
    }

    fn show(&self) -> String {
        "[]".to_owned()
    }

    fn allowed(&self) -> String {
        KEYS_ALLOWED.to_owned()
    }
}

/// `embedded`, or the URL of a PostgreSQL database, which may hold a password.
pub(super) fn database(target: &mut Database) -> Field<'_> {
    Box::new(Postgres(target))
}

struct Postgres<'a>(&'a mut Database);

impl Slot for Postgres<'_> {
    fn read(&mut self, given: Given<'_>) -> Result<(), Vec<Fault>> {
        let is_url = |text: &str| text.starts_with("postgres://") || text.starts_with("postgresql://");
        *self.0 = match given.text() {
            Some("embedded") => Database::Embedded,
            Some(text) if is_url(text) && text.len() <= 2000 => Database::Postgres(Secret::new(text)),
            _ => return Fault::value(given, given.describe_hidden(), self.allowed()).alone(),
        };
        Ok(())
    }

    fn show(&self) -> String {
        "\"embedded\"".to_owned()
    }

    fn allowed(&self) -> String {
        "\"embedded\" (SQLite, in the folder) or a URL such as \"postgres://user:password@host/name\"".to_owned()
    }
}

const MASTER_KEY_ALLOWED: &str = "32 bytes in base64, 44 characters";

/// The base64 text of 32 bytes; it has no default.
pub(super) fn master_key(target: &mut Option<Secret>) -> Field<'_> {
    Box::new(MasterKey(target))
}

struct MasterKey<'a>(&'a mut Option<Secret>);

impl Slot for MasterKey<'_> {
    fn read(&mut self, given: Given<'_>) -> Result<(), Vec<Fault>> {
        let Some(text) = given.text().filter(|text| is_master_key(text)) else {
            let advice = "Make one with `openssl rand -base64 32`.";
            return Fault::value(given, given.describe_hidden(), self.allowed()).advise(advice).alone();
        };
        *self.0 = Some(Secret::new(text));
        Ok(())
    }

    fn show(&self) -> String {
        String::new()
    }

    fn allowed(&self) -> String {
        MASTER_KEY_ALLOWED.to_owned()
    }
}

/// Shape: 43 digits of base64, the last of which ends in two bits of zero, and one `=`.
fn is_master_key(text: &str) -> bool {
    let Some(digits) = text.strip_suffix('=').filter(|digits| digits.len() == 43) else { return false };
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    digits.bytes().all(is_digit) && digits.ends_with(|last: char| "AEIMQUYcgkosw048".contains(last))
}

/// A credential and the byte offset of its key in the file.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) credential: Credential,
    pub(super) offset: Option<usize>,
}

/// Keys with their secrets: tables in the file, `key:secret` separated by commas in a variable.
pub(super) fn credentials(target: &mut Option<Vec<Pair>>) -> Field<'_> {
    Box::new(Credentials(target))
}

struct Credentials<'a>(&'a mut Option<Vec<Pair>>);

impl Slot for Credentials<'_> {
    fn read(&mut self, given: Given<'_>) -> Result<(), Vec<Fault>> {
        let items = given.items().ok_or_else(|| given.describe_type());
        let items = items.and_then(|list| if list.is_empty() { Err("an empty list") } else { Ok(list) });
        let items = match items {
            Ok(items) => items,
            Err(found) => return Fault::value(given, found, self.allowed()).alone(),
        };
        let mut pairs = Vec::with_capacity(items.len());
        let mut faults = Vec::new();
        for (number, item) in items.into_iter().enumerate() {
            match pair(item) {
                Ok(pair) => pairs.push(pair),
                Err(wrong) => {
                    let part = format!("[{number}]");
                    faults.extend(wrong.into_iter().map(|fault| fault.within(&part)));
                }
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        *self.0 = Some(pairs);
        Ok(())
    }

    fn show(&self) -> String {
        String::new()
    }

    fn allowed(&self) -> String {
        format!("a list of at least one {PAIR_ALLOWED}")
    }
}

fn pair(given: Given<'_>) -> Result<Pair, Vec<Fault>> {
    match given {
        Given::File(value, offset) => match value.as_table() {
            Some(table) => pair_from_table(table, offset),
            None => Fault::value(given, given.describe_type(), PAIR_ALLOWED.to_owned()).alone(),
        },
        Given::Variable(text) => {
            let Some((key, secret)) = text.split_once(':') else {
                let allowed = "a key, a colon and its secret".to_owned();
                return Fault::value(given, "a text without a colon", allowed).alone();
            };
            both(
                text::parse(Given::Variable(key), &KEY).map_err(|fault| fault.within(".key")),
                parse(Given::Variable(secret)).map_err(|fault| fault.within(".secret")),
                None,
            )
        }
    }
}

fn pair_from_table(table: &DeTable<'_>, offset: usize) -> Result<Pair, Vec<Fault>> {
    let missing = |name: &str| Fault {
        part: format!(".{name}"),
        offset: Some(offset),
        problem: Problem::Missing,
        advice: format!("Add {name} = \"…\"."),
    };
    let key = table.get("key").map(Given::file);
    let secret = table.get("secret").map(Given::file);
    let pair = both(
        key.map_or_else(|| Err(missing("key")), |given| text::parse(given, &KEY).map_err(|fault| fault.within(".key"))),
        secret.map_or_else(|| Err(missing("secret")), |given| parse(given).map_err(|fault| fault.within(".secret"))),
        key.and_then(|given| given.offset()),
    );
    let mut faults = Vec::new();
    for name in table.keys().filter(|name| !matches!(name.get_ref().as_ref(), "key" | "secret")) {
        faults.push(Fault {
            part: format!(".{}", nearest::segment(name.get_ref())),
            offset: Some(name.span().start),
            problem: Problem::UnknownKey,
            advice: "Keys here: key, secret.".to_owned(),
        });
    }
    match pair {
        Ok(pair) if faults.is_empty() => Ok(pair),
        Ok(_) => Err(faults),
        Err(wrong) => Err(faults.into_iter().chain(wrong).collect()),
    }
}

fn both(key: Result<String, Fault>, secret: Result<Secret, Fault>, offset: Option<usize>) -> Result<Pair, Vec<Fault>> {
    match (key, secret) {
        (Ok(key), Ok(secret)) => Ok(Pair { credential: Credential { key, secret }, offset }),
        (key, secret) => Err(key.err().into_iter().chain(secret.err()).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> String {
        let mut target = None;
        format!("{:?}", credentials(&mut target).read(Given::Variable(text)))
    }

    #[test]
    fn a_variable_carries_pairs() {
        let mut target = None;
        credentials(&mut target).read(Given::Variable("new:s1, old:s:2")).unwrap();
        let pairs = target.unwrap();
        let seen: Vec<_> = pairs.iter().map(|p| (p.credential.key.as_str(), p.credential.secret.expose())).collect();
        assert_eq!(seen, [("new", "s1"), ("old", "s:2")]);
    }

    #[test]
    fn a_master_key_is_32_bytes() {
        assert!(is_master_key("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
        assert!(is_master_key("//////////////////////////////////////////8="));
        for text in
            ["", "AAAA", "//////////////////////////////////////////9=", "-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="]
        {
            assert!(!is_master_key(text), "{text}");
        }
    }

    #[test]
    fn nothing_of_a_secret_is_shown() {
        for text in ["hunter2", "a b:hunter2", "key:hunter2\u{7}", "key: hunter2"] {
            let said = faults(text);
            assert!(said.contains("Err"), "{text}");
            assert!(!said.contains("hunter2"), "{said}");
        }
    }
}

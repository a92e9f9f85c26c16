//! The URL of Redis: scheme, user, password, hosts, database. It is a secret as a whole.

use crate::config::given::Given;
use crate::config::model::Secret;
use crate::config::shape::is_host;
use crate::config::slot::{Fault, Field, Slot};

const ALLOWED: &str = "a URL such as \"redis://user:password@host:6379/0\"; commas part several hosts";

const MAX_BYTES: usize = 4096;

/// What a URL says.
#[derive(Clone)]
pub(super) struct RedisUrl {
    pub(super) tls: bool,
    pub(super) username: Option<String>,
    pub(super) password: Option<Secret>,
    /// At least one, each with its port when one is given; without brackets.
    pub(super) hosts: Vec<(String, Option<u16>)>,
    pub(super) database: u32,
}

/// The URL of Redis; it has no default.
pub(super) fn redis_url(target: &mut Option<RedisUrl>) -> Field<'_> {
    Box::new(Url(target))
}

struct Url<'a>(&'a mut Option<RedisUrl>);

impl Slot for Url<'_> {
    fn read(&mut self, given: Given<'_>) -> Result<(), Vec<Fault>> {
        let Some(text) = given.text().filter(|text| !text.is_empty()) else {
            return Fault::value(given, given.describe_hidden(), self.allowed()).alone();
        };
        match parse(text) {
            Ok(url) => *self.0 = Some(url),
            Err(Wrong { found, advice }) => return Fault::value(given, found, self.allowed()).advise(advice).alone(),
        }
        Ok(())
    }

    fn show(&self) -> String {
        String::new()
    }

    fn allowed(&self) -> String {
        ALLOWED.to_owned()
    }
}

/// What is wrong with a URL; fixed texts, for any part of it may be a password.
#[derive(Debug, PartialEq, Eq)]
struct Wrong {
    found: &'static str,
    advice: &'static str,
}

const TOO_LONG: Wrong = Wrong { found: "a longer text", advice: "" };
const CONTROL: Wrong = Wrong { found: "a text with a control character", advice: "Look for a line break at its end." };
const SCHEME: Wrong = Wrong {
    found: "a text with another beginning",
    advice: "It begins with redis://, or with rediss:// for TLS; mode says what is behind it.",
};
const HOST: Wrong = Wrong {
    found: "a URL with something else for a host",
    advice: "Write host:port, with commas between several; IPv6 addresses stand in brackets.",
};
const PORT: Wrong = Wrong { found: "a URL with something else for a port", advice: "Ports are 1 to 65535." };
const DATABASE: Wrong = Wrong {
    found: "a URL with something else for a database",
    advice: "After the hosts only the number of a database may stand, as in redis://host:6379/1.",
};
const ESCAPE: Wrong = Wrong {
    found: "a URL with a % that begins no escape",
    advice: "Write %25 for a % in a name or password; all else may stand as it is.",
};
const NO_PASSWORD: Wrong = Wrong {
    found: "a URL with a user and no password",
    advice: "Write redis://user:password@host, or redis://:password@host for the default user.",
};

/// Hosts and numbers have no `@`, so a password may hold any character and need no escape but for `%`.
fn parse(text: &str) -> Result<RedisUrl, Wrong> {
    if text.len() > MAX_BYTES {
        return Err(TOO_LONG);
    }
    if text.chars().any(char::is_control) {
        return Err(CONTROL);
    }
    let (tls, rest) = match text.split_once("://") {
        Some(("redis", rest)) => (false, rest),
        Some(("rediss", rest)) => (true, rest),
        _ => return Err(SCHEME),
    };
    let (user, rest) = rest.rsplit_once('@').map_or((None, rest), |(user, rest)| (Some(user), rest));
    let (username, password) = user.map_or(Ok((None, None)), credentials)?;
    let (hosts, database) = rest.split_once('/').unwrap_or((rest, ""));
    let hosts = hosts.split(',').map(host).collect::<Result<_, _>>()?;
    let database = if database.is_empty() { 0 } else { number(database).ok_or(DATABASE)? };
    Ok(RedisUrl { tls, username, password, hosts, database })
}

fn credentials(text: &str) -> Result<(Option<String>, Option<Secret>), Wrong> {
    let (username, password) = text.split_once(':').filter(|(_, password)| !password.is_empty()).ok_or(NO_PASSWORD)?;
    let username = Some(unescape(username)?).filter(|name| !name.is_empty());
    Ok((username, Some(Secret::new(unescape(password)?))))
}

fn host(text: &str) -> Result<(String, Option<u16>), Wrong> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    if !is_host(host) {
        return Err(HOST);
    }
    let port = port.map(|port| number(port).filter(|port| *port > 0).ok_or(PORT)).transpose()?;
    Ok((host.trim_matches(['[', ']']).to_owned(), port))
}

/// A number of digits alone, without a sign.
fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

fn unescape(text: &str) -> Result<String, Wrong> {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).ok_or(ESCAPE)?;
        let is_escape = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let byte = u8::from_str_radix(digits, 16).ok().filter(|_| is_escape).ok_or(ESCAPE)?;
        bytes.push(byte);
        bytes.extend(rest.bytes());
    }
    String::from_utf8(bytes).map_err(|_| ESCAPE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(url: &RedisUrl) -> Vec<(&str, Option<u16>)> {
        url.hosts.iter().map(|(host, port)| (host.as_str(), *port)).collect()
    }

    #[test]
    fn a_url_says_where_and_who() {
        let url = parse("rediss://alice:hunter2@cache.example.com:6380/3").unwrap();
        assert_eq!((url.tls, url.username.as_deref(), url.database), (true, Some("alice"), 3));
        assert_eq!(url.password.as_ref().map(Secret::expose), Some("hunter2"));
        assert_eq!(hosts(&url), [("cache.example.com", Some(6380))]);
        let url = parse("redis://a,[::1]:7000,b_c").unwrap();
        assert_eq!(hosts(&url), [("a", None), ("::1", Some(7000)), ("b_c", None)]);
        assert!(!url.tls && url.username.is_none() && url.password.is_none() && url.database == 0);
        assert_eq!(parse("redis://a/").map(|url| url.database).ok(), Some(0));
    }

    #[test]
    fn a_password_stands_as_it_is_but_for_percent_signs() {
        let password = |text: &str| parse(&format!("redis://:{text}@a")).unwrap().password.unwrap().expose().to_owned();
        for text in ["a:b", "a/b+c==", "p@ss#?w", "ké y"] {
            assert_eq!(password(text), text);
        }
        assert_eq!(password("50%25%40%C3%A9"), "50%@é");
        for text in ["50%", "5%0", "%zz", "%+1", "%FF", "%é"] {
            assert_eq!(parse(&format!("redis://:{text}@a")).err(), Some(ESCAPE), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_apart() {
        for (text, wrong) in [
            ("localhost:6379", SCHEME),
            ("http://a", SCHEME),
            ("REDIS://a", SCHEME),
            ("redis://", HOST),
            ("redis://a,", HOST),
            ("redis://::1:6379", HOST),
            ("redis://a b", HOST),
            ("redis://a?x=1", HOST),
            ("redis://a:0", PORT),
            ("redis://a:65536", PORT),
            ("redis://a:+1", PORT),
            ("redis://a:", PORT),
            ("redis://a/x", DATABASE),
            ("redis://a/-1", DATABASE),
            ("redis://a/0?db=1", DATABASE),
            ("redis://user@a", NO_PASSWORD),
            ("redis://:@a", NO_PASSWORD),
            ("redis://a\n", CONTROL),
        ] {
            assert_eq!(parse(text).err(), Some(wrong), "{text}");
        }
        assert_eq!(parse(&format!("redis://{}", "a".repeat(5000))).err(), Some(TOO_LONG));
    }
}

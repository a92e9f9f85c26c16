//! The environment: the variables that are ours, and those that only look so.

use std::collections::BTreeMap;
use std::ffi::OsString;

use super::explain::suggest_variable;
use super::problem::{Mistake, Place, Problem};
use super::reader::Reader;

const PREFIX: &str = "SALURAN_";

/// Of use elsewhere: the path of the file and a bearer token, for the command line and `publish_events.py`; the
/// broker's address and a lane's key, for the camera senders; and what tests are given.
const ELSEWHERE: &[&str] = &[
    "SALURAN_CONFIG",
    "SALURAN_TOKEN",
    "SALURAN_CAMERA_URL",
    "SALURAN_CAMERA_KEY",
    "SALURAN_BINARY",
    "SALURAN_PYTHON",
    "SALURAN_SCREENSHOTS",
];

/// The environment of this process, for [`load`](super::load).
pub fn environment() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os()
}

/// The variables that begin with `SALURAN_` and that nobody has taken yet.
pub(super) struct Environment {
    texts: BTreeMap<String, String>,
}

impl Environment {
    pub(super) fn new<N, V>(variables: impl IntoIterator<Item = (N, V)>, reader: &mut Reader<'_>) -> Self
    where
        N: Into<OsString>,
        V: Into<OsString>,
    {
        let mut texts = BTreeMap::new();
        for (name, value) in variables {
            let name = name.into().to_string_lossy().into_owned();
            if !name.starts_with(PREFIX) || ELSEWHERE.contains(&name.as_str()) {
                continue;
            }
            match value.into().into_string() {
                Ok(text) => {
                    texts.insert(name, text);
                }
                Err(_) => {
                    reader.give_up();
                    reader.report(not_text(name));
                }
            }
        }
        Self { texts }
    }

    /// Whether `name` is set and not taken yet.
    pub(super) fn has(&self, name: &str) -> bool {
        self.texts.contains_key(name)
    }

    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        self.texts.remove(name)
    }

    /// Reports what is left: it looks like ours and means nothing.
    pub(super) fn report_rest(self, reader: &mut Reader<'_>) {
        for (name, text) in self.texts {
            if is_service_link(&name, &text) {
                continue;
            }
            let advice = suggest_variable(&name);
            let place = Place::Variable(super::given::shorten(&name));
            let problem = Problem::UnknownVariable;
            reader.report(Mistake { place, key: String::new(), problem, advice });
        }
    }
}

fn not_text(name: String) -> Mistake {
    let found = "bytes that are not UTF-8".to_owned();
    let problem = Problem::Value { found, allowed: "text in UTF-8".to_owned() };
    Mistake { place: Place::Variable(name), key: String::new(), problem, advice: String::new() }
}

/// Whether Kubernetes put the variable there for a Service whose name begins with `saluran`.
///
/// Shape: `…_SERVICE_HOST`, `…_SERVICE_PORT`, `…_SERVICE_PORT_<NAME>`, `…_PORT=tcp://…`,
/// `…_PORT_<number>_<PROTOCOL>` and the same with `_PROTO`, `_PORT` or `_ADDR`.
///
/// Source: Kubernetes documentation, "Service", environment variables.
fn is_service_link(name: &str, text: &str) -> bool {
    let is_url = ["tcp://", "udp://", "sctp://"].iter().any(|scheme| text.starts_with(scheme));
    let is_number = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    let has_protocol = |rest: &str| {
        let (number, protocol) = rest.split_once('_').unwrap_or((rest, ""));
        is_number(number) && ["TCP", "UDP", "SCTP"].iter().any(|known| protocol.starts_with(known))
    };
    name.ends_with("_SERVICE_HOST")
        || name.ends_with("_SERVICE_PORT")
        || name.contains("_SERVICE_PORT_")
        || (name.ends_with("_PORT") && is_url)
        || name.match_indices("_PORT_").any(|(at, part)| name.get(at + part.len()..).is_some_and(has_protocol))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn service_links_are_not_ours() {
        for (name, text) in [
            ("SALURAN_SERVICE_HOST", "10.0.0.1"),
            ("SALURAN_SERVICE_PORT", "6001"),
            ("SALURAN_SERVICE_PORT_HTTP", "6001"),
            ("SALURAN_PORT", "tcp://10.0.0.1:6001"),
            ("SALURAN_PORT_6001_TCP", "tcp://10.0.0.1:6001"),
            ("SALURAN_REDIS_PORT_6379_TCP_ADDR", "10.0.0.1"),
        ] {
            assert!(is_service_link(name, text), "{name}");
        }
        for (name, text) in [("SALURAN_PORT", "6001"), ("SALURAN_PORT_HTTP", "1"), ("SALURAN_X", "")] {
            assert!(!is_service_link(name, text), "{name}");
        }
    }
}

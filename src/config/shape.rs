//! What texts look like: addresses, paths, origins, names and levels.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use ipnet::IpNet;

use super::contract::model::Undeclared;
use super::model::LogFormat;
use crate::protocol::AppId;

/// How a text becomes a value and back.
pub(super) struct Shape<T> {
    pub(super) parse: fn(&str) -> Option<T>,
    /// The value as a text that `parse` takes.
    pub(super) show: fn(&T) -> String,
    /// The texts that would do, for people.
    pub(super) allowed: &'static str,
    /// What to do when it is another; may be empty.
    pub(super) advice: &'static str,
    /// Whether messages show a text that does not do.
    pub(super) shown: bool,
}

pub(super) const ADDRESS: Shape<IpAddr> = Shape {
    parse: |text| text.parse().ok(),
    show: IpAddr::to_string,
    allowed: "an IP address such as \"127.0.0.1\"",
    advice: "Write \"::\" for every interface, \"127.0.0.1\" for this machine only.",
    shown: true,
};

/// The name of one service among others of its kind, for people to choose from.
///
/// Source: RFC 6763, section 4.1.1: at most 63 bytes, no control characters.
pub(super) const INSTANCE: Shape<Option<String>> = Shape {
    parse: |text| match text {
        "off" => Some(None),
        name => is_instance(name).then(|| Some(name.to_owned())),
    },
    show: |name| name.clone().unwrap_or_else(|| "off".to_owned()),
    allowed: "\"off\" or a name of 1 to 63 bytes without a dot",
    advice: "",
    shown: true,
};

fn is_instance(name: &str) -> bool {
    let is_trimmed = name.trim() == name;
    // A dot is legal in such names, but half of the programs that look for them split there.
    (1..=63).contains(&name.len()) && is_trimmed && !name.contains(|c: char| c.is_control() || c == '.')
}

pub(super) const LISTENER: Shape<Option<SocketAddr>> = Shape {
    parse: |text| if text == "off" { Some(None) } else { text.parse().ok().map(Some) },
    show: |address| address.map_or_else(|| "off".to_owned(), |address| address.to_string()),
    allowed: "\"off\" or an address and a port such as \"127.0.0.1:9601\"",
    advice: "",
    shown: true,
};

/// A network, or one address for the network of just that.
pub(super) const NETWORK: Shape<IpNet> = Shape {
    parse: |text| match text.parse::<IpAddr>() {
        Ok(address) => Some(address.into()),
        // With host bits set it is a guess what is meant, and this list decides whom we believe.
        Err(_) => text.parse().ok().filter(|network: &IpNet| network.addr() == network.network()),
    },
    show: IpNet::to_string,
    allowed: "an IP address (\"10.1.2.3\") or a network (\"10.0.0.0/8\")",
    advice: "A network is its first address and the length of its prefix.",
    shown: true,
};

pub(super) const PATH_PREFIX: Shape<String> = Shape {
    parse: |text| {
        let segments = || text.strip_prefix('/').map(|rest| rest.split('/'));
        let fits = text.is_empty() || segments().is_some_and(|mut all| all.all(is_segment));
        (fits && text.len() <= 200).then(|| text.to_owned())
    },
    show: String::clone,
    allowed: "\"\" or a path such as \"/realtime\", without a slash at the end",
    advice: "Begin with a slash; letters, digits and - . _ ~ may stand between slashes.",
    shown: true,
};

pub(super) const LEVEL: Shape<String> = Shape {
    parse: |text| text.split(',').all(is_directive).then(|| text.to_owned()),
    show: String::clone,
    allowed: "\"error\", \"warn\", \"info\", \"debug\", \"trace\", \"off\", or a filter such as \
              \"saluran=debug,info\"",
    advice: "",
    shown: true,
};

pub(super) const FORMAT: Shape<LogFormat> = Shape {
    parse: |text| match text {
        "text" => Some(LogFormat::Text),
        "json" => Some(LogFormat::Json),
        _ => None,
    },
    show: |format| match format {
        LogFormat::Text => "text".to_owned(),
        LogFormat::Json => "json".to_owned(),
    },
    allowed: "\"text\" or \"json\"",
    advice: "",
    shown: true,
};

pub(super) const UNDECLARED: Shape<Undeclared> = Shape {
    parse: |text| match text {
        "allow" => Some(Undeclared::Allow),
        "refuse" => Some(Undeclared::Refuse),
        _ => None,
    },
    show: |undeclared| match undeclared {
        Undeclared::Allow => "allow".to_owned(),
        Undeclared::Refuse => "refuse".to_owned(),
    },
    allowed: "\"allow\" or \"refuse\"",
    advice: "",
    shown: true,
};

pub(super) const ID: Shape<AppId> = Shape {
    parse: |text| AppId::parse(text).ok(),
    show: AppId::to_string,
    allowed: "1 to 64 letters, digits, - or _",
    advice: "",
    shown: true,
};

/// A key stands in a path, and before a colon in every `auth`. Where another text stands in its place
/// that may be a secret, put there by mistake.
pub(super) const KEY: Shape<String> = Shape {
    parse: |text| (is_segment(text) && text.len() <= 128).then(|| text.to_owned()),
    show: String::clone,
    allowed: "1 to 128 letters, digits, - . _ or ~",
    advice: "",
    shown: false,
};

/// What an `Origin` header is compared with; kept in lower case and without a default port, as
/// browsers send it.
pub(super) const ORIGIN: Shape<String> = Shape {
    parse: |text| is_origin(text).then(|| without_default_port(&text.to_ascii_lowercase())),
    show: String::clone,
    allowed: "a host (\"example.com\", \"*.example.com\"), an origin \
              (\"https://example.com:8443\") or \"*\"",
    advice: "Leave out paths and slashes at the end; write international names in their xn-- form.",
    shown: true,
};

/// Characters that never need escaping in a URL, and not one of the two that a path swallows.
fn is_segment(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~');
    !text.is_empty() && text.chars().all(plain) && text != "." && text != ".."
}

/// Shape: `level` or `module=level`.
fn is_directive(text: &str) -> bool {
    let (module, level) = text.split_once('=').unwrap_or(("saluran", text));
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '-');
    matches!(level, "error" | "warn" | "info" | "debug" | "trace" | "off")
        && !module.is_empty()
        && module.chars().all(plain)
}

fn is_origin(text: &str) -> bool {
    if text == "*" {
        return true;
    }
    let Some((scheme, authority)) = text.split_once("://") else {
        return is_host(text.strip_prefix("*.").unwrap_or(text));
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => (authority, "443"),
    };
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(plain)
        && is_host(host)
        && port.chars().all(|c| c.is_ascii_digit())
        && port.parse::<u16>().is_ok_and(|port| port > 0)
}

/// A name, an IPv4 address, or an IPv6 address in brackets.
pub(super) fn is_host(text: &str) -> bool {
    if let Some(address) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().is_ok();
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let is_label = |label: &str| !label.is_empty() && label.len() <= 63 && label.chars().all(plain);
    text.len() <= 253 && text.split('.').all(is_label)
}

fn without_default_port(origin: &str) -> String {
    let port = match origin.split_once("://") {
        Some(("https", _)) => ":443",
        Some(("http", _)) => ":80",
        _ => return origin.to_owned(),
    };
    origin.strip_suffix(port).unwrap_or(origin).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes<T>(shape: &Shape<T>, text: &str) -> bool {
        (shape.parse)(text).is_some()
    }

    #[test]
    fn a_path_prefix_begins_with_a_slash_and_does_not_end_with_one() {
        for text in ["", "/a", "/a/b-c.d_e~f"] {
            assert!(takes(&PATH_PREFIX, text), "{text}");
        }
        for text in ["/", "a", "/a/", "//a", "/a b", "/a?b", "/..", "/é", "/%41"] {
            assert!(!takes(&PATH_PREFIX, text), "{text}");
        }
    }

    #[test]
    fn an_origin_is_a_host_or_a_scheme_with_a_host() {
        for text in [
            "*",
            "example.com",
            "*.example.com",
            "localhost",
            "10.0.0.1",
            "[::1]",
            "https://example.com:8443",
            "http://[::1]:80",
            "capacitor://localhost",
        ] {
            assert!(takes(&ORIGIN, text), "{text}");
        }
        for text in [
            "",
            "**",
            "*.",
            "*.*",
            "a..b",
            "example.com:80",
            "https://",
            "https://a/",
            "https://a:0",
            "https://a:65536",
            "https://a:+1",
            "https://*.a",
            "://a",
            "[::1",
            "exämple.com",
            "a b",
        ] {
            assert!(!takes(&ORIGIN, text), "{text}");
        }
    }

    #[test]
    fn an_origin_is_kept_as_browsers_send_it() {
        let kept = |text| (ORIGIN.parse)(text).unwrap();
        assert_eq!(kept("HTTPS://Example.com:443"), "https://example.com");
        assert_eq!(kept("http://a:443"), "http://a:443");
        assert_eq!(kept("http://a:80"), "http://a");
    }

    #[test]
    fn a_network_has_no_host_bits() {
        assert!(takes(&NETWORK, "10.0.0.0/8") && takes(&NETWORK, "10.0.0.1") && takes(&NETWORK, "::1"));
        assert!(!takes(&NETWORK, "10.0.0.1/8") && !takes(&NETWORK, "10.0.0.0/33"));
    }

    #[test]
    fn an_announced_name_is_one_label() {
        let longest = "n".repeat(63);
        for text in ["off", "Saluran", "Lomba Getaran (lantai 2)", &longest] {
            assert!(takes(&INSTANCE, text), "{text}");
        }
        for text in ["", " a", "a ", "a.b", "a\nb", &"n".repeat(64)] {
            assert!(!takes(&INSTANCE, text), "{text:?}");
        }
    }

    #[test]
    fn a_level_may_be_a_filter_by_module() {
        for text in ["info", "off", "saluran=debug,info", "saluran::hub=trace"] {
            assert!(takes(&LEVEL, text), "{text}");
        }
        for text in ["info", "saluran=debug,info", "saluran::hub=trace", "a-b_c=off"] {
            assert!(tracing_subscriber::EnvFilter::builder().parse(text).is_ok(), "the log takes {text}");
        }
        for text in ["", "loud", "info,", "=info", "saluran=", "a=b=info", "INFO"] {
            assert!(!takes(&LEVEL, text), "{text}");
        }
    }

    #[test]
    fn a_key_needs_no_escaping_in_a_url() {
        assert!(takes(&KEY, "saluran-key_1.2~3"));
        for text in ["", ".", "..", "a:b", "a/b", "a b", "é"] {
            assert!(!takes(&KEY, text), "{text}");
        }
        assert!(!takes(&KEY, &"k".repeat(129)));
    }
}

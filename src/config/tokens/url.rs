//! Addresses that tokens are looked up at.

use std::net::IpAddr;

use reqwest::Url;

use crate::config::shape::Shape;

pub(super) const URL: Shape<String> = Shape {
    parse: |text| is_url(text).then(|| text.to_owned()),
    show: String::clone,
    allowed: "a URL such as \"https://example.com/api/v2/auth/me\", without user and password",
    advice: "",
    // A password may stand in it.
    shown: false,
};

pub(super) const JWKS: Shape<String> = Shape {
    parse: |text| (!text.is_empty() && (!has_scheme(text) || is_url(text))).then(|| text.to_owned()),
    show: String::clone,
    allowed: "the path of a file, or a URL such as \"https://example.com/.well-known/jwks.json\"",
    advice: "A URL begins with https:// or http://, and has no user and no password.",
    shown: false,
};

/// Whether it is meant as a URL and not as a path.
pub(super) fn has_scheme(text: &str) -> bool {
    text.contains("://")
}

fn is_url(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let is_bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    matches!(url.scheme(), "http" | "https") && url.has_host() && is_bare && text.len() <= 2048
}

/// The host of a URL that is not encrypted on its way to another machine.
pub(in crate::config) fn plain_host(url: &str) -> Option<String> {
    let url = Url::parse(url).ok().filter(|url| url.scheme() == "http")?;
    let host = url.host_str()?;
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    let is_loopback = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
    (!is_loopback).then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_for_the_web_and_carries_no_password() {
        for text in ["https://example.com/x?y=1", "http://127.0.0.1:8000/api/v2/auth/me", "http://[::1]/"] {
            assert!(is_url(text), "{text}");
        }
        for text in
            ["", "example.com", "ftp://a/", "https://", "https://u:p@a/", "https://u@a/", "https://a/#b", "file:///a"]
        {
            assert!(!is_url(text), "{text}");
        }
    }

    #[test]
    fn plain_http_is_for_this_machine() {
        assert_eq!(plain_host("http://auth.example.com/me").as_deref(), Some("auth.example.com"));
        for text in ["http://localhost:8000/", "http://127.0.0.2/", "http://[::1]:1/", "https://example.com/"] {
            assert_eq!(plain_host(text), None, "{text}");
        }
    }
}

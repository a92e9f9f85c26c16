//! A query string, as the HTTP API and the handshake read it.

#![no_main]

use std::borrow::Cow;

use libfuzzer_sys::fuzz_target;
use saluran::protocol::handshake::{Handshake, VERSIONS};
use saluran::protocol::{Signer, request_to_sign};

fuzz_target!(|query: &str| {
    let mut pairs: Vec<(Cow<'_, str>, Cow<'_, str>)> = form_urlencoded::parse(query.as_bytes()).collect();
    let text = request_to_sign("GET", "/apps/1/channels", &pairs);
    let signer = Signer::new("secret");
    assert!(signer.verifies(&text, &signer.sign(&text)));
    assert!(!signer.verifies(&text, query));

    // Neither the signature itself nor an order that the URL happens to have is signed.
    pairs.push(("Auth_Signature".into(), query.into()));
    pairs.sort();
    let sorted = request_to_sign("GET", "/apps/1/channels", &pairs);
    assert!(sorted == text || has_twins(&pairs));

    if let Ok(protocol) = Handshake::parse(query).protocol() {
        assert!(VERSIONS.contains(&protocol));
        let longer = format!("{query}&protocol=0&version=x&client=java-client");
        let longer = Handshake::parse(&longer);
        assert!(query.contains("version") || query.contains('%') || longer.check_version().is_err());
        assert!(query.contains("client") || query.contains('%') || longer.is_java());
    }
});

/// Whether a name comes twice, in any case, so that the order in the URL counts.
fn has_twins(pairs: &[(Cow<'_, str>, Cow<'_, str>)]) -> bool {
    let mut names: Vec<String> = pairs.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    names.sort();
    names.windows(2).any(|two| two[0] == two[1])
}

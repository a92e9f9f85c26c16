//! Tokens that must not count, each for its reason, and those beside them that must.

use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use super::error::Error;
use super::identity::unix_now;
use super::jwks::KeyError;
use super::keeper::Keeper;
use super::testing::{
    Checker, EC, EC_P384, EC_PUBLIC, ED, ED_PUBLIC, JWKS, RSA, RSA_NEXT, RSA_PUBLIC, RSA_SHORT, SECRET, base64, claims,
    config, hs, hs256, jwks, pem, rs, sign,
};
use super::tokens::Tokens;
use crate::config::Algorithm as Pinned;

const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

const ALGORITHM: fn(&'static str) -> Error = |expected| Error::Algorithm { expected };

/// Checks tokens of any text against the shared secret.
async fn table(rows: Vec<(&str, String, Result<(), Error>)>) {
    let checker = Checker::new(&config(Some(hs256())));
    for (what, token, expected) in rows {
        let found = checker.verify(&token).await.map(drop);
        assert_eq!(found, expected, "{what}: {token}");
        assert_eq!(checker.verify(&token).await.map(drop), expected, "{what}, again");
        if let Err(error) = found {
            assert!(!format!("{error} {error:?}").contains(&token) || token.is_empty(), "{what}: {error}");
        }
    }
}

#[tokio::test]
async fn claims_that_are_wrong_are_refused() {
    let now = unix_now();
    let with = |others: Value| hs(HEADER, &claims(&others).to_string());
    let without = |name: &str| {
        let mut claims = claims(&json!({}));
        claims.as_object_mut().unwrap().remove(name);
        hs(HEADER, &claims.to_string())
    };
    let wrong = |name| Err(Error::Claim(name));
    table(vec![
        ("good", with(json!({})), Ok(())),
        ("expired", with(json!({ "exp": now - 31 })), Err(Error::Expired)),
        ("expired within the leeway", with(json!({ "exp": now - 20 })), Ok(())),
        ("exp missing", without("exp"), wrong("exp")),
        ("exp null", with(json!({ "exp": null })), wrong("exp")),
        ("exp as text", with(json!({ "exp": "9999999999" })), wrong("exp")),
        ("exp negative", with(json!({ "exp": -1 })), wrong("exp")),
        ("exp between numbers", with(json!({ "exp": 9_999_999_999.5 })), wrong("exp")),
        ("exp too large for a double", with(json!({ "exp": 1e300 })), wrong("exp")),
        ("exp as a whole double", with(json!({ "exp": 9_999_999_999.0 })), Ok(())),
        ("exp at the end of all numbers", with(json!({ "exp": u64::MAX })), Ok(())),
        ("exp at zero", with(json!({ "exp": 0 })), Err(Error::Expired)),
        ("nbf ahead", with(json!({ "nbf": now + 300 })), Err(Error::NotYet)),
        ("nbf ahead within the leeway", with(json!({ "nbf": now + 20 })), Ok(())),
        ("nbf as text", with(json!({ "nbf": "0" })), wrong("nbf")),
        ("iat ahead", with(json!({ "iat": now + 300 })), Err(Error::NotYet)),
        ("iat at the end of all numbers", with(json!({ "iat": u64::MAX })), Err(Error::NotYet)),
        ("iat as a list", with(json!({ "iat": [1] })), wrong("iat")),
        ("iat missing", without("iat"), Ok(())),
        ("sub missing", without("sub"), wrong("sub")),
        ("sub empty", with(json!({ "sub": "" })), wrong("sub")),
        ("sub of 200 characters", with(json!({ "sub": "ë".repeat(200) })), Ok(())),
        ("sub of 201 characters", with(json!({ "sub": "ë".repeat(201) })), wrong("sub")),
        ("sub as a number", with(json!({ "sub": 7 })), Ok(())),
        ("sub as a fraction", with(json!({ "sub": 7.5 })), wrong("sub")),
        ("sub as an object", with(json!({ "sub": {} })), wrong("sub")),
        ("roles missing", without("roles"), Ok(())),
        ("roles as text", with(json!({ "roles": "operator" })), Ok(())),
        ("roles as a number", with(json!({ "roles": 1 })), wrong("roles")),
        ("roles as numbers", with(json!({ "roles": [1, 2] })), wrong("roles")),
        ("roles as true", with(json!({ "roles": true })), wrong("roles")),
    ])
    .await;
}

#[tokio::test]
async fn what_is_no_token_of_ours_is_refused() {
    let body = claims(&json!({})).to_string();
    let good = hs(HEADER, &body);
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let part = |index: usize| good.split('.').nth(index).unwrap();
    let forged = base64(claims(&json!({ "sub": "1" })).to_string());
    let twice = |field: &str| hs(HEADER, &format!("{{{field},{}", &body[1..]));
    let deep = |levels: usize| format!(r#"{{"a":{}{},{}"#, "[".repeat(levels), "]".repeat(levels), &body[1..]);
    let padded = {
        let padding = [0, 1, 2].map(|count| format!("{}{}", body, " ".repeat(count))).into_iter();
        let uneven = padding.map(base64).find(|text| text.len() % 4 != 0).unwrap();
        let by = EncodingKey::from_secret(SECRET.as_bytes());
        let signed = format!("{}.{uneven}{}", base64(HEADER), "=".repeat(4 - uneven.len() % 4));
        let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), &by, Algorithm::HS256).unwrap();
        format!("{signed}.{signature}")
    };
    table(vec![
        ("header changed", format!("{}.{}.{signature}", base64(r#"{"alg":"HS256"}"#), part(1)), Err(Error::Signature)),
        ("payload changed", format!("{}.{forged}.{signature}", part(0)), Err(Error::Signature)),
        ("signature changed", format!("{signed}.{}", base64([0; 32])), Err(Error::Signature)),
        ("signature cut", good[..good.len() - 1].to_owned(), Err(Error::Signature)),
        ("signature longer", format!("{good}AAAA"), Err(Error::Signature)),
        ("signature with bits that mean nothing", noncanonical(&good), Err(Error::Signature)),
        ("signature with padding", format!("{good}="), Err(Error::Signature)),
        ("no signature", format!("{signed}."), Err(Error::Signature)),
        ("payload with padding", padded, Err(Error::Malformed)),
        ("two parts", signed.to_owned(), Err(Error::Malformed)),
        ("a dot behind", format!("{good}."), Err(Error::Malformed)),
        ("a dot before", format!(".{good}"), Err(Error::Malformed)),
        ("a fourth part", format!("{good}.{signature}"), Err(Error::Malformed)),
        ("dots", "..".to_owned(), Err(Error::Malformed)),
        ("nothing", String::new(), Err(Error::Malformed)),
        ("spaces around", format!(" {good} "), Err(Error::Malformed)),
        ("not base64", good.replace('.', "é."), Err(Error::Malformed)),
        ("payload no JSON", hs(HEADER, "hello"), Err(Error::Malformed)),
        ("payload a list", hs(HEADER, "[1]"), Err(Error::Malformed)),
        ("payload and more", hs(HEADER, &format!("{body}{{}}")), Err(Error::Malformed)),
        ("sub twice", twice(r#""sub":"1""#), Err(Error::Malformed)),
        ("sub twice, once escaped", twice(r#""s\u0075b":"1""#), Err(Error::Malformed)),
        ("roles twice", twice(r#""roles":["admin"]"#), Err(Error::Malformed)),
        ("exp twice", twice(r#""exp":9999999999"#), Err(Error::Malformed)),
        ("nested 30 deep", hs(HEADER, &deep(30)), Ok(())),
        ("nested 100 deep", hs(HEADER, &deep(100)), Err(Error::Malformed)),
        ("nested 1000 deep", hs(HEADER, &deep(1000)), Err(Error::Malformed)),
        ("twice in a claim", twice(r#""more":{"a":1,"a":2}"#), Err(Error::Malformed)),
        ("8 KiB", sized(8 * 1024), Ok(())),
        ("8 KiB + 1", sized(8 * 1024 + 1), Err(Error::TooLong { allowed: 8 * 1024 })),
    ])
    .await;
}

#[tokio::test]
async fn headers_that_ask_for_anything_are_refused() {
    let body = claims(&json!({})).to_string();
    let header = |text: &str| hs(text, &body);
    let none = base64(r#"{"alg":"none"}"#);
    table(vec![
        ("alg none", format!("{none}.{}.", base64(&body)), Err(ALGORITHM("HS256"))),
        ("alg none, signed", header(r#"{"alg":"none"}"#), Err(ALGORITHM("HS256"))),
        ("alg in other letters", header(r#"{"alg":"hs256"}"#), Err(ALGORITHM("HS256"))),
        ("alg of another length", header(r#"{"alg":"HS512"}"#), Err(ALGORITHM("HS256"))),
        ("alg missing", header(r#"{"typ":"JWT"}"#), Err(Error::Malformed)),
        ("alg null", header(r#"{"alg":null}"#), Err(Error::Malformed)),
        ("alg twice", header(r#"{"alg":"none","alg":"HS256"}"#), Err(Error::Malformed)),
        ("x twice", header(r#"{"alg":"HS256","x":1,"x":2}"#), Err(Error::Malformed)),
        ("crit", header(r#"{"alg":"HS256","crit":["b64"],"b64":false}"#), Err(Error::Critical)),
        ("crit null", header(r#"{"alg":"HS256","crit":null}"#), Err(Error::Critical)),
        ("kid a number", header(r#"{"alg":"HS256","kid":1}"#), Err(Error::Malformed)),
        ("a kid that one key does not need", header(r#"{"alg":"HS256","kid":"../../etc"}"#), Ok(())),
        ("a key of its own", header(r#"{"alg":"HS256","jwk":{"kty":"oct","k":"AAAA"},"jku":"http://x/"}"#), Ok(())),
        ("header no object", header("[]"), Err(Error::Malformed)),
        ("header broken", header("{"), Err(Error::Malformed)),
    ])
    .await;
}

/// A token of so many bytes.
fn sized(bytes: usize) -> String {
    let token = |filler: usize| hs(HEADER, &claims(&json!({ "filler": "x".repeat(filler) })).to_string());
    let header = |pad: usize| format!(r#"{{"alg":"HS256"{}}}"#, " ".repeat(pad));
    let most = (0..bytes).rev().find(|filler| token(*filler).len() <= bytes - 8).unwrap();
    let payload = claims(&json!({ "filler": "x".repeat(most) })).to_string();
    // Base64 does not come in all lengths; a longer payload and a longer header together do.
    (0..12)
        .flat_map(|header_pad| (0..12).map(move |payload_pad| (header_pad, payload_pad)))
        .map(|(header_pad, payload_pad)| hs(&header(header_pad), &format!("{payload}{}", " ".repeat(payload_pad))))
        .find(|token| token.len() == bytes)
        .unwrap()
}

/// The same signature, written with other bits behind its end.
fn noncanonical(token: &str) -> String {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (rest, last) = token.split_at(token.len() - 1);
    let place = alphabet.find(last).unwrap();
    assert_eq!(place % 4, 0, "32 bytes leave two bits");
    format!("{rest}{}", &alphabet[place + 1..place + 2])
}

#[tokio::test]
async fn issuer_and_audience_are_the_configured_ones() {
    let mut config = config(Some(hs256()));
    config.issuer = Some("https://id.test".to_owned());
    config.audience = Some("saluran".to_owned());
    let issuer = Error::Issuer { expected: "https://id.test".to_owned() };
    let audience = Error::Audience { expected: "saluran".to_owned() };
    let checker = Checker::new(&config);
    for (others, expected) in [
        (json!({ "iss": "https://id.test", "aud": "saluran" }), Ok(())),
        (json!({ "iss": "https://id.test", "aud": ["other", "saluran"] }), Ok(())),
        (json!({ "iss": "https://id.test/", "aud": "saluran" }), Err(issuer.clone())),
        (json!({ "iss": ["https://id.test"], "aud": "saluran" }), Err(issuer.clone())),
        (json!({ "aud": "saluran" }), Err(issuer)),
        (json!({ "iss": "https://id.test", "aud": "Saluran" }), Err(audience.clone())),
        (json!({ "iss": "https://id.test", "aud": ["other"] }), Err(audience.clone())),
        (json!({ "iss": "https://id.test", "aud": [] }), Err(audience.clone())),
        (json!({ "iss": "https://id.test", "aud": { "saluran": true } }), Err(audience.clone())),
        (json!({ "iss": "https://id.test" }), Err(audience)),
    ] {
        let found = checker.verify(&hs(HEADER, &claims(&others).to_string())).await.map(drop);
        assert_eq!(found, expected, "{others}");
    }
}

#[tokio::test]
async fn the_algorithm_is_the_configured_one_and_never_the_tokens() {
    let body = claims(&json!({})).to_string();
    let made = |name: &str, by: (Algorithm, &EncodingKey)| sign(&json!({ "alg": name }).to_string(), &body, by);
    let (rsa, ec, ed) = (
        EncodingKey::from_rsa_pem(RSA.as_bytes()).unwrap(),
        EncodingKey::from_ec_pem(EC.as_bytes()).unwrap(),
        EncodingKey::from_ed_pem(ED.as_bytes()).unwrap(),
    );
    let by_rsa = made("RS256", (Algorithm::RS256, &rsa));
    let by_ec = made("ES256", (Algorithm::ES256, &ec));
    let by_ed = made("EdDSA", (Algorithm::EdDSA, &ed));
    // The public key as a secret: whoever lets the token choose takes it.
    let public = EncodingKey::from_secret(RSA_PUBLIC.as_bytes());
    let confused = made("HS256", (Algorithm::HS256, &public));
    let disguised = made("RS256", (Algorithm::HS256, &public));
    let rows = [
        (pem(Pinned::Rs256, RSA_PUBLIC), "RS256", &by_rsa),
        (pem(Pinned::Es256, EC_PUBLIC), "ES256", &by_ec),
        (pem(Pinned::EdDsa, ED_PUBLIC), "EdDSA", &by_ed),
    ];
    for (keys, name, good) in rows {
        let checker = Checker::new(&config(Some(keys)));
        assert_eq!(&*checker.verify(good).await.unwrap().subject, "7");
        for other in [&by_rsa, &by_ec, &by_ed, &confused].into_iter().filter(|other| *other != good) {
            assert_eq!(checker.verify(other).await.map(drop), Err(ALGORITHM(name)), "{name}: {other}");
        }
        let expected = if name == "RS256" { Error::Signature } else { ALGORITHM(name) };
        assert_eq!(checker.verify(&disguised).await.map(drop), Err(expected), "{name}");
        for cut in [good.len() - 1, good.len() - 4] {
            assert_eq!(checker.verify(&good[..cut]).await.map(drop), Err(Error::Signature), "{name}");
        }
    }
    let next = Checker::new(&config(Some(pem(Pinned::Rs256, RSA_PUBLIC))));
    assert_eq!(next.verify(&rs("rsa", RSA_NEXT)).await.map(drop), Err(Error::Signature), "another key of its kind");
}

#[tokio::test]
async fn a_key_of_a_set_is_found_by_its_id_alone() {
    let set = Checker::new(&config(Some(jwks(Pinned::Rs256, JWKS))));
    assert!(set.verify(&rs("rsa", RSA)).await.is_ok());
    assert!(set.verify(&rs("rsa-next", RSA_NEXT)).await.is_ok(), "neither alg nor use is needed");
    assert_eq!(set.verify(&rs("rsa", RSA_NEXT)).await.map(drop), Err(Error::Signature));
    assert_eq!(set.verify(&rs("ec", RSA)).await.map(drop), Err(Error::UnknownKey), "a key, but for another algorithm");
    assert_eq!(set.verify(&rs("gone", RSA)).await.map(drop), Err(Error::UnknownKey));
    let key = EncodingKey::from_rsa_pem(RSA.as_bytes()).unwrap();
    let anonymous = sign(r#"{"alg":"RS256"}"#, &claims(&json!({})).to_string(), (Algorithm::RS256, &key));
    assert_eq!(set.verify(&anonymous).await.map(drop), Err(Error::UnknownKey), "there are two");
    let mut one: Value = serde_json::from_str(JWKS).unwrap();
    one["keys"].as_array_mut().unwrap().remove(1);
    let one = Checker::new(&config(Some(jwks(Pinned::Rs256, &one.to_string()))));
    assert!(one.verify(&anonymous).await.is_ok(), "there is but one");
    assert_eq!(one.verify(&rs("rsa-next", RSA_NEXT)).await.map(drop), Err(Error::UnknownKey));
}

#[tokio::test]
async fn odd_keys_of_a_set_are_passed_over() {
    let known: Value = serde_json::from_str(JWKS).unwrap();
    let with = |fields: Value| {
        let mut key = known["keys"][1].clone();
        for (name, value) in fields.as_object().unwrap() {
            key[name] = value.clone();
        }
        key
    };
    let odd = json!([
        7, {}, { "kty": "XX", "kid": "rsa" }, { "kty": "RSA", "kid": "rsa", "n": "AQAB", "e": "AQAB" },
        { "kty": "EC", "crv": "secp256k1", "kid": "rsa", "x": "AA", "y": "AA" },
        { "kty": "oct", "kid": "rsa", "k": "AAAA" }, { "kty": "RSA", "kid": 7, "n": 1 },
        with(json!({ "kid": "rsa", "use": "enc" })), with(json!({ "kid": "rsa", "alg": "RS512" })),
        with(json!({ "kid": "rsa", "key_ops": ["encrypt"] })), with(json!({ "kid": "rsa", "alg": "unheard-of" })),
        known["keys"][0], with(json!({ "kid": "rsa", "key_ops": ["verify"] })),
    ]);
    let checker = Checker::new(&config(Some(jwks(Pinned::Rs256, &json!({ "keys": odd }).to_string()))));
    assert!(checker.verify(&rs("rsa", RSA)).await.is_ok(), "the first that fits");
    assert_eq!(checker.verify(&rs("rsa", RSA_NEXT)).await.map(drop), Err(Error::Signature), "and none behind it");
}

#[test]
fn keys_that_cannot_verify_are_found_at_the_start() {
    let (keeper, _thread) = Keeper::start().unwrap();
    let made = |keys| Tokens::new(&config(Some(keys)), &keeper, Arc::default()).map(drop).unwrap_err();
    for (algorithm, text) in [
        (Pinned::Rs256, RSA_SHORT),
        (Pinned::Rs256, RSA),
        (Pinned::Rs256, EC_PUBLIC),
        (Pinned::Es256, RSA_PUBLIC),
        (Pinned::Es256, EC_P384),
        (Pinned::Es256, EC),
        (Pinned::EdDsa, EC_PUBLIC),
        (Pinned::EdDsa, ED),
        (Pinned::EdDsa, ""),
    ] {
        assert_eq!(made(pem(algorithm, text)), KeyError::Pem, "{algorithm:?}: {text}");
    }
    for text in ["", "{}", r#"{"keys":[]}"#, r#"{"keys":{}}"#, r#"{"keys":[{"kty":"oct","k":"AAAA"}]}"#] {
        assert_eq!(made(jwks(Pinned::Es256, text)), KeyError::Jwks, "{text}");
    }
}

#[tokio::test]
async fn a_token_that_held_is_refused_once_it_is_over_or_revoked() {
    let mut config = config(Some(hs256()));
    config.leeway = Duration::ZERO;
    let checker = Checker::new(&config);
    let short = hs(HEADER, &claims(&json!({ "sub": "1", "exp": unix_now() + 2 })).to_string());
    let identity = checker.verify(&short).await.unwrap();
    let revoked = hs(HEADER, &claims(&json!({})).to_string());
    let later = hs(HEADER, &claims(&json!({ "iat": unix_now() - 5 })).to_string());
    for token in [&revoked, &later] {
        assert!(checker.verify(token).await.is_ok());
    }
    checker.tokens.revocations().revoke("7", unix_now() - 1).unwrap();
    assert_eq!(checker.verify(&later).await.map(drop), Err(Error::Revoked), "it was issued before");
    assert!(checker.verify(&revoked).await.is_ok(), "it was issued after");
    checker.tokens.revocations().revoke("7", unix_now()).unwrap();
    assert_eq!(checker.verify(&revoked).await.map(drop), Err(Error::Revoked));
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while !identity.is_expired(unix_now()) {
        assert!(checker.verify(&short).await.is_ok() || identity.is_expired(unix_now()));
        assert!(tokio::time::Instant::now() < deadline);
        tokio::task::yield_now().await;
    }
    assert_eq!(checker.verify(&short).await.map(drop), Err(Error::Expired));
}

#[tokio::test]
async fn what_is_shown_for_debugging_has_no_secret_in_it() {
    let mut config = config(Some(hs256()));
    config.private_key = Some(crate::config::Secret::new(RSA));
    let checker = Checker::new(&config);
    let token = hs(HEADER, &claims(&json!({ "sub": "somebody", "name": "Zoë" })).to_string());
    let inspection = checker.tokens.inspect(&token).await;
    assert_eq!(inspection.claims.as_ref().unwrap()["name"], "Zoë");
    assert_eq!(inspection.header.as_ref().unwrap()["alg"], "HS256");
    let identity = inspection.verdict.clone().unwrap();
    let new = super::Claims { subject: "somebody".to_owned(), ..super::Claims::default() };
    let shown =
        format!("{:?} {inspection:?} {identity:?} {new:?} {:?}", checker.tokens, crate::config::Secret::new("x-y"));
    for secret in [SECRET, "PRIVATE", "somebody", "Zoë", "operator", "x-y", &*token] {
        assert!(!shown.contains(secret), "{secret}: {shown}");
    }
}

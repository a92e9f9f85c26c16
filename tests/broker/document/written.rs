//! Documents against the texts in `tests/document`.

use std::fs;
use std::path::Path;

use saluran::config::{App, Config};
use saluran::document;

use super::VERSION;
use super::sample::sample;

/// Compares with a file in `tests/document`; the text that was made is kept for whoever means it.
fn assert_is(file: &str, text: &str) {
    let expected = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/document").join(file);
    let made = Path::new(env!("CARGO_TARGET_TMPDIR")).join(file);
    fs::write(&made, text).unwrap();
    let is_same = fs::read_to_string(&expected).is_ok_and(|expected| expected == text);
    assert!(is_same, "not as in {}\nif it is meant to be so: cp {} there", expected.display(), made.display());
}

#[test]
fn the_asyncapi_document_is_as_written_down() {
    let config = sample();
    assert_is("asyncapi.json", &format!("{:#}\n", document::asyncapi(&config, &config.apps[0], VERSION)));
}

#[test]
fn the_typescript_module_is_as_written_down() {
    let config = sample();
    assert_is("contract.ts", &document::typescript(&config, &config.apps[0]));
}

#[test]
fn an_app_without_declarations_has_documents_too() {
    let config = Config { channels: Vec::new(), ..sample() };
    assert_is("asyncapi-empty.json", &format!("{:#}\n", document::asyncapi(&config, &config.apps[0], VERSION)));
    assert_is("contract-empty.ts", &document::typescript(&config, &config.apps[0]));
}

#[test]
fn an_app_is_told_of_its_own_channels_and_no_secret() {
    let config = sample();
    let [first, second] = [0, 1].map(|app| {
        let app: &App = &config.apps[app];
        format!("{}{}", document::asyncapi(&config, app, VERSION), document::typescript(&config, app))
    });
    assert!(second.contains("other-app") && !first.contains("other-app"));
    assert!([first, second].iter().all(|text| text.contains("rvm-status") && !text.contains("very-secret")));
}

//! A configuration file without an environment: checked, or all that is wrong with it.

#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::fuzz_target;
use saluran::config::{Source, load};

fuzz_target!(|text: &[u8]| {
    let source = Source::Text { name: "channels.toml".to_owned(), text: text.to_vec() };
    match load(source, std::iter::empty::<(String, String)>()) {
        Ok(loaded) => {
            let apps = &loaded.config.apps;
            let ids: BTreeSet<_> = apps.iter().map(|app| &app.id).collect();
            let keys: BTreeSet<_> = apps.iter().flat_map(|app| &app.credentials).map(|held| &held.key).collect();
            assert!(!apps.is_empty() && ids.len() == apps.len());
            assert_eq!(keys.len(), apps.iter().map(|app| app.credentials.len()).sum::<usize>());
            assert!(loaded.warnings.iter().all(|warning| !warning.to_string().is_empty()));
        }
        Err(error) => {
            assert!(!error.mistakes().is_empty());
            assert!(error.to_string().contains("channels.toml"), "{error}");
        }
    }
});

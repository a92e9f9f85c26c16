//! The body of a publishing request, single or batch.

#![no_main]

use libfuzzer_sys::fuzz_target;
use saluran::error::{Answer, Refusal};
use saluran::http::{Batch, Fields};

const BATCH: usize = 10;

fn check(refusal: &Refusal) {
    assert_eq!(refusal.answer(), Answer::Status(400), "{refusal}");
}

fuzz_target!(|text: &str| {
    if let Err(refusal) = Fields::parse(text) {
        check(&refusal);
    }
    match Batch::parse(text, BATCH) {
        Ok(events) => assert!((1..=BATCH).contains(&events.len())),
        Err(refusal) => check(&refusal),
    }
});

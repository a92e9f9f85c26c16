//! A whole session, one message a line.

#![no_main]

use libfuzzer_sys::fuzz_target;
use saluran_fuzz::Session;

fuzz_target!(|text: &str| {
    let mut session = Session::default();
    text.lines().for_each(|line| session.line(line));
    session.end();
});

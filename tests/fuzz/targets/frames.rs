//! Bytes of a client, in reads of any size: what comes out does not depend on the size, and little
//! is kept back. The first byte is the limit, the second the size of a read.

#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use saluran::error::Refusal;
use saluran::socket::{Assembler, Incoming};

/// Bytes of the longest header of a client's frame.
const HEADER: usize = 14;

fn read(bytes: &[u8], limit: usize, size: usize) -> (Vec<Incoming>, Option<Refusal>) {
    let mut assembler = Assembler::new(limit);
    let mut buffer = BytesMut::new();
    let mut messages = Vec::new();
    for chunk in bytes.chunks(size) {
        buffer.extend_from_slice(chunk);
        loop {
            match assembler.next(&mut buffer) {
                Ok(Some(message)) => messages.push(message),
                Ok(None) => break,
                Err(refusal) => return (messages, Some(refusal)),
            }
        }
        assert!(buffer.len() <= limit + HEADER, "{} bytes are kept", buffer.len());
    }
    (messages, None)
}

fuzz_target!(|bytes: &[u8]| {
    let [limit, size, bytes @ ..] = bytes else { return };
    let limit = usize::from(*limit);
    let whole = read(bytes, limit, bytes.len().max(1));
    assert_eq!(read(bytes, limit, usize::from(*size).max(1)), whole);
    for message in whole.0 {
        match message {
            Incoming::Text(text) => assert!(text.len() <= limit),
            Incoming::Ping(payload) => assert!(payload.len() <= limit.min(125)),
            Incoming::Pong => {}
            Incoming::Close(code) => assert!(code.is_none_or(|code| (1000..5000).contains(&code))),
        }
    }
});

//! Bytes to messages: WebSocket frames decoded, fragments joined.

use actix_http::ws::{OpCode, Parser, ProtocolError};
use bytes::{Bytes, BytesMut};

use crate::error::Refusal;

/// Bytes of the longest header of a client's frame.
const HEADER: usize = 14;

/// What a client sent, whole.
#[derive(Debug, PartialEq, Eq)]
pub enum Incoming {
    /// A text message; UTF-8 is not checked yet.
    Text(BytesMut),
    /// A Ping with its payload.
    Ping(Bytes),
    /// A Pong.
    Pong,
    /// A Close, with its code if it has one.
    Close(Option<u16>),
}

/// Joins frames to messages; keeps nothing but the fragments of an unfinished message.
#[derive(Debug)]
pub struct Assembler {
    fragments: Option<BytesMut>,
    limit: usize,
}

impl Assembler {
    /// An assembler for messages of at most `limit` bytes.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        Self { fragments: None, limit }
    }

    /// Takes the next message out of `buffer`; `None` when it holds no whole one.
    ///
    /// # Errors
    /// When the framing is broken, a message is too big or binary; nothing can follow.
    pub fn next(&mut self, buffer: &mut BytesMut) -> Result<Option<Incoming>, Refusal> {
        loop {
            let frame = Parser::parse(buffer, true, self.limit).map_err(|error| self.refusal(&error))?;
            let Some((is_final, opcode, payload)) = frame else {
                // The parser looks at a frame's size only when all of it is there.
                let is_too_big = buffer.len() > self.limit + HEADER;
                return if is_too_big { Err(self.too_big()) } else { Ok(None) };
            };
            if let Some(message) = self.frame(is_final, opcode, payload.unwrap_or_default())? {
                return Ok(Some(message));
            }
        }
    }

    fn frame(&mut self, is_final: bool, opcode: OpCode, payload: BytesMut) -> Result<Option<Incoming>, Refusal> {
        match opcode {
            OpCode::Ping | OpCode::Pong | OpCode::Close if !is_final => Err(Refusal::BadFrame),
            OpCode::Ping => Ok(Some(Incoming::Ping(payload.freeze()))),
            OpCode::Pong => Ok(Some(Incoming::Pong)),
            OpCode::Close => close(&payload).map(Some),
            OpCode::Text if self.fragments.is_some() => Err(Refusal::BadFrame),
            OpCode::Text if is_final => Ok(Some(Incoming::Text(payload))),
            OpCode::Text => {
                // A copy, so that fragments do not hold on to the buffer they came in.
                self.fragments = Some(BytesMut::from(&payload[..]));
                Ok(None)
            }
            OpCode::Continue => self.continuation(is_final, &payload),
            OpCode::Binary if self.fragments.is_some() => Err(Refusal::BadFrame),
            OpCode::Binary => Err(Refusal::Binary),
            OpCode::Bad => Err(Refusal::BadFrame),
        }
    }

    fn continuation(&mut self, is_final: bool, payload: &[u8]) -> Result<Option<Incoming>, Refusal> {
        let Some(mut fragments) = self.fragments.take() else {
            return Err(Refusal::BadFrame);
        };
        if fragments.len() + payload.len() > self.limit {
            return Err(self.too_big());
        }
        fragments.extend_from_slice(payload);
        if is_final {
            return Ok(Some(Incoming::Text(fragments)));
        }
        self.fragments = Some(fragments);
        Ok(None)
    }

    const fn refusal(&self, error: &ProtocolError) -> Refusal {
        match error {
            ProtocolError::Overflow => self.too_big(),
            ProtocolError::UnmaskedFrame
            | ProtocolError::MaskedFrame
            | ProtocolError::InvalidOpcode(_)
            | ProtocolError::InvalidLength(_)
            | ProtocolError::BadOpCode
            | ProtocolError::ContinuationNotStarted
            | ProtocolError::ContinuationStarted
            | ProtocolError::ContinuationFragment(_)
            | ProtocolError::Io(_) => Refusal::BadFrame,
        }
    }

    const fn too_big(&self) -> Refusal {
        Refusal::MessageTooBig { allowed: self.limit }
    }
}

/// Reads a Close frame's code; the code and the reason's text must be valid.
fn close(payload: &[u8]) -> Result<Incoming, Refusal> {
    let reason = Parser::try_parse_close_payload(payload).map_err(|_| Refusal::BadFrame)?;
    Ok(Incoming::Close(reason.map(|reason| reason.code.into())))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A masked client frame; a mask of zeros leaves the payload readable.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![first];
        match u16::try_from(payload.len()) {
            Ok(short) if short < 126 => bytes.push(0x80 | u8::try_from(short).unwrap()),
            Ok(medium) => {
                bytes.push(0x80 | 126);
                bytes.extend(medium.to_be_bytes());
            }
            Err(_) => {
                bytes.push(0x80 | 127);
                bytes.extend((payload.len() as u64).to_be_bytes());
            }
        }
        bytes.extend([0; 4]);
        bytes.extend(payload);
        bytes
    }

    fn outcome(bytes: &[u8], limit: usize) -> Result<Option<Incoming>, Refusal> {
        Assembler::new(limit).next(&mut BytesMut::from(bytes))
    }

    #[test]
    fn broken_framing_is_refused() {
        assert_eq!(outcome(&[0x81, 0x01, b'x'], 10), Err(Refusal::BadFrame), "unmasked");
        assert_eq!(outcome(&frame(0xC1, b"x"), 10), Err(Refusal::BadFrame), "compressed bit");
        assert_eq!(outcome(&frame(0x83, b"x"), 10), Err(Refusal::BadFrame), "unknown opcode");
        assert_eq!(outcome(&frame(0x80, b"x"), 10), Err(Refusal::BadFrame), "nothing to continue");
        assert_eq!(outcome(&frame(0x09, b"x"), 10), Err(Refusal::BadFrame), "fragmented ping");
        assert_eq!(outcome(&frame(0x89, &[0; 126]), 200), Err(Refusal::BadFrame), "long ping");
        assert_eq!(outcome(&frame(0x88, b"x"), 10), Err(Refusal::BadFrame), "half a close code");
        assert_eq!(
            outcome(&[frame(0x01, b"a"), frame(0x81, b"b")].concat(), 10),
            Err(Refusal::BadFrame),
            "interleaved"
        );
        assert_eq!(outcome(&frame(0x82, b"x"), 10), Err(Refusal::Binary));
    }

    /// C-027.
    #[test]
    fn a_message_above_the_bound_is_refused_however_it_comes() {
        let too_big = Err(Refusal::MessageTooBig { allowed: 10 });
        assert!(outcome(&frame(0x81, &[b'x'; 10]), 10).is_ok());
        assert_eq!(outcome(&frame(0x81, &[b'x'; 11]), 10), too_big);
        assert_eq!(outcome(&[frame(0x01, &[b'x'; 6]), frame(0x80, &[b'x'; 5])].concat(), 10), too_big);
        let endless = [&[0x81, 0xFF, 0, 0, 1, 0, 0, 0, 0, 0][..], &[0; 20]].concat();
        assert_eq!(outcome(&endless, 10), too_big, "known before all of it is there");
    }

    proptest! {
        /// C-024: however a text is cut into frames and reads, it comes out whole.
        #[test]
        fn fragments_and_reads_do_not_matter(
            text in prop::collection::vec(any::<u8>(), 0..200),
            cuts in prop::collection::vec(0..200_usize, 0..4),
            read in 1..40_usize,
        ) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.sort_unstable();
            let mut bytes = Vec::new();
            let mut start = 0;
            for (index, cut) in cuts.iter().enumerate() {
                bytes.extend(frame(if index == 0 { 0x01 } else { 0x00 }, &text[start..*cut]));
                bytes.extend(frame(0x8A, b"between"));
                start = *cut;
            }
            bytes.extend(frame(if cuts.is_empty() { 0x81 } else { 0x80 }, &text[start..]));
            let mut assembler = Assembler::new(200);
            let mut buffer = BytesMut::new();
            let mut texts = Vec::new();
            for chunk in bytes.chunks(read) {
                buffer.extend_from_slice(chunk);
                while let Some(message) = assembler.next(&mut buffer).unwrap() {
                    if let Incoming::Text(text) = message { texts.push(text.to_vec()) }
                }
            }
            prop_assert_eq!(texts, vec![text]);
        }
    }
}

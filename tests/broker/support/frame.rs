//! RFC 6455 frames, written and read byte by byte, so that tests can also write wrong ones.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

/// The opcodes of RFC 6455, section 5.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opcode {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

impl Opcode {
    pub(crate) const fn bits(self) -> u8 {
        match self {
            Self::Continuation => 0x0,
            Self::Text => 0x1,
            Self::Binary => 0x2,
            Self::Close => 0x8,
            Self::Ping => 0x9,
            Self::Pong => 0xA,
        }
    }

    fn from_bits(bits: u8) -> Self {
        match bits {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xA => Self::Pong,
            other => panic!("the broker sent the reserved opcode {other:#x}"),
        }
    }
}

/// One whole frame from the broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) opcode: Opcode,
    pub(crate) payload: Vec<u8>,
}

impl Frame {
    /// Payload of a text frame.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.payload).expect("a text frame is UTF-8")
    }

    /// Code and reason of a Close frame.
    pub(crate) fn close(&self) -> (Option<u16>, &str) {
        assert_eq!(self.opcode, Opcode::Close, "expected a Close frame, got {self:?}");
        match self.payload.as_slice() {
            [] => (None, ""),
            [high, low, reason @ ..] => (
                Some(u16::from_be_bytes([*high, *low])),
                std::str::from_utf8(reason).expect("the reason of a Close frame is UTF-8"),
            ),
            [_] => panic!("a Close frame with one byte of payload"),
        }
    }
}

const FIN: u8 = 0x80;
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// Bytes of one whole masked frame, as a client sends it.
pub(crate) fn frame(opcode: Opcode, payload: &[u8]) -> Vec<u8> {
    frame_with(FIN | opcode.bits(), payload)
}

/// Bytes of a masked frame whose first byte (FIN, RSV1–3, opcode) is `head`.
pub(crate) fn frame_with(head: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![head];
    match payload.len() {
        length @ 0..=125 => bytes.push(0x80 | u8::try_from(length).expect("at most 125")),
        length @ 126..=65_535 => {
            bytes.push(0x80 | 126);
            bytes.extend_from_slice(&u16::try_from(length).expect("at most 65535").to_be_bytes());
        }
        length => {
            bytes.push(0x80 | 127);
            bytes.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    bytes.extend_from_slice(&MASK);
    bytes.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}

/// Payload of a Close frame.
pub(crate) fn close_payload(code: u16, reason: &str) -> Vec<u8> {
    [code.to_be_bytes().as_slice(), reason.as_bytes()].concat()
}

/// Takes frames out of a byte stream.
#[derive(Debug, Default)]
pub(crate) struct FrameReader {
    buffer: Vec<u8>,
}

impl FrameReader {
    /// A reader that begins with bytes that came with the response head.
    pub(crate) fn new(buffer: Vec<u8>) -> Self {
        Self { buffer }
    }

    /// The next frame; `None` at the end of the stream.
    ///
    /// Cancel-safe: what was read stays in the buffer.
    pub(crate) async fn next(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Frame>> {
        loop {
            if let Some(frame) = self.take() {
                return Ok(Some(frame));
            }
            if stream.read_buf(&mut self.buffer).await? == 0 {
                assert!(self.buffer.is_empty(), "the stream ended inside a frame: {:?}", self.buffer);
                return Ok(None);
            }
        }
    }

    /// Splits the first whole frame off the buffer, and checks what RFC 6455 demands of a server.
    fn take(&mut self) -> Option<Frame> {
        let [head, second, ..] = *self.buffer.as_slice() else { return None };
        assert_eq!(head & 0xF0, FIN, "the broker sends whole frames without reserved bits, not {head:#x}");
        assert_eq!(second & 0x80, 0, "the broker must not mask");
        let (start, length) = match second {
            126 => (4, u64::from(u16::from_be_bytes(self.buffer.get(2..4)?.try_into().ok()?))),
            127 => (10, u64::from_be_bytes(self.buffer.get(2..10)?.try_into().ok()?)),
            length => (2, u64::from(length)),
        };
        let end = start + usize::try_from(length).expect("a frame fits into memory");
        let payload = self.buffer.get(start..end)?.to_vec();
        self.buffer.drain(..end);
        Some(Frame { opcode: Opcode::from_bits(head & 0x0F), payload })
    }
}

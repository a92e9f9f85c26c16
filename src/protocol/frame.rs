//! A WebSocket frame, encoded once and shared by all who receive it.

use bytes::{BufMut, Bytes};

/// A whole unmasked WebSocket frame: header and payload in one piece of memory, cloned by counting.
///
/// Server frames carry no mask, so the frame of an event is the same for every subscriber.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame(Bytes);

/// Room for the longest header of a server frame: two bytes and a 64-bit length.
const HEADER: usize = 10;

const FIN: u8 = 0x80;
const TEXT: u8 = 0x1;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;

/// Bytes that a Close frame's reason may have: a control frame's 125 less two for the code.
const REASON: usize = 123;

impl Frame {
    /// Encodes a text frame whose payload `write` appends; `size` is a guess that saves growing.
    pub fn text(size: usize, write: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut buffer = Vec::with_capacity(HEADER + size);
        buffer.put_bytes(0, HEADER);
        write(&mut buffer);
        Self::finish(TEXT, buffer)
    }

    /// Encodes a Ping without payload.
    #[must_use]
    pub fn ping() -> Self {
        Self(Bytes::from_static(&[FIN | PING, 0]))
    }

    /// Encodes the Pong that carries back what the Ping carried.
    #[must_use]
    pub fn pong(payload: &[u8]) -> Self {
        Self::control(PONG, payload)
    }

    /// Encodes a Close frame; a reason above 123 bytes is cut at a character.
    #[must_use]
    pub fn close(code: u16, reason: &str) -> Self {
        let mut end = reason.len().min(REASON);
        while !reason.is_char_boundary(end) {
            end -= 1;
        }
        let mut payload = Vec::with_capacity(2 + end);
        payload.put_u16(code);
        payload.extend(reason.bytes().take(end));
        Self::control(CLOSE, &payload)
    }

    /// Encodes a Close frame without a code, the answer to one that had none.
    #[must_use]
    pub fn close_empty() -> Self {
        Self(Bytes::from_static(&[FIN | CLOSE, 0]))
    }

    /// A text frame that was encoded elsewhere; `None` unless `bytes` have its shape. That the
    /// payload is UTF-8 is trusted, as it comes from another node of ours.
    #[must_use]
    pub fn from_wire(bytes: Bytes) -> Option<Self> {
        let length = |from: usize, to: usize| {
            let place = bytes.get(from..to)?;
            Some(place.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte)))
        };
        let (header, length) = match *bytes.get(..2)? {
            [first, 126] if first == FIN | TEXT => (4, length(2, 4).filter(|length| *length >= 126)?),
            [first, 127] if first == FIN | TEXT => (10, length(2, 10).filter(|length| *length >= 0x1_0000)?),
            [first, length @ 0..126] if first == FIN | TEXT => (2, u64::from(length)),
            _ => return None,
        };
        let payload = bytes.get(header..)?;
        (payload.len() as u64 == length).then_some(Self(bytes))
    }

    /// The bytes as they go to the socket, to be shared.
    #[must_use]
    pub const fn bytes(&self) -> &Bytes {
        &self.0
    }

    /// The bytes as they go to the socket.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Bytes on the wire.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Never: a frame has a header.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether both are handles of one frame; two that were encoded alike are not.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.0.as_ptr() == other.0.as_ptr() && self.0.len() == other.0.len()
    }

    /// The `length` bytes before the last `tail`, shared with the frame.
    pub(super) fn part(&self, length: usize, tail: usize) -> Bytes {
        let end = self.0.len().saturating_sub(tail);
        self.0.slice(end.saturating_sub(length)..end)
    }

    fn control(opcode: u8, payload: &[u8]) -> Self {
        let mut buffer = Vec::with_capacity(HEADER + payload.len());
        buffer.put_bytes(0, HEADER);
        buffer.extend_from_slice(payload);
        Self::finish(opcode, buffer)
    }

    /// Writes the header into the end of the room that was left for it.
    fn finish(opcode: u8, mut buffer: Vec<u8>) -> Self {
        let length = buffer.len().saturating_sub(HEADER);
        let (start, marker) = match length {
            0..126 => (HEADER - 2, u8::try_from(length).unwrap_or_default()),
            126..0x1_0000 => (HEADER - 4, 126),
            _ => (0, 127),
        };
        // A long length stands right before the payload; a short one is the marker itself.
        if let Some(place) = buffer.get_mut(start + 2..HEADER) {
            let bytes = (length as u64).to_be_bytes();
            place.copy_from_slice(bytes.get(bytes.len() - place.len()..).unwrap_or_default());
        }
        if let Some(place) = buffer.get_mut(start..start + 2) {
            place.copy_from_slice(&[FIN | opcode, marker]);
        }
        Self(Bytes::from(buffer).slice(start..))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(length: usize) -> Frame {
        Frame::text(length, |out| out.put_bytes(b'x', length))
    }

    #[test]
    fn the_length_is_written_in_the_shortest_form() {
        assert_eq!(&text(125).as_bytes()[..2], [0x81, 125]);
        assert_eq!(&text(126).as_bytes()[..4], [0x81, 126, 0, 126]);
        assert_eq!(&text(65_535).as_bytes()[..4], [0x81, 126, 0xFF, 0xFF]);
        assert_eq!(&text(65_536).as_bytes()[..10], [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
        assert_eq!(text(65_536).len(), 65_546);
    }

    /// C-017.
    #[test]
    fn a_reason_is_cut_at_a_character() {
        let frame = Frame::close(4001, &"é".repeat(100));
        assert_eq!(frame.as_bytes()[1], 2 + 122);
        assert!(std::str::from_utf8(&frame.as_bytes()[4..]).is_ok());
    }
}

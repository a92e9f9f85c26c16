//! What crosses between nodes that may have a role.

use bytes::Bytes;

use crate::adapter::envelope::{Reader, Unreadable};
use crate::hub::far::Origin;

const CALL: u8 = 1;
const ANSWER: u8 = 2;
const REFUSED: u8 = 3;
const SAID: u8 = 4;

/// One message. What bodies mean is between those who call.
///
/// Shape, big-endian: a byte for the kind; for 1 the number of the call (u64, 0 when nobody waits) and who calls (u64),
/// for 2 and 3 the number, for 4 who says it; then the body to the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Message {
    Call {
        number: u64,
        from: Origin,
        body: Bytes,
    },
    Answer {
        number: u64,
        body: Bytes,
    },
    /// No answer will come: the call was not carried out, or nobody can say.
    Refused {
        number: u64,
    },
    Said {
        from: Origin,
        body: Bytes,
    },
}

impl Message {
    pub(super) fn write(&self) -> Vec<u8> {
        match self {
            Self::Call { number, from, body } => {
                [&[CALL][..], &number.to_be_bytes(), &from.0.to_be_bytes(), body].concat()
            }
            Self::Answer { number, body } => [&[ANSWER][..], &number.to_be_bytes(), body].concat(),
            Self::Refused { number } => [&[REFUSED][..], &number.to_be_bytes()].concat(),
            Self::Said { from, body } => [&[SAID][..], &from.0.to_be_bytes(), body].concat(),
        }
    }

    pub(super) fn read(message: Bytes) -> Result<Self, Unreadable> {
        let mut reader = Reader::new(message);
        let (kind, first) = (reader.u8()?, reader.u64()?);
        match kind {
            CALL => {
                let from = Origin(reader.u64()?);
                Ok(Self::Call { number: first, from, body: reader.rest() })
            }
            ANSWER => Ok(Self::Answer { number: first, body: reader.rest() }),
            REFUSED => Ok(Self::Refused { number: first }),
            SAID => Ok(Self::Said { from: Origin(first), body: reader.rest() }),
            _ => Err(Unreadable),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_read_back_and_their_heads_never_change() {
        let body = Bytes::from_static(b"x");
        let (from, number) = (Origin(258), 7);
        let all = [
            (Message::Call { number, from, body: body.clone() }, &b"\x01\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\x01\x02x"[..]),
            (Message::Answer { number, body: body.clone() }, b"\x02\0\0\0\0\0\0\0\x07x"),
            (Message::Refused { number }, b"\x03\0\0\0\0\0\0\0\x07"),
            (Message::Said { from, body }, b"\x04\0\0\0\0\0\0\x01\x02x"),
        ];
        for (message, bytes) in all {
            assert_eq!(message.write(), bytes);
            assert_eq!(Message::read(Bytes::from_static(bytes)), Ok(message));
            for end in 0..9 {
                assert_eq!(Message::read(Bytes::copy_from_slice(&bytes[..end])), Err(Unreadable));
            }
        }
        assert_eq!(Message::read(Bytes::from_static(b"\x05\0\0\0\0\0\0\0\0")), Err(Unreadable));
    }
}

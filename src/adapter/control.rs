//! What concerns all nodes at once.

use bytes::Bytes;

use crate::hub::Handed;
use crate::protocol::{AppId, SocketId};

use super::envelope::{Reader, Unreadable, text};

const TERMINATE: u8 = 6;
const REVOKE: u8 = 7;
const HAND: u8 = 8;
const HANDED: u8 = 9;

/// What concerns one node; that node hears it alone.
///
/// Shape: a byte for what it is (8 or 9), a number (u64), and for 8 the node that asks (u32), the socket id's halves (u64
/// each) and the letter to the end, for 9 a byte for what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Note {
    /// A letter for a connection of yours.
    Hand {
        /// Tells the answer from others.
        number: u64,
        /// Who asks.
        from: u32,
        /// The connection.
        to: SocketId,
        /// The letter.
        letter: Bytes,
    },
    /// What became of your letter.
    Handed {
        /// The number that came with it.
        number: u64,
        /// What became of it.
        handed: Handed,
    },
}

impl Note {
    pub(super) fn write(&self) -> Vec<u8> {
        match self {
            Self::Hand { number, from, to, letter } => {
                let [left, right] = to.halves();
                let head = [&[HAND][..], &number.to_be_bytes(), &from.to_be_bytes(), &left.to_be_bytes()].concat();
                [&head[..], &right.to_be_bytes(), letter].concat()
            }
            Self::Handed { number, handed } => {
                let outcome = match handed {
                    Handed::Taken => 0,
                    Handed::Full => 1,
                    Handed::Unknown => 2,
                };
                [&[HANDED][..], &number.to_be_bytes(), &[outcome]].concat()
            }
        }
    }

    pub(super) fn read(message: Bytes) -> Result<Self, Unreadable> {
        let mut reader = Reader::new(message);
        let (kind, number) = (reader.u8()?, reader.u64()?);
        match kind {
            HAND => {
                let from = reader.u32()?;
                let to = SocketId::from_halves([reader.u64()?, reader.u64()?]);
                Ok(Self::Hand { number, from, to, letter: reader.rest() })
            }
            HANDED => {
                let handed = match reader.u8()? {
                    0 => Handed::Taken,
                    1 => Handed::Full,
                    2 => Handed::Unknown,
                    _ => return Err(Unreadable),
                };
                Ok(Self::Handed { number, handed })
            }
            _ => Err(Unreadable),
        }
    }
}

/// What concerns all nodes at once.
///
/// Shape: the node that says it (u32), a byte for what it is (6 or 7), the time (u64), the app id's length (u32) and the
/// app id, then the user id or subject to the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Control {
    /// Close a user's connections.
    Terminate {
        /// Its app.
        app: AppId,
        /// Its id.
        user: Box<str>,
        /// Of those that were signed in before, in Unix microseconds.
        before: u64,
    },
    /// Tokens of a subject that were issued before are not valid any more.
    Revoke {
        /// Its app.
        app: AppId,
        /// Whose tokens.
        subject: Box<str>,
        /// Unix seconds.
        at: u64,
    },
}

impl Control {
    pub(super) fn write(&self, node: u32) -> Vec<u8> {
        let (kind, at, app, name) = match self {
            Self::Terminate { app, user, before } => (TERMINATE, *before, app, user),
            Self::Revoke { app, subject, at } => (REVOKE, *at, app, subject),
        };
        let app = app.as_str().as_bytes();
        let length = u32::try_from(app.len()).unwrap_or(u32::MAX);
        [&node.to_be_bytes()[..], &[kind], &at.to_be_bytes(), &length.to_be_bytes(), app, name.as_bytes()].concat()
    }

    /// With the node that says it.
    pub(super) fn read(message: Bytes) -> Result<(u32, Self), Unreadable> {
        let mut reader = Reader::new(message);
        let (node, kind, at) = (reader.u32()?, reader.u8()?, reader.u64()?);
        let app = AppId::parse(text(&reader.part()?)?).map_err(|_| Unreadable)?;
        let name = text(&reader.rest())?.into();
        match kind {
            TERMINATE => Ok((node, Self::Terminate { app, user: name, before: at })),
            REVOKE => Ok((node, Self::Revoke { app, subject: name, at })),
            _ => Err(Unreadable),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let app = AppId::parse("7").unwrap();
        let all = [
            Control::Terminate { app: app.clone(), user: "a\0ż".into(), before: 1 << 50 },
            Control::Revoke { app, subject: "".into(), at: 1 << 40 },
        ];
        let notes = [
            Note::Hand { number: 7, from: 9, to: SocketId::from_halves([1, 2]), letter: Bytes::from_static(b"{}") },
            Note::Handed { number: 1 << 40, handed: Handed::Full },
        ];
        for note in notes {
            let message = note.write();
            assert_eq!(Note::read(message.clone().into()), Ok(note));
            for end in 0..9 {
                assert_eq!(Note::read(message[..end].to_vec().into()), Err(Unreadable));
            }
        }
        for control in all {
            let message = control.write(5);
            assert_eq!(Control::read(message.clone().into()), Ok((5, control)));
            for end in 0..17 {
                assert_eq!(Control::read(message[..end].to_vec().into()), Err(Unreadable));
            }
        }
    }
}

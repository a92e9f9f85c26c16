//! What concerns all nodes at once.

use bytes::Bytes;

use crate::protocol::AppId;

use super::envelope::{Reader, Unreadable, text};

const TERMINATE: u8 = 6;
const REVOKE: u8 = 7;

/// What concerns all nodes at once; the one that says it hears it, too.
///
/// Shape: a byte for what it is (6 or 7), the time in seconds (u64, 0 for 6), the app id's length (u32) and the app id,
/// then the user id or subject to the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Control {
    /// Close a user's connections.
    Terminate {
        /// Its app.
        app: AppId,
        /// Its id.
        user: Box<str>,
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
    pub(super) fn write(&self) -> Vec<u8> {
        let (kind, at, app, name) = match self {
            Self::Terminate { app, user } => (TERMINATE, 0, app, user),
            Self::Revoke { app, subject, at } => (REVOKE, *at, app, subject),
        };
        let app = app.as_str().as_bytes();
        let length = u32::try_from(app.len()).unwrap_or(u32::MAX);
        [&[kind][..], &at.to_be_bytes(), &length.to_be_bytes(), app, name.as_bytes()].concat()
    }

    pub(super) fn read(message: Bytes) -> Result<Self, Unreadable> {
        let mut reader = Reader::new(message);
        let (kind, at) = (reader.u8()?, reader.u64()?);
        let app = AppId::parse(text(&reader.part()?)?).map_err(|_| Unreadable)?;
        let name = text(&reader.rest())?.into();
        match kind {
            TERMINATE => Ok(Self::Terminate { app, user: name }),
            REVOKE => Ok(Self::Revoke { app, subject: name, at }),
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
            Control::Terminate { app: app.clone(), user: "a\0ż".into() },
            Control::Revoke { app, subject: "".into(), at: 1 << 40 },
        ];
        for control in all {
            let message = control.write();
            assert_eq!(Control::read(message.clone().into()), Ok(control));
            for end in 0..13 {
                assert_eq!(Control::read(message[..end].to_vec().into()), Err(Unreadable));
            }
        }
    }
}

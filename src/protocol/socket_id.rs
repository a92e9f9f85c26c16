//! The id that a connection has while it lives.

use std::fmt;

/// A connection's id.
///
/// Shape: two decimal numbers below 2^53 with a dot between, as all server libraries require.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SocketId {
    left: u64,
    right: u64,
}

/// Both halves stay exact in clients that keep numbers as doubles.
const BITS: u32 = 53;

/// Bits of the right half that count connections; the others tell nodes apart.
const COUNT_BITS: u32 = 32;

impl SocketId {
    /// Makes the id of this node's connection number `count`.
    ///
    /// `random` makes it unpredictable, `node` keeps nodes apart, `count` makes it unique on its node.
    #[must_use]
    pub const fn new(random: u64, node: u32, count: u32) -> Self {
        let node = (node as u64) & ((1 << (BITS - COUNT_BITS)) - 1);
        Self { left: random & ((1 << BITS) - 1), right: (node << COUNT_BITS) | count as u64 }
    }

    /// The node that gave it, as far as ids tell nodes apart; nonsense for a foreign id.
    #[must_use]
    pub fn node(self) -> u32 {
        u32::try_from(self.right >> COUNT_BITS).unwrap_or(u32::MAX)
    }

    /// Reads an id that a publisher sent.
    ///
    /// `None` when the text has another shape. Numbers that no connection of ours can have are
    /// kept as far as they fit, so that a foreign id is well-formed but matches nobody.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (left, right) = text.split_once('.')?;
        Some(Self { left: digits(left)?, right: digits(right)? })
    }

    /// Both numbers, for another node.
    #[must_use]
    pub const fn halves(self) -> [u64; 2] {
        [self.left, self.right]
    }

    /// An id from the numbers that another node sent.
    #[must_use]
    pub const fn from_halves([left, right]: [u64; 2]) -> Self {
        Self { left, right }
    }
}

fn digits(text: &str) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().unwrap_or(u64::MAX))
}

impl fmt::Display for SocketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.left, self.right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// C-039.
    #[test]
    fn an_id_reads_back_as_itself() {
        let id = SocketId::new(u64::MAX, u32::MAX, 7);
        assert_eq!(SocketId::parse(&id.to_string()), Some(id));
        let [left, right] = id.halves();
        assert_eq!(SocketId::from_halves([left, right]), id);
        assert!(left < 1 << 53 && right < 1 << 53);
    }

    /// C-170.
    #[test]
    fn other_shapes_are_refused() {
        for bad in ["", "1", ".", "1.", ".1", "a.1", "1.2.3", "-1.2", " 1.2", "1.2 ", "+1.2"] {
            assert_eq!(SocketId::parse(bad), None, "{bad}");
        }
        assert!(SocketId::parse("99999999999999999999999.1").is_some());
    }
}

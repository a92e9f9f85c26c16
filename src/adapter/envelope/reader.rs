//! Reads fields from the front of what somebody else wrote.

use bytes::Bytes;

use super::Unreadable;

/// What is not read yet; parts are slices of the same memory.
#[derive(Debug)]
pub(in crate::adapter) struct Reader(Bytes);

impl Reader {
    pub(in crate::adapter) const fn new(bytes: Bytes) -> Self {
        Self(bytes)
    }

    pub(in crate::adapter) fn bytes(&mut self, length: usize) -> Result<Bytes, Unreadable> {
        if length > self.0.len() {
            return Err(Unreadable);
        }
        Ok(self.0.split_to(length))
    }

    pub(in crate::adapter) fn u8(&mut self) -> Result<u8, Unreadable> {
        self.array().map(u8::from_be_bytes)
    }

    pub(in crate::adapter) fn u32(&mut self) -> Result<u32, Unreadable> {
        self.array().map(u32::from_be_bytes)
    }

    pub(in crate::adapter) fn u64(&mut self) -> Result<u64, Unreadable> {
        self.array().map(u64::from_be_bytes)
    }

    pub(in crate::adapter) fn u128(&mut self) -> Result<u128, Unreadable> {
        self.array().map(u128::from_be_bytes)
    }

    /// A number of 64 bits that this machine can count to.
    pub(in crate::adapter) fn count(&mut self) -> Result<usize, Unreadable> {
        usize::try_from(self.u64()?).map_err(|_| Unreadable)
    }

    /// A part with its length, in 32 bits, in front.
    pub(in crate::adapter) fn part(&mut self) -> Result<Bytes, Unreadable> {
        let length = usize::try_from(self.u32()?).map_err(|_| Unreadable)?;
        self.bytes(length)
    }

    /// All that is left.
    pub(in crate::adapter) fn rest(self) -> Bytes {
        self.0
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Unreadable> {
        <[u8; N]>::try_from(&*self.bytes(N)?).map_err(|_| Unreadable)
    }
}

pub(in crate::adapter) fn text(bytes: &[u8]) -> Result<&str, Unreadable> {
    std::str::from_utf8(bytes).map_err(|_| Unreadable)
}

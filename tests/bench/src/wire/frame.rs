//! WebSocket frames (RFC 6455, section 5.2), never fragmented.

/// Opcode of a text frame.
pub(crate) const TEXT: u8 = 0x1;
/// Opcode of a close frame.
pub(crate) const CLOSE: u8 = 0x8;
/// Opcode of a ping.
pub(crate) const PING: u8 = 0x9;
/// Opcode of a pong.
pub(crate) const PONG: u8 = 0xa;

/// A client must mask; with what makes no difference to the cost of undoing it.
pub(crate) const CLIENT_MASK: [u8; 4] = [0x5a, 0x13, 0xc7, 0x2e];

const FINAL: u8 = 0x80;
const MASKED: u8 = 0x80;

/// A whole frame at the start of some bytes.
#[derive(Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) opcode: u8,
    /// As sent: still masked if `mask` is given.
    pub(crate) payload: &'a [u8],
    pub(crate) mask: Option<[u8; 4]>,
    /// Bytes of the frame with its header.
    pub(crate) length: usize,
}

/// The frame that `bytes` start with, once all of it is there.
pub(crate) fn parse(bytes: &[u8]) -> Option<Frame<'_>> {
    let ([first, second], rest) = bytes.split_first_chunk::<2>()?;
    let (size, rest) = match second & !MASKED {
        126 => {
            let (size, rest) = rest.split_first_chunk::<2>()?;
            (usize::from(u16::from_be_bytes(*size)), rest)
        }
        127 => {
            let (size, rest) = rest.split_first_chunk::<8>()?;
            (usize::try_from(u64::from_be_bytes(*size)).ok()?, rest)
        }
        size => (usize::from(size), rest),
    };
    let (mask, rest) = if second & MASKED == 0 {
        (None, rest)
    } else {
        let (mask, rest) = rest.split_first_chunk::<4>()?;
        (Some(*mask), rest)
    };
    let payload = rest.get(..size)?;
    Some(Frame { opcode: first & 0xf, payload, mask, length: bytes.len() - rest.len() + size })
}

/// Appends a frame to `out`, masked if `mask` is given.
pub(crate) fn encode(out: &mut Vec<u8>, opcode: u8, payload: &[u8], mask: Option<[u8; 4]>) {
    let masked = if mask.is_some() { MASKED } else { 0 };
    out.push(FINAL | opcode);
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(size @ ..126), _) => out.push(masked | size),
        (_, Ok(size)) => {
            out.push(masked | 126);
            out.extend_from_slice(&size.to_be_bytes());
        }
        _ => {
            out.push(masked | 127);
            out.extend_from_slice(&(payload.len() as u64).to_be_bytes());
        }
    }
    match mask {
        None => out.extend_from_slice(payload),
        Some(mask) => {
            out.extend_from_slice(&mask);
            apply_mask(out, payload, mask);
        }
    }
}

/// Appends `payload` to `out`, masked or, as that is the same, unmasked.
pub(crate) fn apply_mask(out: &mut Vec<u8>, payload: &[u8], mask: [u8; 4]) {
    out.extend(payload.iter().zip(mask.into_iter().cycle()).map(|(byte, key)| byte ^ key));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_comes_back_as_it_was_encoded() {
        for size in [0, 1, 125, 126, 65_535, 65_536] {
            for mask in [None, Some(CLIENT_MASK)] {
                let payload = vec![b'x'; size];
                let mut bytes = Vec::new();
                encode(&mut bytes, TEXT, &payload, mask);
                assert!(parse(&bytes[..bytes.len() - 1]).is_none());
                bytes.extend_from_slice(b"more");
                let frame = parse(&bytes).unwrap();
                assert_eq!((frame.opcode, frame.length), (TEXT, bytes.len() - 4));
                let mut plain = Vec::new();
                apply_mask(&mut plain, frame.payload, frame.mask.unwrap_or_default());
                assert_eq!(plain, payload);
            }
        }
    }
}

//! As much of HTTP/1.1 as generator and floor need of each other.

use memchr::{memchr_iter, memmem};

/// Bytes of the head with its blank line, and of the body that it announces, once the head is there.
pub(crate) fn measure(bytes: &[u8]) -> Option<(usize, usize)> {
    let head = memmem::find(bytes, b"\r\n\r\n")?;
    let lines = bytes.get(..head)?;
    let body = header(lines, b"content-length").and_then(|text| str::from_utf8(text).ok()?.parse().ok());
    Some((head + 4, body.unwrap_or(0)))
}

/// The value of a header; `name` in lower case.
pub(crate) fn header<'a>(head: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    memchr_iter(b'\n', head).find_map(|newline| {
        let line = head.get(newline + 1..)?;
        let (found, rest) = line.split_at_checked(name.len())?;
        let value = rest.strip_prefix(b":").filter(|_| found.eq_ignore_ascii_case(name))?;
        Some(value.get(..memchr::memchr(b'\r', value).unwrap_or(value.len()))?.trim_ascii())
    })
}

/// The status of a response.
pub(crate) fn status(head: &[u8]) -> Option<u16> {
    str::from_utf8(head.strip_prefix(b"HTTP/1.1 ")?.get(..3)?).ok()?.parse().ok()
}

/// `bytes` in base64, with padding.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = (0..3).fold(0, |bits, at| bits << 8 | usize::from(chunk.get(at).copied().unwrap_or(0)));
        for digit in 0..4 {
            let known = digit <= chunk.len();
            let value = DIGITS.get(bits >> (18 - 6 * digit) & 63).filter(|_| known);
            text.push(value.map_or('=', |byte| char::from(*byte)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_is_measured_and_read() {
        let bytes = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nContent-Length: 2\r\n\r\n{}next";
        let (head, body) = measure(bytes).unwrap();
        assert_eq!(&bytes[head..head + body], b"{}");
        assert_eq!(status(bytes), Some(200));
        assert_eq!(header(&bytes[..head], b"content-type"), Some(&b"application/json"[..]));
        assert_eq!(measure(b"HTTP/1.1 200 OK\r\n"), None);
    }

    #[test]
    fn base64_pads() {
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }
}

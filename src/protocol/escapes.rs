//! Escapes in JSON text that is passed on without being decoded.

/// Whether `json`, which is valid JSON, escapes whole characters only.
///
/// serde does not look into what it does not decode, so half a surrogate pair (`\ud83d` alone, a
/// text cut in the middle of an emoji) gets through it; many clients then cannot read the message.
pub(super) fn is_unicode(json: &str) -> bool {
    if memchr::memmem::find(json.as_bytes(), b"\\u").is_none() {
        return true;
    }
    let mut rest = json;
    while let Some((_, escape)) = rest.split_once('\\') {
        let Some(digits) = escape.strip_prefix('u') else {
            rest = escape.get(1..).unwrap_or_default();
            continue;
        };
        let (first, after) = unit(digits);
        rest = match first {
            0xD800..=0xDBFF => {
                let (second, after) = after.strip_prefix("\\u").map_or((0, ""), unit);
                if !matches!(second, 0xDC00..=0xDFFF) {
                    return false;
                }
                after
            }
            0xDC00..=0xDFFF => return false,
            _ => after,
        };
    }
    true
}

/// The value of four hex digits, and what follows them.
fn unit(text: &str) -> (u16, &str) {
    let (digits, after) = text.split_at_checked(4).unwrap_or_default();
    (u16::from_str_radix(digits, 16).unwrap_or_default(), after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_whole_and_halves_are_not() {
        for good in [r#"{"a":"b"}"#, r#"["\u00eb\n","\\ud800"]"#, r#""\uD83D\uDE00\ud83d\ude00""#, r#""\ud83d\ude00""#]
        {
            assert!(is_unicode(good), "{good}");
        }
        for odd in [r#""\ud800""#, r#""\ude00""#, r#""\ud83d\ud83d\ude00""#, r#""\ud83dx\ude00""#, r#""\\\ud83d""#] {
            assert!(!is_unicode(odd), "{odd}");
        }
    }
}

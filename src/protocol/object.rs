//! JSON objects, read with no excuse for anything else.

use serde::Deserialize;

/// Why a text is not the object that was expected.
#[derive(Debug, thiserror::Error)]
pub enum NotAnObject {
    /// A list, a number, a string, or nothing at all.
    #[error("it is not a JSON object")]
    Otherwise,
    /// It begins like one, but is not JSON, or its fields are not as expected.
    #[error(transparent)]
    Broken(#[from] serde_json::Error),
}

/// Reads a JSON object; a list is not one, although serde would take it for a struct.
///
/// # Errors
/// When the text is something else, or broken.
pub fn object<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, NotAnObject> {
    if !text.trim_start_matches([' ', '\t', '\n', '\r']).starts_with('{') {
        return Err(NotAnObject::Otherwise);
    }
    Ok(serde_json::from_str(text)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Point {
        x: u8,
    }

    #[test]
    fn only_objects_are_objects() {
        assert_eq!(object::<Point>(" \n{\"x\":1}").unwrap().x, 1);
        for odd in ["[1]", "1", "\"x\"", "null", "", "\u{feff}{\"x\":1}"] {
            assert!(matches!(object::<Point>(odd), Err(NotAnObject::Otherwise)), "{odd}");
        }
        for broken in ["{", "{\"x\":1}}", "{\"x\":1,\"x\":2}", "{\"x\":\"1\"}"] {
            assert!(matches!(object::<Point>(broken), Err(NotAnObject::Broken(_))), "{broken}");
        }
    }
}

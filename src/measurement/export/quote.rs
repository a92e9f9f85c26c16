//! Fields of comma-separated files.

use std::borrow::Cow;

/// As PHP's `fputcsv` writes a field: in quotes when it has a comma, a quote, a backslash or any white
/// space; quotes inside are doubled, but for one that follows a backslash.
///
/// Source: PHP 8.3, `php_fputcsv`.
pub(super) fn php(field: &str) -> Cow<'_, str> {
    if !field.contains([',', '"', '\\', '\n', '\r', '\t', ' ']) {
        return field.into();
    }
    let mut quoted = String::from('"');
    let mut is_escaped = false;
    for c in field.chars() {
        if c == '"' && !is_escaped {
            quoted.push('"');
        }
        is_escaped = c == '\\';
        quoted.push(c);
    }
    quoted.push('"');
    quoted.into()
}

/// As RFC 4180 writes a field.
pub(super) fn plain(field: &str) -> Cow<'_, str> {
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\"")).into()
    } else {
        field.into()
    }
}

/// The same for what somebody typed: a spreadsheet must not take it for a formula.
///
/// Source: OWASP, "CSV Injection".
pub(super) fn typed(field: &str) -> Cow<'_, str> {
    if field.trim_start().starts_with(['=', '+', '-', '@']) || field.starts_with(['\t', '\r']) {
        Cow::Owned(plain(&format!("'{field}")).into_owned())
    } else {
        plain(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn php_quotes_white_space_and_leaves_a_quote_after_a_backslash_alone() {
        for (field, text) in [
            ("Universitas", "Universitas"),
            ("Astura Team", "\"Astura Team\""),
            ("1,234.5000", "\"1,234.5000\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("a\\\"b", "\"a\\\"b\""),
            ("a\\b\"c", "\"a\\b\"\"c\""),
            ("two\nlines", "\"two\nlines\""),
            ("tab\tbed", "\"tab\tbed\""),
            ("a;b'c", "a;b'c"),
            ("", ""),
        ] {
            assert_eq!(php(field), text, "{field:?}");
        }
    }

    #[test]
    fn what_somebody_typed_is_never_a_formula() {
        for (field, text) in [
            ("Tim Seismastha", "Tim Seismastha"),
            ("=1+1", "'=1+1"),
            ("+62", "'+62"),
            ("-Tim-", "'-Tim-"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("  =1", "'  =1"),
            ("=HYPERLINK(\"x\",\"y\")", "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\""),
            ("a,b", "\"a,b\""),
            ("K-300", "K-300"),
        ] {
            assert_eq!(typed(field), text, "{field:?}");
        }
    }

    #[test]
    fn plain_fields_read_back_the_same() {
        for field in ["", "a b", "a,b", "a\"b", "a\r\nb", "ä\\"] {
            let line = format!("{},x\r\n", plain(field));
            let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(line.as_bytes());
            let row = reader.records().next().unwrap().unwrap();
            assert_eq!(&row[0], field);
        }
    }
}

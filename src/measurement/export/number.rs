//! Numbers as `decimal(10,4)` keeps them and as spreadsheets show them.

/// Rounded half away from zero by its decimal digits, as a decimal column does.
///
/// Binary rounding would differ in the last digit: 2.00005 is stored a little below itself.
pub(super) fn rounded(value: f64, decimals: usize) -> String {
    let (sign, whole, fraction) = parts(value, decimals);
    format!("{sign}{whole}{fraction}")
}

/// The same with a comma before every third digit: `1,234.5000`.
///
/// Source: PHP 8, `number_format`; it writes no minus before a zero.
pub(super) fn grouped(value: f64, decimals: usize) -> String {
    let (sign, whole, fraction) = parts(value, decimals);
    let mut text = String::from(sign);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + &fraction
}

fn parts(value: f64, decimals: usize) -> (&'static str, String, String) {
    // The shortest digits that mean this number; never with an exponent.
    let text = value.abs().to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let kept: String = fraction.chars().chain(std::iter::repeat('0')).take(decimals).collect();
    let is_up = fraction.chars().nth(decimals).is_some_and(|digit| digit >= '5');
    let scaled = format!("{whole}{kept}").parse::<u128>().unwrap_or(u128::MAX).saturating_add(u128::from(is_up));
    let digits = format!("{scaled:0>width$}", width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let sign = if value < 0.0 && scaled != 0 { "-" } else { "" };
    let fraction = if decimals == 0 { String::new() } else { format!(".{fraction}") };
    (sign, whole.to_owned(), fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_decide_not_bits() {
        for (value, text) in [
            (0.0, "0.0000"),
            (-0.0, "0.0000"),
            (-0.000_04, "0.0000"),
            (-0.000_05, "-0.0001"),
            (2.000_05, "2.0001"),
            (3.456, "3.4560"),
            (9.999_95, "10.0000"),
            (-999_999.999_96, "-1000000.0000"),
            (1e-9, "0.0000"),
            (131.0, "131.0000"),
        ] {
            assert_eq!(rounded(value, 4), text, "{value}");
        }
        assert_eq!((rounded(2.5, 0), rounded(1.45, 1)), ("3".to_owned(), "1.5".to_owned()));
    }

    #[test]
    fn thousands_are_set_apart() {
        for (value, text) in [
            (0.5, "0.5000"),
            (999.999_94, "999.9999"),
            (999.999_95, "1,000.0000"),
            (1234.5, "1,234.5000"),
            (-12_345.678_9, "-12,345.6789"),
            (-123_456.0, "-123,456.0000"),
            (999_999.5, "999,999.5000"),
        ] {
            assert_eq!(grouped(value, 4), text, "{value}");
        }
        assert_eq!(grouped(1.5, 1), "1.5");
    }
}

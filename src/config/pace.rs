//! Fields that say how often something may happen: `"10/s"`, `"200/m"`, `"5/10s"`.

use std::time::Duration;

use super::contract::model::Pace;
use super::given::Given;
use super::measure::{parse_time, show_time};
use super::slot::{Fault, Field, Slot};

const MAX_COUNT: u32 = 1_000_000;

const MAX_TIME: Duration = Duration::from_secs(24 * 3600);

const UNLIMITED: &str = "unlimited";

/// A pace, or `"unlimited"` for none.
pub(super) fn pace(target: &mut Option<Pace>) -> Field<'_> {
    Box::new(OnePace(target))
}

struct OnePace<'a>(&'a mut Option<Pace>);

impl Slot for OnePace<'_> {
    fn read(&mut self, given: Given<'_>) -> Result<(), Vec<Fault>> {
        let text = given.text();
        let pace = if text == Some(UNLIMITED) { Some(None) } else { text.and_then(parse).map(Some) };
        let Some(pace) = pace else {
            let advice = "Write a number, a slash and a time, in quotes: \"10/s\" is ten in a second.";
            return Fault::value(given, given.describe(), self.allowed()).advise(advice).alone();
        };
        *self.0 = pace;
        Ok(())
    }

    fn show(&self) -> String {
        self.0.map_or_else(|| format!("\"{UNLIMITED}\""), |pace| format!("\"{}\"", show(pace)))
    }

    fn allowed(&self) -> String {
        format!("\"{UNLIMITED}\" or a number and a time such as \"10/s\", \"200/m\" or \"5/10s\"")
    }
}

/// Shape: `<1 to 1000000>/<time>`, where the time may leave out a number that is 1; 24 hours at most.
fn parse(text: &str) -> Option<Pace> {
    let (count, time) = text.split_once('/')?;
    let (count, time) = (count.trim_end(), time.trim_start());
    let is_number = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
    let count = count.parse().ok().filter(|count| is_number && (1..=MAX_COUNT).contains(count))?;
    let per = parse_time(time).or_else(|| parse_time(&format!("1{time}")))?;
    (!per.is_zero() && per <= MAX_TIME).then_some(Pace { count, per })
}

/// `pace` as it would stand in the file.
pub(super) fn show(pace: Pace) -> String {
    let time = show_time(pace.per);
    let unit = time.strip_prefix('1').filter(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()));
    format!("{}/{}", pace.count, unit.unwrap_or(&time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_is_a_number_in_a_time() {
        let pace = |text: &str| parse(text).map(|pace| (pace.count, pace.per.as_millis()));
        assert_eq!(pace("10/s"), Some((10, 1000)));
        assert_eq!(pace("200/m"), Some((200, 60_000)));
        assert_eq!(pace("5/10s"), Some((5, 10_000)));
        assert_eq!(pace("1000 / h"), Some((1000, 3_600_000)));
        assert_eq!(pace("1/500ms"), Some((1, 500)));
        for text in ["", "/", "10", "10/", "/s", "0/s", "+1/s", "1/0s", "1/25h", "1/d", "1000001/s", "1.5/s", "1/s/s"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_shown_is_read_back() {
        for text in ["10/s", "200/m", "5/10s", "1000/h", "1/500ms", "3/15m", "1/ms"] {
            assert_eq!(show(parse(text).unwrap()), text);
        }
    }
}

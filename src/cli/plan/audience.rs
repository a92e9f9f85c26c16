//! How many subscribers channels have.

use std::str::FromStr;

use serde::Serialize;

/// Subscribers of the largest channel.
const LARGEST: u32 = 100_000_000;

/// How many subscribers channels have: sizes, and which share of all channels has each.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub(super) struct Audience(Vec<Part>);

/// Channels of one size.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Part {
    /// Subscribers of each.
    pub(super) subscribers: u32,
    /// Of all channels; the shares of an audience are 1 together.
    pub(super) share: f64,
}

impl Audience {
    /// Subscribers of a channel in the middle.
    pub(super) fn mean(&self) -> f64 {
        self.over(f64::from)
    }

    /// What a channel comes to in the middle, when one of so many subscribers comes to `value`.
    pub(super) fn over(&self, value: impl Fn(u32) -> f64) -> f64 {
        self.0.iter().map(|part| part.share * value(part.subscribers)).sum()
    }

    /// Subscribers of the channel that stands at `at`, from 0 to 1, when all stand in a row.
    pub(super) fn at(&self, mut at: f64) -> u32 {
        for part in &self.0 {
            if at < part.share {
                return part.subscribers;
            }
            at -= part.share;
        }
        self.0.last().map_or(0, |part| part.subscribers)
    }
}

impl FromStr for Audience {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split(',').map(part).collect::<Result<Vec<_>, _>>()?;
        let all: f64 = parts.iter().map(|part| part.share).sum();
        parts.iter_mut().for_each(|part| part.share /= all);
        Ok(Self(parts))
    }
}

fn part(text: &str) -> Result<Part, String> {
    let (subscribers, share) = text.split_once(':').unwrap_or((text, "1"));
    let subscribers = subscribers.trim().parse().ok().filter(|number| (1..=LARGEST).contains(number));
    let share = share.trim().parse().ok().filter(|share: &f64| share.is_finite() && *share > 0.0);
    let parts = subscribers.zip(share).map(|(subscribers, share)| Part { subscribers, share });
    parts.ok_or_else(|| "write 10, or sizes with their shares of all channels such as 1:60,10:39,5000:1".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_one_together() {
        let audience: Audience = "1:60, 10:30,5000:10".parse().unwrap();
        assert!((audience.0.iter().map(|part| part.share).sum::<f64>() - 1.0).abs() < 1e-12);
        assert!((audience.mean() - 503.6).abs() < 1e-9);
        assert_eq!([0.0, 0.59, 0.61, 0.89, 0.91, 1.0].map(|at| audience.at(at)), [1, 1, 10, 10, 5000, 5000]);
        assert_eq!("7".parse::<Audience>().unwrap().mean(), 7.0);
    }

    #[test]
    fn what_is_no_audience_is_refused_with_an_example() {
        for text in ["", "0", "-1", "a", "1:0", "1:x", "1:inf", "1,,2", "1000000000"] {
            assert!(text.parse::<Audience>().unwrap_err().contains("1:60"), "{text}");
        }
    }
}

//! How fast the table shakes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A frequency of the contest: 1.5, 2.5, 3.5, 4.5 or 5.5 Hz.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Frequency {
    tenths: u8,
}

/// A number that is no frequency of the contest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("frequencies are 1.5, 2.5, 3.5, 4.5 and 5.5")]
pub struct UnknownFrequency;

impl Frequency {
    /// All, rising: the order of a contest.
    pub const ALL: [Self; 5] =
        [Self { tenths: 15 }, Self { tenths: 25 }, Self { tenths: 35 }, Self { tenths: 45 }, Self { tenths: 55 }];

    /// In hertz.
    #[must_use]
    pub fn hertz(self) -> f64 {
        f64::from(self.tenths) / 10.0
    }

    /// The frequency of so many hertz.
    ///
    /// # Errors
    /// When the contest has none such.
    pub fn of(hertz: f64) -> Result<Self, UnknownFrequency> {
        Self::ALL.into_iter().find(|frequency| (frequency.hertz() - hertz).abs() < 1e-9).ok_or(UnknownFrequency)
    }
}

impl Default for Frequency {
    fn default() -> Self {
        Self { tenths: 15 }
    }
}

impl fmt::Display for Frequency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1}", self.hertz())
    }
}

impl FromStr for Frequency {
    type Err = UnknownFrequency;

    fn from_str(text: &str) -> Result<Self, UnknownFrequency> {
        Self::of(text.parse().map_err(|_| UnknownFrequency)?)
    }
}

impl Serialize for Frequency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.hertz())
    }
}

impl<'de> Deserialize<'de> for Frequency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::of(f64::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

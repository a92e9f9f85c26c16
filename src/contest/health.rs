//! How lanes and store are.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize};

use crate::measurement::Lane;

/// How a point came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Path {
    /// The cameras' WebSocket.
    Gateway,
    /// The cameras' old HTTP path.
    Http,
    /// The HTTP API, with a token or the app's secret.
    Trigger,
    /// A simulator's own `new_data`.
    Relay,
}

/// A word for programs, one of a few.
type Word = &'static str;

/// How a lane is; counts are since the broker started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LaneHealth {
    /// Which.
    pub laptop_id: Lane,
    /// Camera connections that have sent for it and are open.
    pub connected: u32,
    /// Milliseconds since its last point; `None` when there was none.
    pub last_point_ms_ago: Option<u64>,
    /// Points a second, over the last seconds.
    pub rate_hz: f64,
    /// Points that came.
    pub received: u64,
    /// Points that were kept.
    pub stored: u64,
    /// Points that were refused.
    pub refused: u64,
    /// Points that were measured more than a second before they came.
    pub late: u64,
    /// Points that had come already.
    pub duplicates: u64,
    /// Points that came after later ones.
    pub out_of_order: u64,
    /// Points that their senders numbered and that never came.
    pub lost: u64,
    /// Whether the last point saw the marker at floor 3.
    pub is_a_detected: Option<bool>,
    /// Whether the last point saw the marker at floor 10.
    pub is_b_detected: Option<bool>,
    /// Why the last refused point was.
    #[serde(deserialize_with = "last_refusal")]
    pub last_refusal: Option<Word>,
    /// How the last point came in.
    pub path: Option<Path>,
}

/// Whether the database follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DatabaseHealth {
    /// It has all but the last moments.
    Ok,
    /// It works and is late.
    Behind,
    /// It does not work at the moment.
    Away,
}

/// How the store is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreHealth {
    /// Whether the database follows.
    pub database: DatabaseHealth,
    /// Changes that the database has not got yet.
    pub behind: u64,
    /// Bytes of the journal.
    pub journal_bytes: u64,
    /// Bytes that it may have.
    pub journal_limit_bytes: u64,
    /// Whether points are refused for want of room.
    pub full: bool,
}

impl Lanes {
    /// The same without what only the clock changes.
    pub(super) fn timeless(&self) -> Self {
        let mut same = Self { server_time_ms: 0, ..self.clone() };
        for lane in &mut same.lanes {
            lane.last_point_ms_ago = None;
        }
        same
    }
}

/// How all lanes and the store are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lanes {
    /// When, unix milliseconds.
    pub server_time_ms: i64,
    /// Lanes 1 to 8.
    pub lanes: Vec<LaneHealth>,
    /// The store.
    pub store: StoreHealth,
    /// The node that owns the contest, where several share it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Box<str>>,
}

/// The word for why a point was refused, as another node wrote it.
pub(super) fn reason(word: &str) -> &'static str {
    const WORDS: [&str; 6] = ["invalid", "key", "realtime_off", "too_late", "store_full", "busy"];
    WORDS.into_iter().find(|known| *known == word).unwrap_or("refused")
}

fn last_refusal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'static str>, D::Error> {
    let word = Option::<Cow<'_, str>>::deserialize(deserializer)?;
    Ok(word.map(|word| reason(&word)))
}

//! What a publisher did that the declarations do not allow.

use std::time::Duration;

use serde::Serialize;

/// An event that is refused; nothing of its request was published.
///
/// The text is for the person who wrote the publisher. Neither data nor tokens appear in it: `path`
/// and `reason` tell where data is wrong and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.text())]
pub struct Breach {
    /// Where it should have gone.
    pub channel: String,
    /// Its name.
    pub event: String,
    /// What it breaks.
    pub rule: Broken,
}

/// The kinds of what can be broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broken {
    /// Nothing declares the channel, and the app refuses such channels or the publisher has a token only.
    Undeclared {
        /// Whether the app refuses it for everybody.
        for_all: bool,
    },
    /// The channel's list of events does not have it.
    Event {
        /// The names in the list.
        declared: Vec<String>,
    },
    /// Nobody has proved who publishes.
    Unauthenticated {
        /// Who may, for people.
        allowed: String,
    },
    /// The publisher is another than those who may.
    Publish {
        /// Who may, for people.
        allowed: String,
    },
    /// Data with more bytes than the channel takes.
    Size {
        /// Bytes allowed.
        allowed: usize,
    },
    /// Data that the event's schema does not allow.
    Schema {
        /// Where in the data: a JSON pointer, empty for all of it.
        path: String,
        /// What would be right, without the value found.
        reason: String,
    },
    /// More events than the publisher may publish.
    Rate {
        /// How many, for people.
        allowed: String,
        /// When it may again.
        retry_after: Duration,
    },
}

/// A breach as the HTTP API answers it.
#[derive(Debug, Serialize)]
pub struct Report<'a> {
    /// The whole in a sentence.
    error: String,
    /// Number of the event in its batch, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<usize>,
    channel: &'a str,
    event: &'a str,
    /// `undeclared`, `events`, `publish`, `data_bytes`, `schema` or `rate`.
    rule: &'static str,
    /// Who or what would be allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed: Option<String>,
    /// JSON pointer into the data.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

impl Breach {
    /// The breach as a JSON object; `index` is the event's number in its batch.
    #[must_use]
    pub fn report(&self, index: Option<usize>) -> Report<'_> {
        let allowed = match &self.rule {
            Broken::Unauthenticated { allowed } | Broken::Publish { allowed } | Broken::Rate { allowed, .. } => {
                Some(allowed.clone())
            }
            Broken::Event { declared } => Some(declared.join(", ")),
            Broken::Size { allowed } => Some(allowed.to_string()),
            Broken::Undeclared { .. } | Broken::Schema { .. } => None,
        };
        let (path, reason) = if let Broken::Schema { path, reason } = &self.rule {
            (Some(path.as_str()), Some(reason.as_str()))
        } else {
            (None, None)
        };
        Report {
            error: self.text(),
            index,
            channel: &self.channel,
            event: &self.event,
            rule: self.rule.name(),
            allowed,
            path,
            reason,
        }
    }

    /// When the publisher may try again, where it was too fast.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        if let Broken::Rate { retry_after, .. } = &self.rule { Some(*retry_after) } else { None }
    }

    fn text(&self) -> String {
        let Self { channel, event, rule } = self;
        match rule {
            Broken::Undeclared { for_all: true } => format!("Nothing declares the channel {channel}"),
            Broken::Undeclared { for_all: false } => {
                format!("Nothing declares the channel {channel}, so no token may publish on it")
            }
            Broken::Event { declared } => {
                format!("{channel} takes no event {event}; its events are {}", declared.join(", "))
            }
            Broken::Unauthenticated { allowed } => {
                format!("Publishing {event} on {channel} needs a token or a signature; allowed: {allowed}")
            }
            Broken::Publish { allowed } => {
                format!("You may not publish {event} on {channel}; allowed: {allowed}")
            }
            Broken::Size { allowed } => format!("The data of {event} on {channel} exceeds {allowed} bytes"),
            Broken::Schema { path, reason } => {
                let place = if path.is_empty() { "the data" } else { path };
                format!("The data of {event} on {channel} breaks its schema at {place}: {reason}")
            }
            Broken::Rate { allowed, .. } => format!("Too many events {event} on {channel}: at most {allowed}"),
        }
    }
}

impl Broken {
    /// The name of the declaration's part, a closed set.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Undeclared { .. } => "undeclared",
            Self::Event { .. } => "events",
            Self::Unauthenticated { .. } | Self::Publish { .. } => "publish",
            Self::Size { .. } => "data_bytes",
            Self::Schema { .. } => "schema",
            Self::Rate { .. } => "rate",
        }
    }
}

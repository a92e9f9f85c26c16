//! The `info` parameter: which attributes of channels a request asks for.

use serde::Serialize;

use crate::error::Refusal;
use crate::hub::ChannelState;
use crate::protocol::ChannelKind;

/// Attributes asked for.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Info {
    pub(super) user_count: bool,
    pub(super) subscription_count: bool,
    pub(super) cache: bool,
}

impl Info {
    /// Reads a comma list.
    ///
    /// # Errors
    /// `BadRequest` for an attribute that there is not.
    pub(super) fn parse(list: &str) -> Result<Self, Refusal> {
        let mut info = Self::default();
        for attribute in list.split(',').map(str::trim).filter(|attribute| !attribute.is_empty()) {
            match attribute {
                "user_count" => info.user_count = true,
                "subscription_count" => info.subscription_count = true,
                "cache" => info.cache = true,
                unknown => return Err(unknown_attribute(unknown)),
            }
        }
        Ok(info)
    }

    /// As `parse`, for publishing, where the cache cannot be asked for.
    pub(super) fn parse_for_publishing(list: &str) -> Result<Self, Refusal> {
        let info = Self::parse(list)?;
        if info.cache { Err(unknown_attribute("cache")) } else { Ok(info) }
    }

    pub(super) fn is_empty(self) -> bool {
        self == Self::default()
    }

    /// The counts asked for, as far as the channel's kind has them.
    pub(super) fn counts(self, kind: ChannelKind, state: &ChannelState) -> Counts {
        Counts {
            user_count: (self.user_count && kind.is_presence()).then_some(state.members),
            subscription_count: self.subscription_count.then_some(state.subscriptions),
        }
    }
}

fn unknown_attribute(name: &str) -> Refusal {
    Refusal::BadRequest(format!(
        "Unknown info attribute: {name}; there are user_count, subscription_count and, for one channel, cache"
    ))
}

/// Counts of one channel; what was not asked for is left out.
#[derive(Debug, Serialize)]
pub(super) struct Counts {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user_count: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) subscription_count: Option<usize>,
}

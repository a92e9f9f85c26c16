//! May this connection send this event?

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::protocol::{ChannelName, EventData, EventName, InvalidEvent};

use super::app::App;
use super::error::Error;

/// A client event whose name is in bounds and whose channel takes such events.
#[derive(Debug)]
pub struct ClientEvent<'a> {
    /// Its name.
    pub name: EventName<'a>,
    data: &'a RawValue,
}

impl<'a> ClientEvent<'a> {
    /// Checks rules 2 to 4 of the protocol reference's section 2.13: switch, name, channel.
    ///
    /// # Errors
    /// The first rule that forbids it.
    pub fn check(app: &App, name: Cow<'a, str>, channel: &str, data: &'a RawValue) -> Result<Self, Error> {
        if !app.config.client_events {
            return Err(Error::ClientEventsOff);
        }
        let name = EventName::from_client(name, app.config.limits.event_name)?;
        let kind = ChannelName::parse(channel, app.config.limits.channel_name).map(|channel| channel.kind())?;
        if !kind.takes_client_events() {
            return Err(Error::ClientEventChannel { channel: channel.to_owned() });
        }
        Ok(Self { name, data })
    }

    /// Rule 6: the data, if it is in bounds.
    ///
    /// # Errors
    /// When it is too long or not Unicode.
    pub fn data(&self, app: &App) -> Result<EventData<'a>, InvalidEvent> {
        EventData::from_client(self.data, app.config.limits.event_data_bytes)
    }
}

//! What a client may send, and the parser for it.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::object::object;

/// A message from a client, parsed; its meaning is not checked yet.
#[derive(Debug)]
pub enum ClientMessage<'a> {
    /// `pusher:ping`, with any `data`.
    Ping,
    /// `pusher:pong`, with any `data`.
    Pong,
    /// `pusher:subscribe`.
    Subscribe(Subscribe<'a>),
    /// `pusher:unsubscribe`, with the channel's name.
    Unsubscribe(Cow<'a, str>),
    /// `pusher:signin`.
    SignIn(SignIn<'a>),
    /// `client-…`, with its name, channel and data.
    ClientEvent {
        /// The event's name, starting with `client-`.
        name: Cow<'a, str>,
        /// The channel's name.
        channel: Cow<'a, str>,
        /// Any JSON value.
        data: &'a RawValue,
    },
}

/// The data of `pusher:subscribe`.
#[derive(Debug, PartialEq, Eq)]
pub struct Subscribe<'a> {
    /// The channel's name.
    pub channel: Cow<'a, str>,
    /// `KEY:SIGNATURE`; what is not a string is kept as its JSON text.
    pub auth: Option<Cow<'a, str>>,
    /// JSON text that the signature covers.
    pub channel_data: Option<Cow<'a, str>>,
}

/// The data of `pusher:signin`.
#[derive(Debug, PartialEq, Eq)]
pub struct SignIn<'a> {
    /// `KEY:SIGNATURE`.
    pub auth: Cow<'a, str>,
    /// JSON text that the signature covers.
    pub user_data: Cow<'a, str>,
}

/// Why a message has no meaning; the text is what the live service answers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Not a JSON object with a string `event`.
    #[error("Invalid message format")]
    Message,
    /// An event that no client sends.
    #[error("Unsupported event received on socket: {0}")]
    Unsupported(String),
    /// `data` of a `pusher:` event is neither an object nor a string that contains one.
    #[error("Expected parameter data to be a hash")]
    Data,
    /// A field is absent or not a string.
    #[error("Missing parameter: data.{0}")]
    Field(&'static str),
    /// `channel_data` of this channel's subscription is not a string.
    #[error("Invalid channel_data: it must be a string containing JSON")]
    ChannelData(String),
    /// A client event without a string `channel` or without `data`.
    #[error("Invalid client event (must contain channel and data)")]
    ClientEvent,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    event: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "present")]
    channel: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    data: Option<&'a RawValue>,
}

/// Keeps `null` apart from absence.
fn present<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'a RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

impl<'a> ClientMessage<'a> {
    /// Parses the text of one WebSocket message.
    ///
    /// # Errors
    /// What makes it meaningless; the connection goes on.
    ///
    /// Source: protocol reference, sections 2.0 and 2.4.
    pub fn parse(text: &'a str) -> Result<Self, Malformed> {
        let envelope: Envelope<'a> = object(text).map_err(|_| Malformed::Message)?;
        match &*envelope.event {
            "pusher:ping" => Ok(Self::Ping),
            "pusher:pong" => Ok(Self::Pong),
            "pusher:subscribe" => data(envelope.data, Subscribe::read).map(Self::Subscribe),
            "pusher:unsubscribe" => {
                data(envelope.data, |fields| string(fields.channel, "channel").map(|c| c.into_owned().into()))
                    .map(Self::Unsubscribe)
            }
            "pusher:signin" => data(envelope.data, SignIn::read).map(Self::SignIn),
            name if name.starts_with("client-") => {
                let channel = envelope.channel.and_then(|raw| serde_json::from_str::<Cow<'a, str>>(raw.get()).ok());
                match (channel, envelope.data) {
                    (Some(channel), Some(data)) => Ok(Self::ClientEvent { name: envelope.event, channel, data }),
                    _ => Err(Malformed::ClientEvent),
                }
            }
            name => Err(Malformed::Unsupported(name.to_owned())),
        }
    }
}

/// The fields that the data of any `pusher:` event may have.
#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow)]
    channel: Option<&'a RawValue>,
    #[serde(borrow)]
    auth: Option<&'a RawValue>,
    #[serde(borrow)]
    channel_data: Option<&'a RawValue>,
    #[serde(borrow)]
    user_data: Option<&'a RawValue>,
}

/// Reads `data`, an object or a string that contains one, and takes what `read` wants of it.
fn data<'a, T>(
    raw: Option<&'a RawValue>,
    read: impl FnOnce(&Fields<'_>) -> Result<T, Malformed>,
) -> Result<T, Malformed> {
    let text = raw.map_or("", RawValue::get);
    let nested: Cow<'a, str> = if text.starts_with('"') {
        serde_json::from_str::<Cow<'a, str>>(text).map_err(|_| Malformed::Data)?
    } else {
        Cow::Borrowed(text)
    };
    read(&object(&nested).map_err(|_| Malformed::Data)?)
}

fn string<'f>(field: Option<&'f RawValue>, name: &'static str) -> Result<Cow<'f, str>, Malformed> {
    field.and_then(|raw| serde_json::from_str(raw.get()).ok()).ok_or(Malformed::Field(name))
}

/// A string's content; another value's JSON text, which no signature will match.
fn lenient(field: Option<&RawValue>) -> Option<Cow<'static, str>> {
    let raw = field?.get();
    let text = serde_json::from_str::<Cow<'_, str>>(raw).unwrap_or(Cow::Borrowed(raw));
    Some(text.into_owned().into())
}

impl<'a> Subscribe<'a> {
    fn read(fields: &Fields<'_>) -> Result<Self, Malformed> {
        let channel = string(fields.channel, "channel")?.into_owned();
        let channel_data = match fields.channel_data {
            Some(raw) => match serde_json::from_str::<String>(raw.get()) {
                Ok(text) => Some(text.into()),
                Err(_) => return Err(Malformed::ChannelData(channel)),
            },
            None => None,
        };
        Ok(Self { channel: channel.into(), auth: lenient(fields.auth), channel_data })
    }
}

impl<'a> SignIn<'a> {
    fn read(fields: &Fields<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            auth: string(fields.auth, "auth")?.into_owned().into(),
            user_data: string(fields.user_data, "user_data")?.into_owned().into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> Malformed {
        ClientMessage::parse(text).unwrap_err()
    }

    /// C-028, C-029.
    #[test]
    fn only_objects_with_an_event_are_messages() {
        for odd in
            ["", "x", "[]", "5", "\"a\"", "null", "{}", r#"{"event":5}"#, r#"{"event":null}"#, "{\"event\":\"a\""]
        {
            assert_eq!(error(odd), Malformed::Message, "{odd}");
        }
        assert_eq!(error(r#"["pusher:ping",null,null]"#), Malformed::Message);
    }

    /// C-030, C-051, C-070.
    #[test]
    fn data_is_an_object_or_a_string_with_one() {
        for text in [
            r#"{"event":"pusher:subscribe","data":{"channel":"chat"}}"#,
            r#"{"event":"pusher:subscribe","data":"{\"channel\":\"chat\"}"}"#,
        ] {
            let ClientMessage::Subscribe(subscribe) = ClientMessage::parse(text).unwrap() else { panic!("{text}") };
            assert_eq!(subscribe, Subscribe { channel: "chat".into(), auth: None, channel_data: None });
        }
        assert_eq!(error(r#"{"event":"pusher:subscribe"}"#), Malformed::Data);
        assert_eq!(error(r#"{"event":"pusher:subscribe","data":5}"#), Malformed::Data);
        assert_eq!(error(r#"{"event":"pusher:subscribe","data":["chat"]}"#), Malformed::Data);
        assert_eq!(error(r#"{"event":"pusher:subscribe","data":{}}"#), Malformed::Field("channel"));
        assert_eq!(error(r#"{"event":"pusher:subscribe","data":{"channel":5}}"#), Malformed::Field("channel"));
    }

    /// C-129, C-130.
    #[test]
    fn a_client_event_needs_channel_and_data_and_null_is_data() {
        assert!(ClientMessage::parse(r#"{"event":"client-x","channel":"private-a","data":null}"#).is_ok());
        assert_eq!(error(r#"{"event":"client-x","channel":"private-a"}"#), Malformed::ClientEvent);
        assert_eq!(error(r#"{"event":"client-x","channel":5,"data":1}"#), Malformed::ClientEvent);
        assert_eq!(error(r#"{"event":"client-x","data":1}"#), Malformed::ClientEvent);
    }

    /// C-049, C-050, C-080.
    #[test]
    fn unknown_events_are_named_in_the_answer() {
        assert_eq!(error(r#"{"event":"foo"}"#).to_string(), "Unsupported event received on socket: foo");
        assert_eq!(error(r#"{"event":"pusher:foo"}"#).to_string(), "Unsupported event received on socket: pusher:foo");
        let text = r#"{"event":"pusher:subscribe","data":{"channel":"a","channel_data":null}}"#;
        let ClientMessage::Subscribe(subscribe) = ClientMessage::parse(text).unwrap() else { panic!() };
        assert_eq!(subscribe.channel_data, None);
    }
}

//! Events as publishers send them: JSON bodies to checked publications.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::Refusal;
use crate::hub::{ChannelKey, Publication};
use crate::protocol::{ChannelName, EventData, EventName, NotAnObject, SocketId, object};
use crate::rules::{self, App, Draft, Publisher};

use super::info::Info;

/// Characters that an event's id may have.
const EVENT_ID_CHARACTERS: usize = 128;

/// The fields of an event, unchecked.
#[derive(Debug, Default, Clone, Copy, Deserialize)]
pub struct Fields<'a> {
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    channels: Option<&'a RawValue>,
    #[serde(borrow)]
    channel: Option<&'a RawValue>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    socket_id: Option<&'a RawValue>,
    #[serde(borrow)]
    info: Option<&'a RawValue>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
}

/// An event that may be published, on all of its channels.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) publications: Vec<Publication>,
    /// The channels that the request asks about, each once.
    pub(super) counted: Vec<ChannelKey>,
    pub(super) info: Info,
}

impl<'a> Fields<'a> {
    /// Reads a body's JSON object.
    ///
    /// # Errors
    /// `BadRequest` when it is something else.
    pub fn parse(body: &'a str) -> Result<Self, Refusal> {
        read(body)
    }

    /// The event's name.
    ///
    /// # Errors
    /// When it is missing or no string.
    pub(super) fn event_name(&self) -> Result<Cow<'a, str>, Refusal> {
        string(self.name, "name")
    }

    /// The event's data.
    ///
    /// # Errors
    /// When it is missing or no string.
    pub(super) fn data_text(&self) -> Result<Cow<'a, str>, Refusal> {
        string(self.data, "data")
    }

    /// Takes from `other` what is missing here.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            name: self.name.or(other.name),
            channels: self.channels.or(other.channels),
            channel: self.channel.or(other.channel),
            data: self.data.or(other.data),
            socket_id: self.socket_id.or(other.socket_id),
            info: self.info.or(other.info),
            id: self.id.or(other.id),
        }
    }

    /// Checks an event for one or many channels; of `channels` and `channel` the first wins.
    ///
    /// # Errors
    /// The first field that is missing or out of bounds.
    pub(super) fn check(&self, app: &App, publisher: Publisher<'_>) -> Result<Checked, Refusal> {
        self.check_on(app, publisher, self.channel_names(app)?)
    }

    /// Checks an event of a batch, which has exactly one channel.
    ///
    /// # Errors
    /// The first field that is missing or out of bounds.
    pub(super) fn check_one(&self, app: &App, publisher: Publisher<'_>) -> Result<Checked, Refusal> {
        let name = string(self.channel, "channel")?;
        self.check_on(app, publisher, vec![name])
    }

    fn check_on(&self, app: &App, publisher: Publisher<'_>, names: Vec<Cow<'a, str>>) -> Result<Checked, Refusal> {
        let limits = &app.config.limits;
        let name =
            EventName::from_publisher(string(self.name, "name")?, limits.event_name).map_err(Refusal::BadEvent)?;
        let data = self.data.ok_or_else(|| missing("data"))?;
        let data = EventData::from_publisher(data, limits.event_data_bytes).map_err(Refusal::BadEvent)?;
        let except = self.socket_id.map(socket_id).transpose()?;
        let info = match self.info {
            Some(raw) => Info::parse_for_publishing(&string(Some(raw), "info")?)?,
            None => Info::default(),
        };
        let mut channels: Vec<ChannelName> = Vec::with_capacity(names.len());
        for name in names {
            let channel = ChannelName::parse(&name, limits.channel_name).map_err(Refusal::BadChannel)?;
            if !channels.contains(&channel) {
                channels.push(channel);
            }
        }
        let id = self.id.map(event_id).transpose()?;
        let draft = Draft { name, data, except, sender: None, id: id.as_deref() };
        // Only who asks about channels has them counted.
        let counted = if info.is_empty() { &[][..] } else { &channels };
        let counted = counted.iter().cloned().map(|channel| app.channel(channel)).collect();
        let publications = rules::publish(app, publisher, &draft, channels)
            .map_err(|breach| Refusal::Breach { breach, index: None })?;
        Ok(Checked { publications, counted, info })
    }

    fn channel_names(&self, app: &App) -> Result<Vec<Cow<'a, str>>, Refusal> {
        let Some(list) = self.channels else {
            return Ok(vec![string(self.channel, "channel")?]);
        };
        let names: Vec<Cow<'a, str>> = strings(list)?;
        let allowed = app.config.limits.channels_per_event;
        match names.len() {
            0 => Err(missing("channel")),
            found if found > allowed => Err(Refusal::BadRequest(format!("Too many channels ({found} > {allowed})"))),
            _ => Ok(names),
        }
    }
}

/// The body of `batch_events`.
#[derive(Debug, Deserialize)]
pub struct Batch<'a> {
    #[serde(borrow)]
    batch: Option<&'a RawValue>,
}

impl<'a> Batch<'a> {
    /// Reads a body and the events in it, at least one and at most `allowed`.
    ///
    /// # Errors
    /// `BadRequest` when it has another shape or another number of events.
    pub fn parse(body: &'a str, allowed: usize) -> Result<Vec<Fields<'a>>, Refusal> {
        let batch: Self = read(body)?;
        let batch = batch.batch.ok_or_else(|| missing("batch"))?;
        let events: Vec<&'a RawValue> =
            serde_json::from_str(batch.get()).map_err(|_| expected("batch", "a list of events"))?;
        match events.len() {
            0 => Err(Refusal::BadRequest("Expected batch parameter to hold at least one event".to_owned())),
            found if found > allowed => Err(Refusal::BadRequest(format!("Batch too large ({found} > {allowed})"))),
            _ => events.into_iter().map(|event| read(event.get())).collect(),
        }
    }
}

fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Refusal> {
    object(text).map_err(|error| {
        Refusal::BadRequest(match error {
            NotAnObject::Otherwise => "Expected the request body to be a JSON object".to_owned(),
            NotAnObject::Broken(error) => format!(
                "The request body is not valid JSON or names a parameter twice, at line {} column {}",
                error.line(),
                error.column()
            ),
        })
    })
}

fn string<'a>(field: Option<&'a RawValue>, name: &str) -> Result<Cow<'a, str>, Refusal> {
    let raw = field.ok_or_else(|| missing(name))?.get();
    // serde keeps what has no escapes borrowed only for `&str`.
    serde_json::from_str::<&'a str>(raw)
        .map(Cow::Borrowed)
        .or_else(|_| serde_json::from_str::<String>(raw).map(Cow::Owned))
        .map_err(|_| expected(name, "a string"))
}

fn strings<'a>(list: &'a RawValue) -> Result<Vec<Cow<'a, str>>, Refusal> {
    let items: Vec<&'a RawValue> =
        serde_json::from_str(list.get()).map_err(|_| expected("channels", "a list of strings"))?;
    items.into_iter().map(|item| string(Some(item), "channels")).collect()
}

fn socket_id(raw: &RawValue) -> Result<SocketId, Refusal> {
    SocketId::parse(&string(Some(raw), "socket_id")?).ok_or_else(|| {
        Refusal::BadRequest("Invalid socket_id: it consists of two decimal numbers with a dot between".to_owned())
    })
}

/// What a retry has the same of.
fn event_id(raw: &RawValue) -> Result<Cow<'_, str>, Refusal> {
    let id = string(Some(raw), "id")?;
    match id.chars().count() {
        1..=EVENT_ID_CHARACTERS => Ok(id),
        found => Err(Refusal::BadRequest(format!(
            "Invalid id: it has {found} characters, 1 to {EVENT_ID_CHARACTERS} are allowed"
        ))),
    }
}

fn missing(name: &str) -> Refusal {
    Refusal::BadRequest(format!("Missing required parameter: {name}"))
}

fn expected(name: &str, what: &str) -> Refusal {
    Refusal::BadRequest(format!("Expected {name} parameter to be {what}"))
}

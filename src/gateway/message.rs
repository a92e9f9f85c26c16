//! What raw clients say: one JSON object in each text frame. Pure.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::measurement::{Category, Frequency, Lane};

/// Items that one `new_data` may hold.
const ITEMS: usize = 256;

/// Characters of what was found that an error repeats.
const SHOWN: usize = 40;

/// Characters of what the JSON library says.
const REASON: usize = 160;

/// What a raw client said.
///
/// Source: domain reference, A6.1.
#[derive(Debug, Clone)]
pub enum Message {
    /// A camera's point; its fields are not looked at yet.
    Camera(Map<String, Value>),
    /// A simulator's own points, each an object.
    Points(Vec<Map<String, Value>>),
    /// A simulator's own run begins.
    SessionStarted {
        /// Whose models shake.
        category: Category,
        /// How fast.
        frequency: Frequency,
    },
    /// A simulator's own run ends.
    SessionStopped,
    /// Something for all others, as it is.
    Broadcast {
        /// Its `type`.
        kind: Option<String>,
        /// It itself, byte for byte.
        inner: Box<RawValue>,
    },
    /// The judge has chosen a category.
    Category(Category),
    /// Pages shall stand still, or go on.
    Freeze(bool),
    /// Everything shall be cleared.
    Clear,
    /// All teams with their points.
    All,
    /// A lane's newest rows, of this category or of the one that is selected.
    Team(Lane, Option<Category>),
    /// A sign of life.
    Ping,
}

/// Why a text is no message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// No JSON.
    #[error("the frame is no JSON object: {reason}")]
    Json {
        /// Where and why.
        reason: String,
    },
    /// JSON has no such numbers; Python writes them all the same.
    #[error("NaN and Infinity are no JSON: send finite numbers only")]
    NotFinite,
    /// It says not what it is.
    #[error("the object has neither a \"type\" nor an \"action\"")]
    Nameless,
    /// Nothing that is known.
    #[error("{found} is no type or action that is known here")]
    Unknown {
        /// What was there, shortened.
        found: String,
    },
    /// A field is missing or wrong.
    #[error("{field} must be {wanted}")]
    Field {
        /// Which.
        field: &'static str,
        /// What it must be.
        wanted: &'static str,
    },
}

impl Message {
    /// Reads one text frame.
    ///
    /// # Errors
    /// What is wrong with it, in words for whoever sent it.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let fields: Map<String, Value> = serde_json::from_str(text).map_err(|error| no_json(text, &error))?;
        match (fields.get("type"), fields.get("action")) {
            (Some(Value::String(kind)), _) => match kind.as_str() {
                "camera_data" => Ok(Self::Camera(fields)),
                "new_data" => points(fields).map(Self::Points),
                "session_started" => Ok(Self::SessionStarted {
                    category: category(&fields)?.unwrap_or_default(),
                    frequency: frequency(&fields)?,
                }),
                "session_stopped" => Ok(Self::SessionStopped),
                "broadcast" => broadcast(text),
                "category_change" => category(&fields)?.map(Self::Category).ok_or(CATEGORY),
                "freeze_data" => flag(&fields, "frozen").map(Self::Freeze),
                "clear_data" => Ok(Self::Clear),
                other => Err(unknown(other)),
            },
            (None, Some(Value::String(action))) => match action.as_str() {
                "get_all" => Ok(Self::All),
                "get_team" => Ok(Self::Team(lane(&fields)?, category(&fields)?)),
                "ping" => Ok(Self::Ping),
                other => Err(unknown(other)),
            },
            (None, None) => Err(Malformed::Nameless),
            (Some(other), _) | (None, Some(other)) => Err(unknown(&other.to_string())),
        }
    }

    /// A word for metrics: one of a closed set.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Camera(_) => Kind::Camera,
            Self::Points(_) | Self::SessionStarted { .. } | Self::SessionStopped => Kind::Relay,
            Self::Broadcast { .. } => Kind::Broadcast,
            Self::Category(_) | Self::Freeze(_) | Self::Clear => Kind::Control,
            Self::All | Self::Team(..) => Kind::Question,
            Self::Ping => Kind::Ping,
        }
    }
}

/// What sort of message it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A camera's point.
    Camera,
    /// A simulator's own points and runs.
    Relay,
    /// For all others, as it is.
    Broadcast,
    /// A judge's wish.
    Control,
    /// About what there is.
    Question,
    /// A sign of life.
    Ping,
    /// No message.
    Malformed,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Camera, Self::Relay, Self::Broadcast, Self::Control, Self::Question, Self::Ping, Self::Malformed];

    /// As it stands in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Camera => "camera",
            Self::Relay => "relay",
            Self::Broadcast => "broadcast",
            Self::Control => "control",
            Self::Question => "question",
            Self::Ping => "ping",
            Self::Malformed => "malformed",
        }
    }
}

const CATEGORY: Malformed = Malformed::Field { field: "category", wanted: "\"baja\" or \"beton\"" };

fn no_json(text: &str, error: &serde_json::Error) -> Malformed {
    // Outside of JSON anyway, so it does not matter that they may stand in a string.
    let is_not_finite = ["NaN", "Infinity"].iter().any(|word| text.contains(word));
    if is_not_finite {
        return Malformed::NotFinite;
    }
    // It repeats what it found, whatever its length.
    Malformed::Json { reason: error.to_string().chars().take(REASON).collect() }
}

fn unknown(found: &str) -> Malformed {
    Malformed::Unknown { found: format!("{:?}", found.chars().take(SHOWN).collect::<String>()) }
}

fn points(mut fields: Map<String, Value>) -> Result<Vec<Map<String, Value>>, Malformed> {
    const DATA: Malformed = Malformed::Field { field: "data", wanted: "a list of 1 to 256 objects" };
    let Some(Value::Array(items)) = fields.remove("data") else { return Err(DATA) };
    if items.is_empty() || items.len() > ITEMS {
        return Err(DATA);
    }
    let object = |item| if let Value::Object(fields) = item { Ok(fields) } else { Err(DATA) };
    items.into_iter().map(object).collect()
}

fn broadcast(text: &str) -> Result<Message, Malformed> {
    #[derive(Deserialize)]
    struct Broadcast {
        message: Box<RawValue>,
    }
    const INNER: Malformed = Malformed::Field { field: "message", wanted: "an object" };
    let inner = serde_json::from_str::<Broadcast>(text).map_err(|_| INNER)?.message;
    let fields: Map<String, Value> = serde_json::from_str(inner.get()).map_err(|_| INNER)?;
    let kind = fields.get("type").and_then(Value::as_str).map(str::to_owned);
    Ok(Message::Broadcast { kind, inner })
}

fn category(fields: &Map<String, Value>) -> Result<Option<Category>, Malformed> {
    let Some(value) = fields.get("category").filter(|value| !value.is_null()) else { return Ok(None) };
    value.as_str().and_then(|text| text.parse().ok()).map(Some).ok_or(CATEGORY)
}

fn frequency(fields: &Map<String, Value>) -> Result<Frequency, Malformed> {
    const FREQUENCY: Malformed = Malformed::Field { field: "frequency", wanted: "1.5, 2.5, 3.5, 4.5 or 5.5" };
    let hertz = fields.get("frequency").and_then(Value::as_f64).ok_or(FREQUENCY)?;
    Frequency::of(hertz).map_err(|_| FREQUENCY)
}

fn flag(fields: &Map<String, Value>, field: &'static str) -> Result<bool, Malformed> {
    fields.get(field).and_then(Value::as_bool).ok_or(Malformed::Field { field, wanted: "true or false" })
}

fn lane(fields: &Map<String, Value>) -> Result<Lane, Malformed> {
    let number = fields.get("laptop_id").and_then(Value::as_u64).and_then(|number| u8::try_from(number).ok());
    let lane = number.and_then(|number| Lane::try_from(number).ok());
    lane.ok_or(Malformed::Field { field: "laptop_id", wanted: "a whole number from 1 to 8" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        Message::parse(text).expect_err(text).to_string()
    }

    #[test]
    fn every_message_of_the_old_protocol_is_read() {
        let all = [
            (r#"{"type":"camera_data","laptop_id":1}"#, Kind::Camera),
            (r#"{"type":"new_data","data":[{"laptop_id":1}]}"#, Kind::Relay),
            (r#"{"type":"session_started","session_id":9,"category":"beton","frequency":2.5}"#, Kind::Relay),
            (r#"{"type":"session_stopped","session_id":9}"#, Kind::Relay),
            (r#"{"type":"broadcast","message":{"type":"x"}}"#, Kind::Broadcast),
            (r#"{"type":"category_change","category":"beton"}"#, Kind::Control),
            (r#"{"type":"freeze_data","frozen":true}"#, Kind::Control),
            (r#"{"type":"clear_data","message":"All data cleared by admin"}"#, Kind::Control),
            (r#"{"action":"get_all"}"#, Kind::Question),
            (r#"{"action":"get_team","laptop_id":1}"#, Kind::Question),
            (r#"{"action":"ping"}"#, Kind::Ping),
        ];
        for (text, kind) in all {
            assert_eq!(Message::parse(text).map(|message| message.kind()), Ok(kind), "{text}");
        }
    }

    #[test]
    fn what_is_broadcast_stays_as_it_is() {
        let Ok(Message::Broadcast { kind, inner }) =
            Message::parse(r#"{"type":"broadcast","message":{ "type":"note", "n":5.0, "o":{} }}"#)
        else {
            panic!("a broadcast")
        };
        assert_eq!((kind.as_deref(), inner.get()), (Some("note"), r#"{ "type":"note", "n":5.0, "o":{} }"#));
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert!(error("{").starts_with("the frame is no JSON object: EOF"));
        assert!(error("[1]").starts_with("the frame is no JSON object: invalid type"));
        assert!(error(&format!("{:?}", "x".repeat(60_000))).len() < 300, "errors are short");
        assert_eq!(error(r#"{"type":"camera_data","dista":NaN}"#), Malformed::NotFinite.to_string());
        assert_eq!(error("{}"), "the object has neither a \"type\" nor an \"action\"");
        assert_eq!(error(r#"{"type":"subscribe"}"#), "\"subscribe\" is no type or action that is known here");
        assert_eq!(error(r#"{"type":7}"#), "\"7\" is no type or action that is known here");
        assert_eq!(error(r#"{"type":"new_data","data":{}}"#), "data must be a list of 1 to 256 objects");
        assert_eq!(error(r#"{"type":"new_data","data":[1]}"#), "data must be a list of 1 to 256 objects");
        assert_eq!(error(r#"{"type":"broadcast","message":1}"#), "message must be an object");
        assert_eq!(error(r#"{"type":"category_change","category":"kayu"}"#), "category must be \"baja\" or \"beton\"");
        assert_eq!(error(r#"{"type":"freeze_data","frozen":"yes"}"#), "frozen must be true or false");
        assert_eq!(
            error(r#"{"type":"session_started","frequency":"1.5"}"#),
            "frequency must be 1.5, 2.5, 3.5, 4.5 or 5.5"
        );
        assert_eq!(error(r#"{"action":"get_team","laptop_id":"1"}"#), "laptop_id must be a whole number from 1 to 8");
    }
}

//! `receive_camera_data.php`: a camera's point by HTTP.

use std::fmt;

use actix_web::HttpResponse;
use actix_web::http::{Method, StatusCode};
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::contest::{Accepted, Mode, NotTaken, Origin, Path};
use crate::measurement::{Category, Frequency, Lane, Reading, RunId, State, local_ms};

use super::super::point::{self, Refused};
use super::{Call, No, Outcome, Wrong, object};

const REQUIRED: [&str; 3] = ["laptop_id", "dista", "distb"];

#[derive(Serialize)]
struct Missing {
    error: &'static str,
    required: [&'static str; 3],
    received: Vec<String>,
}

/// The keys of an object, in the order in which they came.
#[derive(Default)]
struct Keys(Vec<String>);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(KeysVisitor)
    }
}

struct KeysVisitor;

impl<'de> Visitor<'de> for KeysVisitor {
    type Value = Keys;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
        let mut keys = Vec::new();
        while let Some((key, IgnoredAny)) = map.next_entry()? {
            keys.push(key);
        }
        Ok(Keys(keys))
    }
}

#[derive(Serialize)]
struct Closed {
    success: bool,
    message: &'static str,
    realtime_enabled: bool,
    laptop_id: Lane,
}

#[derive(Serialize)]
struct Stored {
    success: bool,
    message: &'static str,
    mode: Mode,
    realtime_enabled: bool,
    saved_to_database: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    duplicate: bool,
    data: Data,
}

#[derive(Serialize)]
struct Data {
    laptop_id: Lane,
    dista: f64,
    distb: f64,
    is_a_detected: bool,
    is_b_detected: bool,
    category: Category,
    nama_tim: Box<str>,
    frequency: Option<Frequency>,
    session_id: Option<RunId>,
    relative_time: Option<u32>,
    timestamp: String,
}

#[derive(Serialize)]
struct Unsaved {
    error: &'static str,
    db_error: String,
    debug: Debug,
}

#[derive(Serialize)]
struct Debug {
    relative_time: Option<u32>,
    session_id: Option<RunId>,
}

#[derive(Serialize)]
struct Unavailable {
    error: &'static str,
    message: String,
}

#[derive(Serialize)]
struct Reason {
    error: String,
    reason: &'static str,
}

pub(super) async fn receive(call: &mut Call) -> Outcome {
    call.only(&Method::POST, &Wrong { error: "Method not allowed. Use POST." })?;
    let body = call.body().await?;
    let fields: Map<String, Value> = serde_json::from_slice(&body).unwrap_or_default();
    let is_missing = |field: &&'static str| fields.get(*field).is_none_or(Value::is_null);
    if REQUIRED.iter().any(is_missing) {
        let Keys(received) = serde_json::from_slice(&body).unwrap_or_default();
        let missing = Missing { error: "Missing required fields", required: REQUIRED, received };
        return Ok(object(StatusCode::BAD_REQUEST, &missing));
    }
    let origin = Origin { path: Path::Http, client: None };
    let taken = point::take(&call.shared, &call.peer, &fields, origin).await;
    match taken {
        Ok(accepted) => stored(call, &fields, accepted).await,
        Err(refused) => Ok(said_no(call, &fields, refused).await),
    }
}

async fn stored(call: &Call, fields: &Map<String, Value>, accepted: Accepted) -> Outcome {
    let data = match &accepted.point {
        Some(point) => Data {
            laptop_id: point.lane,
            dista: point.dista,
            distb: point.distb,
            is_a_detected: point.is_a_detected,
            is_b_detected: point.is_b_detected,
            category: point.category,
            nama_tim: accepted.nama_tim.clone(),
            frequency: point.frequency,
            session_id: point.run,
            relative_time: point.relative_ms.map(|ms| ms / 1000),
            timestamp: microseconds(point.at_ms),
        },
        None => repeated(call, fields, &accepted).await?,
    };
    Ok(object(
        StatusCode::OK,
        &Stored {
            success: true,
            message: "Data received and stored",
            mode: accepted.mode,
            realtime_enabled: true,
            saved_to_database: true,
            duplicate: accepted.is_duplicate,
            data,
        },
    ))
}

/// What came before comes back as it was sent; where it went then is not looked up.
async fn repeated(call: &Call, fields: &Map<String, Value>, accepted: &Accepted) -> Result<Data, No> {
    let reading = Reading::parse(fields).map_err(|error| invalid(error.to_string()))?;
    let state = call.contest().state().await.map_err(|error| unavailable(error.to_string()))?;
    Ok(Data {
        laptop_id: reading.lane,
        dista: reading.dista,
        distb: reading.distb,
        is_a_detected: reading.is_a_detected,
        is_b_detected: reading.is_b_detected,
        category: state.category,
        nama_tim: accepted.nama_tim.clone(),
        frequency: None,
        session_id: None,
        relative_time: None,
        timestamp: microseconds(call.contest().now().unix_ms),
    })
}

async fn said_no(call: &Call, fields: &Map<String, Value>, refused: Refused) -> HttpResponse {
    let error = refused.to_string();
    let not_taken = match refused {
        Refused::Key(_) => return object(StatusCode::FORBIDDEN, &Reason { error, reason: "key" }),
        Refused::NotTaken(not_taken) => not_taken,
    };
    let reason = not_taken.reason();
    match not_taken {
        NotTaken::RealtimeOff => valve_closed(fields),
        NotTaken::Invalid(_) if !is_lane(fields) => {
            object(StatusCode::BAD_REQUEST, &Wrong { error: "Invalid laptop_id. Must be 1-8." })
        }
        NotTaken::Invalid(_) => invalid(error),
        NotTaken::TooLate => object(StatusCode::CONFLICT, &Reason { error, reason }),
        NotTaken::StoreFull => {
            let debug = debug(call.contest().state().await.ok().as_deref(), call);
            let unsaved = Unsaved { error: "Failed to insert data", db_error: error, debug };
            object(StatusCode::INTERNAL_SERVER_ERROR, &unsaved)
        }
        NotTaken::Busy => unavailable(error),
    }
}

/// With status 200, so that cameras do not try again.
fn valve_closed(fields: &Map<String, Value>) -> HttpResponse {
    let Ok(Reading { lane, .. }) = Reading::parse(fields) else {
        return invalid("laptop_id is no lane".to_owned());
    };
    let message = "Data rejected - Realtime saving is disabled by admin";
    object(StatusCode::OK, &Closed { success: false, message, realtime_enabled: false, laptop_id: lane })
}

fn is_lane(fields: &Map<String, Value>) -> bool {
    let alone = ["laptop_id", "dista", "distb"].map(|field| {
        let value = if field == "laptop_id" { fields.get(field).cloned().unwrap_or_default() } else { Value::from(0) };
        (field.to_owned(), value)
    });
    Reading::parse(&Map::from_iter(alone)).is_ok()
}

fn invalid(error: String) -> HttpResponse {
    object(StatusCode::BAD_REQUEST, &Reason { error, reason: "invalid" })
}

fn unavailable(message: String) -> HttpResponse {
    object(StatusCode::INTERNAL_SERVER_ERROR, &Unavailable { error: "Database connection failed", message })
}

fn debug(state: Option<&State>, call: &Call) -> Debug {
    let run = state.and_then(State::running);
    let now = call.contest().now();
    let elapsed = run.map(|run| run.elapsed_ms(&now.tick, now.unix_ms) / 1000);
    Debug { relative_time: elapsed.and_then(|seconds| u32::try_from(seconds).ok()), session_id: run.map(|run| run.id) }
}

/// `2025-11-10 14:30:45.123000`: the clock has milliseconds, the old one had microseconds.
fn microseconds(unix_ms: i64) -> String {
    format!("{}000", local_ms(unix_ms))
}

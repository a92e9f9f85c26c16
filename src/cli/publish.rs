//! `saluran publish`: one event through the HTTP API, signed.

use std::io::{self, Read, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use serde_json::json;

use crate::protocol::{md5_hex, request_to_sign};

use super::client::{PATIENCE, Target, Where, block_on, unreachable};
use super::serve::fail;

/// Bytes of an answer that are worth reading.
const ANSWER: usize = 64 * 1024;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Channel to publish on; several separated by commas
    #[arg(value_name = "CHANNEL[,CHANNEL…]")]
    channels: String,
    /// Name of the event
    event: String,
    /// Data of the event, usually JSON; `-` reads it from standard input
    #[arg(default_value = "{}")]
    data: String,
    /// Connection that does not get the event
    #[arg(long, value_name = "ID")]
    socket_id: Option<String>,
    #[command(flatten)]
    target: Where,
}

/// Publishes and says so.
pub(super) fn run(arguments: &Arguments, path: Option<&Path>) -> ExitCode {
    let target = match arguments.target.resolve(path) {
        Ok(target) => target,
        Err(reason) => return fail(64, &reason),
    };
    let data = match data(&arguments.data) {
        Ok(data) => data,
        Err(error) => return fail(66, &format!("cannot read the data from standard input: {error}")),
    };
    // A comma may stand in a channel's name, but hardly ever does; then it has to be published by a library.
    let channels: Vec<&str> = arguments.channels.split(',').collect();
    let mut event = json!({ "name": arguments.event, "channels": channels, "data": data });
    if let (Some(id), Some(fields)) = (&arguments.socket_id, event.as_object_mut()) {
        fields.insert("socket_id".to_owned(), id.as_str().into());
    }
    block_on(publish(target, event.to_string(), channels.join(", ")))
}

fn data(argument: &str) -> io::Result<String> {
    if argument != "-" {
        return Ok(argument.to_owned());
    }
    let mut text = String::new();
    io::stdin().read_to_string(&mut text)?;
    Ok(text.trim_end_matches('\n').to_owned())
}

async fn publish(target: Target, body: String, channels: String) -> Result<(), String> {
    let path = format!("/apps/{}/events", target.app_id);
    let url = format!("http://{}{path}?{}", target.base, signed_query(&target, &path, &body));
    let client = awc::Client::builder().timeout(PATIENCE).finish();
    let request = client.post(url).insert_header(("Content-Type", "application/json"));
    let mut response = request.send_body(body).await.map_err(|error| unreachable(&target.base, &error))?;
    let answer = response.body().limit(ANSWER).await.unwrap_or_default();
    let answer = String::from_utf8_lossy(&answer);
    if response.status().is_success() {
        return writeln!(io::stdout(), "published on {channels}").map_err(|error| error.to_string());
    }
    let advice = match response.status().as_u16() {
        401 => "\nAre key and secret those of this app? `saluran check` shows which are configured here.",
        404 => "\nIs the app's id right, and the path prefix?",
        413 => "\nSend less, or raise the app's limits.event_data_bytes.",
        _ => "",
    };
    Err(format!("the broker refused with {}: {}{advice}", response.status(), answer.trim_end()))
}

fn signed_query(target: &Target, path: &str, body: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs()).to_string();
    let md5 = md5_hex(body.as_bytes());
    let parameters =
        [("auth_key", &*target.key), ("auth_timestamp", &now), ("auth_version", "1.0"), ("body_md5", &md5)];
    let signature = {
        let decoded = parameters.map(|(name, value)| (name.into(), value.into()));
        target.signer.sign(&request_to_sign("POST", path, &decoded))
    };
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parameters).append_pair("auth_signature", &signature);
    query.finish()
}

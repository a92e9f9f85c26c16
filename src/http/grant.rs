//! The auth endpoints: a bearer token in, a Pusher signature out, as the declared channels allow it.

use std::borrow::Cow;
use std::sync::Arc;

use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Bytes, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use crate::auth::{self, Identity, unix_now};
use crate::error::Refusal;
use crate::hub::{Handed, Letter as _};
use crate::protocol::{ChannelName, Member, MemberLimits, SocketId, User, channel_to_sign, user_to_sign};
use crate::rules::{self, App, Grant, Granted, Who, may_subscribe};

use super::answer::{Outcome, json};
use super::choice::choose;
use super::parameters::Parameters;
use super::profile::{member_data, user_data};
use super::state::state;
use super::{bearer, body, cors};

/// What a client library sends, as a form or as JSON.
#[derive(Debug, Default, Deserialize)]
pub struct Wish {
    socket_id: Option<String>,
    channel_name: Option<String>,
    /// Id or key of the app, where there are several.
    app: Option<String>,
}

#[derive(Serialize)]
struct ChannelAuth {
    auth: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel_data: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shared_secret: Option<String>,
}

#[derive(Serialize)]
struct UserAuth {
    auth: String,
    user_data: String,
}

/// A request whose token holds.
struct Asked {
    app: Arc<App>,
    bearer: Arc<Identity>,
    socket_id: SocketId,
    wish: Wish,
}

/// Signs a subscription.
pub(super) async fn channel(request: HttpRequest, payload: Payload) -> HttpResponse {
    let outcome = sign_channel(&request, payload).await;
    cors::readable(&request, outcome)
}

/// Signs a sign-in as the token's subject.
pub(super) async fn user(request: HttpRequest, payload: Payload) -> HttpResponse {
    let outcome = sign_user(&request, payload).await;
    cors::readable(&request, outcome)
}

async fn sign_channel(request: &HttpRequest, payload: Payload) -> Outcome {
    let Asked { app, bearer, socket_id, wish } = ask(request, payload).await?;
    let name = wish.channel_name.ok_or_else(|| missing("channel_name"))?;
    let channel = ChannelName::parse(&name, app.config.limits.channel_name)
        .map_err(|reason| Refusal::NotGranted(rules::Error::Channel(reason)))?;
    let kind = channel.kind();
    if !kind.needs_signature() {
        let text = format!("{channel} needs no signature; sign in where its rules ask for a role");
        return Err(Refusal::Unprocessable(text).into());
    }
    may_subscribe(&app, Who { is_app: false, bearer: Some(&bearer) }, &channel).map_err(Refusal::NotGranted)?;
    let channel_data = if kind.is_presence() { Some(presence(&app, &bearer, &channel)?) } else { None };
    let shared_secret = if kind.is_encrypted() { Some(shared_secret(&app, &channel)?) } else { None };
    let auth = app.sign(&channel_to_sign(socket_id, channel.as_str(), channel_data.as_deref()));
    hand(request, socket_id, Grant { what: Granted::Channel(channel), bearer }).await?;
    Ok(json(&ChannelAuth { auth, channel_data, shared_secret }))
}

async fn sign_user(request: &HttpRequest, payload: Payload) -> Outcome {
    let Asked { app, bearer, socket_id, .. } = ask(request, payload).await?;
    let user_data = user_data(&bearer, tokens(&app)?);
    User::parse(&user_data).map_err(|reason| unusable(&reason))?;
    let auth = app.sign(&user_to_sign(socket_id, &user_data));
    hand(request, socket_id, Grant { what: Granted::SignIn, bearer }).await?;
    Ok(json(&UserAuth { auth, user_data }))
}

/// Reads a request as far as both endpoints have it in common.
async fn ask(request: &HttpRequest, payload: Payload) -> Result<Asked, Refusal> {
    let body = body::read(request, &mut payload.into_inner()).await?;
    let wish = Wish::parse(request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()), &body)?;
    let parameters = Parameters::parse(request.query_string());
    let app = choose(request, parameters.find("app").or(wish.app.as_deref()))?;
    bearer::pace(request, app.throttles.auth.as_ref(), "calls for a signature")?;
    let bearer = bearer::identity(request, &app).await?;
    // Clocks that differ are forgiven elsewhere; here the connection would be closed at once.
    if bearer.is_expired(unix_now()) {
        return Err(auth::Error::Expired.into());
    }
    let socket_id = wish.socket_id.as_deref().ok_or_else(|| missing("socket_id"))?;
    let socket_id = SocketId::parse(socket_id).ok_or_else(|| {
        Refusal::Unprocessable("Invalid socket_id: it consists of two decimal numbers with a dot between".to_owned())
    })?;
    Ok(Asked { app, bearer, socket_id, wish })
}

impl Wish {
    /// Reads a body by its type: JSON, or a form as browsers and most libraries send it.
    ///
    /// # Errors
    /// `Unprocessable` when it is neither.
    pub fn parse(kind: Option<&str>, body: &Bytes) -> Result<Self, Refusal> {
        let is_json = kind.is_some_and(|kind| kind.to_ascii_lowercase().contains("json"));
        if is_json {
            return serde_json::from_slice(body).map_err(|error| {
                let (line, column) = (error.line(), error.column());
                Refusal::Unprocessable(format!("Expected a JSON object with texts, at line {line} column {column}"))
            });
        }
        let mut wish = Self::default();
        for (name, value) in form_urlencoded::parse(body) {
            let field = match &*name {
                "socket_id" => &mut wish.socket_id,
                "channel_name" => &mut wish.channel_name,
                "app" => &mut wish.app,
                _ => continue,
            };
            field.get_or_insert_with(|| Cow::into_owned(value));
        }
        Ok(wish)
    }
}

/// Who the token's subject is on a presence channel, in the bounds of the app.
fn presence(app: &App, bearer: &Identity, channel: &ChannelName) -> Result<String, Refusal> {
    let data = member_data(bearer, tokens(app)?);
    let limits = MemberLimits {
        id_characters: app.config.limits.presence_user_id,
        info_bytes: app.config.limits.presence_user_info_bytes,
    };
    Member::parse(&data, limits)
        .map_err(|reason| Refusal::Unprocessable(format!("Nobody can join {channel} with this token: {reason}")))?;
    Ok(data)
}

fn shared_secret(app: &App, channel: &ChannelName) -> Result<String, Refusal> {
    app.shared_secret(channel).ok_or_else(|| {
        Refusal::Unprocessable(format!("{channel} is encrypted, and encryption_master_key is not configured"))
    })
}

/// Lets the connection know before its client does: from then on the signature counts as the bearer's.
///
/// An id that no connection has gets no harm done: ids are never given a second time.
async fn hand(request: &HttpRequest, socket_id: SocketId, grant: Grant) -> Result<(), Refusal> {
    let state = state(request);
    let letter = Arc::new(grant);
    let mut is_known = state.hub.hand(socket_id, letter.clone()).await?;
    if !is_known
        && let Some(adapter) = &state.adapter
        && socket_id.node() != state.node.number()
    {
        let answered = timeout(state.limits.busy_wait, adapter.hand(socket_id, letter.encode())).await;
        is_known = match answered.map_err(|_| Refusal::Busy)?.map_err(|_| Refusal::Busy)? {
            Handed::Taken => true,
            Handed::Unknown => false,
            Handed::Full => return Err(Refusal::Busy),
        };
    }
    tracing::debug!(%socket_id, is_known, "signature granted");
    Ok(())
}

fn tokens(app: &App) -> Result<&crate::config::Tokens, Refusal> {
    let missing = || Refusal::Forbidden(format!("App {} takes no tokens any more", app.config.id));
    app.tokens.as_ref().map(|tokens| tokens.config()).ok_or_else(missing)
}

fn missing(name: &str) -> Refusal {
    Refusal::Unprocessable(format!("Missing parameter: {name}"))
}

fn unusable(reason: &dyn std::fmt::Display) -> Refusal {
    Refusal::Unprocessable(format!("Nobody can sign in with this token: {reason}"))
}

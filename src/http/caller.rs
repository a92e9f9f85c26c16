//! Who publishes: a back end that signs with the app's secret, or whoever has a bearer token.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};

use crate::auth::Identity;
use crate::error::Refusal;
use crate::rules::{App, Publisher, Who};

use super::answer::Refused;
use super::parameters::Parameters;
use super::signed::{self, Signed};
use super::state::state;
use super::{bearer, body};

/// A request whose signature or token holds.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) app: Arc<App>,
    pub(super) body: Bytes,
    pub(super) parameters: Parameters,
    bearer: Option<Arc<Identity>>,
}

impl Caller {
    /// As the rules see it.
    pub(super) fn publisher(&self) -> Publisher<'_> {
        let bearer = self.bearer.as_deref();
        Publisher { who: Who { is_app: bearer.is_none(), bearer }, connection: None }
    }
}

impl FromRequest for Caller {
    type Error = Refused;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Refused>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move { Ok(call(&request, &mut payload).await?) })
    }
}

async fn call(request: &HttpRequest, payload: &mut Payload) -> Result<Caller, Refusal> {
    // Read first, whatever else is wrong: a connection with an unread body cannot be used again.
    let body = body::read(request, payload).await?;
    if bearer::token(request).is_none() {
        let Signed { app, body, parameters } = signed::verify(request, body)?;
        return Ok(Caller { app, body, parameters, bearer: None });
    }
    let id = request.match_info().query("app_id");
    let app = state(request).apps.by_id(id).ok_or_else(|| Refusal::NotFound(format!("no app has the id {id}")))?;
    let bearer = Some(bearer::identity(request, &app).await?);
    if !app.config.enabled {
        return Err(Refusal::Forbidden("App disabled".to_owned()));
    }
    Ok(Caller { app, body, parameters: Parameters::parse(request.query_string()), bearer })
}

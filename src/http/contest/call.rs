//! From a request to its answer.

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCESS_CONTROL_EXPOSE_HEADERS, CACHE_CONTROL, HeaderValue};
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use crate::http::{answer, cors};

use super::asked::Asked;
use super::endpoint::{Endpoint, Wish};
use super::fault::Fault;
use super::{clears, exports, judge, points, read, self_test, sheet, teams};

/// What asking comes to.
pub(super) type Told = Result<HttpResponse, Fault>;

/// Answers a request to this endpoint.
pub(super) async fn call(endpoint: &'static Endpoint, request: HttpRequest, payload: Payload) -> HttpResponse {
    // On the heap: the largest of twenty answers in the making would sit in every request.
    let told = Box::pin(tell(endpoint, &request, payload)).await;
    let mut response = cors::open(&request, told.unwrap_or_else(Fault::response));
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("Content-Disposition, Retry-After"));
    response
}

async fn tell(endpoint: &Endpoint, request: &HttpRequest, payload: Payload) -> Told {
    let asked = Asked::new(endpoint, request, payload).await?;
    match endpoint.wish {
        Wish::State => read::everything(&asked).await,
        Wish::Teams => teams::list(&asked).await,
        Wish::Rename => teams::rename(&asked).await,
        Wish::Start => judge::start(&asked).await,
        Wish::Stop => judge::stop(&asked).await,
        Wish::Runs => read::runs(&asked).await,
        Wish::Realtime => judge::realtime(&asked).await,
        Wish::Freeze => judge::freeze(&asked).await,
        Wish::Select => judge::select(&asked).await,
        Wish::Clear => clears::clear(&asked).await,
        Wish::Undo => clears::undo(&asked).await,
        Wish::Points => points::page(&asked).await,
        Wish::Statistics => read::statistics(&asked).await,
        Wish::Lanes => read::lanes(&asked).await,
        Wish::SelfTest => self_test::run(&asked).await,
        Wish::RealtimeCsv => exports::realtime(&asked).await,
        Wish::SessionCsv => exports::session(&asked).await,
        Wish::PointsCsv => exports::points(&asked).await,
        Wish::TeamCsv => exports::team(&asked).await,
        Wish::Ranking => sheet::ranking(&asked).await,
    }
}

/// 200, with this object.
pub(super) fn ok(value: &impl Serialize) -> Told {
    Ok(answer::json(value))
}

/// 201, with this object.
pub(super) fn made(value: &impl Serialize) -> Told {
    Ok(answer::respond(HttpResponse::build(StatusCode::CREATED), value))
}

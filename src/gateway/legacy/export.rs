//! `export_realtime.php` and `export_session.php`: the users' files, of any size.

use std::str::FromStr;

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::http::{Method, StatusCode};
use actix_web::web::Bytes;
use futures_core::Stream;
use futures_util::stream::unfold;

use crate::measurement::export::Csv;
use crate::store::{PointStream, Unreadable};

use super::{Call, NOT_ALLOWED, No, Outcome, text};

const CSV: &str = "text/csv; charset=utf-8";

/// Where the writing is. The next page is read when the one before it is on its way.
enum Step {
    Head(Csv, PointStream),
    Rows(Csv, PointStream),
    End,
}

pub(super) async fn realtime(call: &Call) -> Outcome {
    call.only(&Method::GET, &NOT_ALLOWED)?;
    let lane = parameter(call, "laptop_id")?;
    let state = call.contest().state().await.map_err(|why| broken("", &why.to_string()))?;
    download(call, Csv::realtime(state, lane)).await
}

pub(super) async fn session(call: &Call) -> Outcome {
    call.only(&Method::GET, &NOT_ALLOWED)?;
    let (lane, frequency) = (parameter(call, "laptop_id")?, parameter(call, "frequency")?);
    let state = call.contest().state().await.map_err(|why| broken("", &why.to_string()))?;
    download(call, Csv::session(state, lane, frequency)).await
}

/// A query parameter, where there is one; empty means none, as a form sends it.
fn parameter<T: FromStr>(call: &Call, name: &str) -> Result<Option<T>, No> {
    let Some(value) = call.parameter(name).filter(|value| !value.is_empty()) else { return Ok(None) };
    let wrong = |_| text(StatusCode::BAD_REQUEST, CSV, format!("# Error: Invalid {name}\n")).into();
    value.parse().map(Some).map_err(wrong)
}

async fn download(call: &Call, csv: Csv) -> Outcome {
    let name = csv.file_name(call.contest().now().unix_ms);
    let mut response = match call.contest().export(csv.filter().clone()).await {
        Ok(points) => HttpResponse::Ok().content_type(CSV).streaming(written(csv, points)),
        // With status 200 and the head, as the users' programs know it.
        Err(why) => broken(csv.head(), &why.to_string()),
    };
    if let Ok(value) = format!("attachment; filename=\"{name}\"").parse() {
        response.headers_mut().insert(CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

fn broken(head: &str, why: &str) -> HttpResponse {
    text(StatusCode::OK, CSV, format!("{head}# Error: {}\n", why.replace(['\r', '\n'], " ")))
}

fn written(csv: Csv, points: PointStream) -> impl Stream<Item = Result<Bytes, Unreadable>> {
    unfold(Step::Head(csv, points), |step| async move {
        match step {
            Step::Head(csv, points) => Some((Ok(Bytes::from_static(csv.head().as_bytes())), Step::Rows(csv, points))),
            Step::Rows(csv, points) => rows(csv, points).await,
            Step::End => None,
        }
    })
}

async fn rows(mut csv: Csv, mut points: PointStream) -> Option<(Result<Bytes, Unreadable>, Step)> {
    loop {
        match points.next().await {
            Ok(Some(page)) => {
                let text = csv.rows(&page);
                // An empty piece would end the body.
                if !text.is_empty() {
                    return Some((Ok(text.into()), Step::Rows(csv, points)));
                }
            }
            Ok(None) => return None,
            Err(error) => {
                tracing::warn!(%error, "an export broke off");
                let line = csv.broken(&error.to_string());
                return Some((line.map(Bytes::from).ok_or(error), Step::End));
            }
        }
    }
}

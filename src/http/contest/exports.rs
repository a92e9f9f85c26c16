//! Files of points, streamed.

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use actix_web::web::Bytes;
use futures_core::Stream;
use futures_util::stream::unfold;

use crate::measurement::PointFilter;
use crate::measurement::export::Csv;
use crate::store::{PointStream, Unreadable};

use super::asked::Asked;
use super::call::Told;
use super::endpoint::CSV;
use super::fault::Fault;

/// Where the writing of a file is. A page is read when the one before it is on its way, so that a file of
/// any size takes the memory of two, and nothing more is read for a client that is gone.
enum Step {
    Head(Csv, PointStream),
    Rows(Csv, PointStream),
    End,
}

pub(super) async fn realtime(asked: &Asked) -> Told {
    let lane = asked.query.lane()?;
    download(asked, Csv::realtime(asked.state().await?, lane)).await
}

pub(super) async fn session(asked: &Asked) -> Told {
    let (lane, frequency) = (asked.query.lane()?, asked.query.frequency()?);
    download(asked, Csv::session(asked.state().await?, lane, frequency)).await
}

pub(super) async fn points(asked: &Asked) -> Told {
    let query = &asked.query;
    let filter =
        PointFilter { run: query.run()?, lanes: query.lanes()?, category: query.category()?, ..PointFilter::default() };
    download(asked, Csv::points(asked.state().await?, filter)).await
}

pub(super) async fn team(asked: &Asked) -> Told {
    let (lane, category) = (asked.query.lane()?, asked.query.category()?);
    let (lane, category) =
        lane.zip(category).ok_or_else(|| Fault::invalid("The parameters laptop_id and category are needed"))?;
    download(asked, Csv::team(asked.state().await?, lane, category)).await
}

/// What cannot be read at all is a 503; what breaks off later ends as the file's kind ends.
async fn download(asked: &Asked, csv: Csv) -> Told {
    let points = asked.contest.export(csv.filter().clone()).await?;
    let name = csv.file_name(asked.contest.now().unix_ms);
    Ok(file(CSV, &name).streaming(written(csv, points)))
}

/// An answer that is saved under a name.
pub(super) fn file(content_type: &'static str, name: &str) -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response
        .insert_header((CONTENT_TYPE, content_type))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"));
    response
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
        return match points.next().await {
            Ok(Some(page)) => {
                let text = csv.rows(&page);
                // An empty piece would end the body.
                if text.is_empty() {
                    continue;
                }
                Some((Ok(text.into()), Step::Rows(csv, points)))
            }
            Ok(None) => Some(csv.tail()).filter(|tail| !tail.is_empty()).map(|tail| (Ok(tail.into()), Step::End)),
            Err(error) => {
                tracing::warn!(%error, "an export broke off");
                let line = csv.broken(&error.to_string());
                Some((line.map(Bytes::from).ok_or(error), Step::End))
            }
        };
    }
}

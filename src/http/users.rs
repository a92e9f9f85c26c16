//! `POST /users/{id}/terminate_connections`: throwing somebody out.

use actix_web::HttpRequest;
use percent_encoding::percent_decode_str;

use crate::adapter::Control;
use crate::error::Refusal;
use crate::hub::far::unix_us;
use crate::protocol::UserId;

use super::answer::{Outcome, done};
use super::signed::Signed;
use super::state::state;

/// Characters that a user id in the path may have.
const USER_ID_CHARACTERS: usize = 200;

/// Closes all connections that are signed in as the user: here at once, at other nodes when they hear of it; a node that
/// cannot be reached hears of it when it is back. `Busy` when too much waits for that; asking again does no harm.
pub(super) async fn terminate_connections(request: HttpRequest, signed: Signed) -> Outcome {
    let id = percent_decode_str(request.match_info().query("user_id")).decode_utf8_lossy();
    let id = UserId::parse(&id, USER_ID_CHARACTERS)
        .map_err(|reason| Refusal::BadRequest(format!("Invalid user id: {reason}")))?;
    let state = state(&request);
    state.hub.terminate(&signed.app.user(id.clone()), &state.terminated)?;
    if let Some(adapter) = &state.adapter {
        let (app, user) = (signed.app.config.id.clone(), id.as_str().into());
        adapter.broadcast(&Control::Terminate { app, user, before: unix_us() }).map_err(|_| Refusal::Busy)?;
    }
    Ok(done())
}

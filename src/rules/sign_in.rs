//! May this connection sign in?

use crate::protocol::{SignIn, SocketId, User, user_to_sign};

use super::app::{App, Purpose};
use super::error::Error;

/// Checks a sign-in; `known` is who is signed in already.
///
/// # Errors
/// The first rule that forbids it.
///
/// Source: protocol reference, section 2.14.
pub fn sign_in(app: &App, socket_id: SocketId, known: Option<&User>, request: &SignIn<'_>) -> Result<User, Error> {
    app.verify(&request.auth, user_to_sign(socket_id, &request.user_data), Purpose::SignIn)?;
    let user = User::parse(&request.user_data)?;
    if known.is_some_and(|known| known.id != user.id) {
        return Err(Error::OtherUser);
    }
    Ok(user)
}

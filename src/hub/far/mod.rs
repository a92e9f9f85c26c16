//! The other nodes, as homes see them.
//!
//! A home tells the shared truth what its own node has of a place (a *share*: absolute numbers, so that
//! telling it twice does no harm), and hears what that changed, in the order of the place's
//! *positions*. What a home asks is a [`Request`]; what it hears is a [`Report`]. An adapter carries
//! both; the hub does not know how.

mod catching_up;
mod channels;
mod ghosts;
mod hearing;
mod link;
mod numbers;
mod ports;
mod sharing;
mod side;
#[cfg(test)]
mod simulation;
#[cfg(test)]
pub(crate) mod truth;
mod unheard;
mod users;
mod words;

pub(super) use link::Link;
pub use numbers::unix_us;
pub use ports::Adapter;
pub(super) use side::Side;
pub(super) use users::{UserSide, Wide};

pub use words::{
    Answer, Change, Control, Event, Failure, LATE, Late, Look, Number, Origin, Outcome, Past, Place, Position,
    Question, Receipt, Report, Request, Share, Source, Stay, Synced, Ticket, Totals, Whose,
};

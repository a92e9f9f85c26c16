//! The other nodes, as homes see them.
//!
//! A home tells the shared truth what its own node has of a place (a *share*: absolute numbers, so that
//! telling it twice does no harm), and hears what that changed, in the order of the place's
//! *positions*. What a home asks is a [`Request`]; what it hears is a [`Report`]. An adapter carries
//! both; the hub does not know how.

mod words;

pub use words::{
    Answer, Change, Event, Failure, Look, Number, Origin, Outcome, Place, Position, Question, Report, Request, Share,
    Stay, Synced, Ticket, Totals, Whose,
};

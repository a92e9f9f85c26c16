//! What requests are in Redis' words, and what it says in the hub's, as `adapter::wording` has them.

use crate::hub::far::truth::{Heard as Told, Sending, Speaker};
use crate::hub::far::{Change, Origin, Past, Place, Report, Request, Stay, Whose};

use super::adapter::{Fault, Job};
use super::clock::Lease;
use super::memory::{Answer, Carried, Order};

/// A request's command, with the lease of its time.
pub(super) fn order(job: &mut Job, lease: Lease, sender: Origin, sent: &mut u64) -> Order {
    match &job.request {
        Request::Sync(place, share) => {
            let Lease { origin, former, end_ms, session, .. } = lease;
            let by = Speaker { origin, former, lease_end_ms: end_ms, session };
            Order::Sync(by, place.clone(), share.clone())
        }
        Request::Look(place, _, after) => Order::Look(place.clone(), *after),
        Request::Relay(channel, event, _) if job.is_late => {
            // Of an event that is only late nothing stays, so it needs no number.
            Order::Stay(Sending { sender, number: 0 }, channel.clone(), Box::new(Stay::late(event.clone())))
        }
        Request::Relay(channel, event, _) => Order::Relay(sender, channel.clone(), event.clone()),
        Request::Stay(channel, stay, _) => {
            let number = *job.number.get_or_insert_with(|| {
                *sent += 1;
                *sent
            });
            let stay = Stay { is_late: job.is_late, ..Stay::clone(stay) };
            Order::Stay(Sending { sender, number }, channel.clone(), Box::new(stay))
        }
        Request::Listen(..) | Request::Unlisten(_) | Request::Ask(_) => unreachable!("no commands"),
    }
}

fn whose(origin: Origin, sender: Origin) -> Whose {
    if origin == sender { Whose::Own } else { Whose::Other }
}

/// What an answer means to who asked.
pub(super) fn report(request: Request, answer: Answer, sender: Origin) -> Result<Option<Report>, Fault> {
    Ok(match (request, answer) {
        (Request::Sync(place, _), Answer::Synced(synced)) => Some(Report::Synced(place, synced.ok_or(Fault::Expired)?)),
        (Request::Look(place, ticket, _), Answer::Looked(mut look)) => {
            let by = |past: &mut Past| past.source.1 = whose(past.source.0, sender);
            look.retained.iter_mut().chain(&mut look.cached).chain(&mut look.missed).for_each(by);
            Some(Report::Looked(place, ticket, look))
        }
        (Request::Stay(channel, stay, _), Answer::Stayed(outcome)) => {
            Some(Report::Stayed(channel, stay.event.number, outcome))
        }
        (Request::Relay(..), Answer::Relayed | Answer::Stayed(_)) => None,
        (request, answer) => panic!("{answer:?} is no answer to {request:?}"),
    })
}

/// What a message means to the place's home.
pub(super) fn heard(place: Place, message: Carried, sender: Origin) -> Option<Report> {
    match (message, place) {
        (Carried::Event(origin, event), Place::Channel(channel)) => {
            Some(Report::Relayed(channel, (origin, whose(origin, sender)), event))
        }
        (Carried::Event(..), Place::User(_)) => None,
        (Carried::Told(Told::Stayed(before, position, origin, stay)), place) => {
            let change = Change::Stayed((origin, whose(origin, sender)), stay);
            Some(Report::Changed(place, before, position, change))
        }
        (Carried::Told(Told::Changed(before, position, change)), place) => {
            Some(Report::Changed(place, before, position, change))
        }
    }
}

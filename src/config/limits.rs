//! `[limits]`: the keys, and the room that one event needs.

use super::key::{Key, Section, Variables};
use super::measure::{bytes, time};
use super::model::{AppLimits, Limits};
use super::slot::count;

pub(super) const LIMITS: Section<Limits> =
    Section { path: "limits", heading: "[limits]", variables: Variables::Each, keys: KEYS, tables: &[] };

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

const KEYS: &[Key<Limits>] = &[
    Key::new("message_bytes", "Size of one message from a client; more closes with 1009.", |l| {
        bytes(&mut l.message_bytes, KIB..=16 * MIB)
    }),
    Key::new("outbox_bytes", "Bytes waiting for one connection that does not read; more closes with 4100.", |l| {
        bytes(&mut l.outbox_bytes, KIB..=GIB)
    }),
    Key::new("outbox_frames", "Frames waiting for one connection that does not read; more closes with 4100.", |l| {
        count(&mut l.outbox_frames, 16..=1_048_576)
    }),
    Key::new("inbox_commands", "Commands waiting for one worker; senders wait, then are refused with 503.", |l| {
        count(&mut l.inbox_commands, 16..=1_048_576)
    }),
    Key::new("http_body_bytes", "Size of an HTTP request body; more is answered with 413.", |l| {
        bytes(&mut l.http_body_bytes, KIB..=64 * MIB)
    }),
    Key::new("channels_per_connection", "Channels that one connection may be subscribed to.", |l| {
        count(&mut l.channels_per_connection, 1..=1_000_000)
    }),
    Key::new("cache_bytes", "Bytes of cached events on this node; the oldest make room.", |l| {
        bytes(&mut l.cache_bytes, KIB..=64 * GIB)
    }),
    Key::new("retained_bytes", "Bytes of retained events on this node; the oldest make room.", |l| {
        bytes(&mut l.retained_bytes, KIB..=64 * GIB)
    }),
    Key::new("history_bytes", "Bytes of past events on this node; the oldest make room.", |l| {
        bytes(&mut l.history_bytes, KIB..=64 * GIB)
    }),
    Key::new("event_ids", "Ids of events this node remembers, about 200 bytes each; the oldest make room.", |l| {
        count(&mut l.event_ids, 16..=67_108_864)
    }),
    Key::new("busy_wait", "Time that a publish waits for a busy worker before it is refused with 503.", |l| {
        time(&mut l.busy_wait, 1..=60_000)
    }),
];

/// Bytes that the largest event of an app takes in a frame or in a request.
///
/// Its data is text in a JSON string, where every quote and backslash takes a second byte. A name's
/// character takes four bytes at most; the keys and braces around them all stay below 256.
pub(super) fn event_bytes(limits: &AppLimits) -> usize {
    let names = limits.channel_name.saturating_add(limits.event_name).saturating_mul(4);
    limits.event_data_bytes.saturating_mul(2).saturating_add(names).saturating_add(256)
}

/// Bytes that the roster of a full presence channel takes at most, in the same way.
pub(super) fn roster_bytes(limits: &AppLimits) -> usize {
    let member = limits.presence_user_id.saturating_mul(4).saturating_mul(2);
    let member = member.saturating_add(limits.presence_user_info_bytes.saturating_mul(2));
    member.saturating_mul(limits.presence_members)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_have_room_for_a_batch_and_a_roster() {
        let (node, app) = (Limits::default(), AppLimits::default());
        let event = event_bytes(&app);
        assert!(event < node.outbox_bytes && event < node.message_bytes);
        assert!(event * app.batch_events < node.http_body_bytes);
        assert!(roster_bytes(&app) < node.outbox_bytes);
    }
}

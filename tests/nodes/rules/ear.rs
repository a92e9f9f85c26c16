//! What Redis publishes about one channel.

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::world::World;
use crate::redis;
use crate::resp::{Reply, Resp};
use crate::setup::Kind;
use crate::support::{AppKeys, within};

/// Buckets that channels are spread over; this ear does not know which is whose.
const BUCKETS: u16 = 64;

/// A change of a channel, as all nodes hear it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Change {
    Added(String),
    Removed(String),
    Total(u64),
}

/// Hears one channel's changes, from its start on.
pub(super) struct Ear {
    heard: mpsc::Receiver<Vec<u8>>,
    listening: JoinSet<()>,
    /// Where the last change was that was heard.
    position: Option<u64>,
}

impl Ear {
    pub(super) async fn open(world: &World, app: AppKeys, channel: &str) -> Self {
        let (said, heard) = mpsc::channel(1024);
        let mut listening = JoinSet::new();
        let place = format!("}}:t:{}\0c{channel}", app.id);
        for port in masters(world).await {
            let mut connection = Resp::open(port).await.expect("a master");
            match world.kind {
                Kind::Standalone | Kind::Sentinel => {
                    connection.ask(&["PSUBSCRIBE", &format!("{{rules:*{place}")]).await.expect("a subscription");
                }
                Kind::Cluster => {
                    // A master refuses the topics of others.
                    for bucket in 0..BUCKETS {
                        let topic = format!("{{rules:{bucket}{place}");
                        connection.ask(&["SSUBSCRIBE", &topic]).await.expect("a subscription");
                    }
                }
            }
            let said = said.clone();
            listening.spawn_local(async move {
                while let Ok(message) = connection.next().await {
                    let Reply::List(mut parts) = message else { panic!("{message:?}") };
                    let Some(Reply::Text(payload)) = parts.pop() else { panic!("{parts:?}") };
                    said.send(payload).await.ok();
                }
            });
        }
        Self { heard, listening, position: None }
    }

    /// The next changes up to one with which this is so.
    pub(super) async fn until(&mut self, what: &str, is_last: impl Fn(&Change) -> bool) -> Vec<Change> {
        let mut changes = Vec::new();
        while !changes.last().is_some_and(&is_last) {
            let heard = within(&format!("{what} after {changes:?}"), self.heard.recv()).await.expect("an ear");
            changes.extend(self.read(&heard));
        }
        changes
    }

    /// What else there was; nothing, if all goes well.
    pub(super) fn rest(mut self) -> Vec<Change> {
        let mut changes = Vec::new();
        while let Ok(heard) = self.heard.try_recv() {
            changes.extend(self.read(&heard));
        }
        self.listening.abort_all();
        changes
    }

    /// Each change follows the one before it.
    fn read(&mut self, message: &[u8]) -> Option<Change> {
        let number = |at: usize| u64::from_be_bytes(message[at..at + 8].try_into().expect("8 bytes"));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let kind = message[0];
        if kind == 1 {
            return None;
        }
        let (before, position) = (number(1), number(9));
        assert!(position > before && self.position.is_none_or(|last| last == before), "{before} {position}");
        self.position = Some(position);
        match kind {
            3 => {
                let length = u32::from_be_bytes(message[17..21].try_into().expect("4 bytes"));
                Some(Change::Added(text(&message[21..21 + length as usize])))
            }
            4 => Some(Change::Removed(text(&message[17..]))),
            5 => Some(Change::Total(number(17))),
            _ => None,
        }
    }
}

/// Ports of the servers that are masters now.
async fn masters(world: &World) -> Vec<u16> {
    let mut masters = Vec::new();
    for port in &world.servers {
        if redis::is_master(*port).await {
            masters.push(*port);
        }
    }
    masters
}

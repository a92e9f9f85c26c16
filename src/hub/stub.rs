//! Stub.
#![allow(missing_docs, clippy::todo, clippy::unused_async, missing_debug_implementations, clippy::unused_self)]
use super::{Busy, ChannelKey, ConnectionKey, Farewell, Hub, UserKey};
use crate::protocol::SocketId;
use bytes::Bytes;
use std::{any::Any, fmt::Debug, sync::Arc, time::Duration};
#[derive(Debug)]
pub struct Keep {
    pub id: Option<EventId>,
    pub retain: Option<Retain>,
    pub history: Option<History>,
    pub record: Record,
}
#[derive(Debug, Clone, Copy)]
pub struct EventId {
    pub key: u128,
    pub window: Duration,
}
#[derive(Debug)]
pub struct Retain {
    pub key: Box<str>,
    pub age: Duration,
    pub keys: usize,
}
#[derive(Debug)]
pub struct History {
    pub events: usize,
    pub age: Duration,
}
#[derive(Debug)]
pub struct Record {
    pub name: Box<str>,
    pub data: Bytes,
    pub at_ms: u64,
}
#[derive(Debug, Clone)]
pub struct Kept {
    pub serial: u64,
    pub name: Box<str>,
    pub data: Bytes,
    pub at_ms: u64,
}
#[derive(Debug)]
pub struct Page {
    pub events: Vec<Kept>,
    pub first: Option<u64>,
    pub last: Option<u64>,
}
pub trait Letter: Any + Debug + Send + Sync {}
impl Hub {
    pub async fn retained(&self, _channel: ChannelKey) -> Result<Vec<Kept>, Busy> {
        Ok(Vec::new())
    }
    pub async fn history(&self, _channel: ChannelKey, _after: Option<u64>, _limit: usize) -> Result<Page, Busy> {
        Ok(Page { events: Vec::new(), first: None, last: None })
    }
    pub async fn hand(&self, _to: SocketId, _letter: Arc<dyn Letter>) -> Result<bool, Busy> {
        Ok(true)
    }
    pub fn take_letters(&self, _connection: ConnectionKey) -> Vec<Arc<dyn Letter>> {
        Vec::new()
    }
    pub fn bear(&self, _connection: ConnectionKey, _bearer: UserKey) {}
    pub fn unbear(&self, _connection: ConnectionKey, _bearer: &UserKey) {}
    pub fn cut_off(&self, _bearer: &UserKey, _farewell: &Farewell) -> Result<(), Busy> {
        Ok(())
    }
}

//! Events.

use std::rc::Rc;

use serde_json::json;

use super::world::{Middle, World};
use crate::support::{APP, Client};

fn event(name: &str, channel: &str, data: &str) -> String {
    format!(r#"{{"event":"{name}","channel":"{channel}","data":"{data}"}}"#)
}

/// A subscriber of a private channel on each node.
async fn subscribers(world: &World, channel: &str) -> Vec<Client> {
    let mut clients = Vec::new();
    for node in &world.nodes {
        let mut client = node.connect().await;
        client.subscribe_signed(channel, None).await;
        clients.push(client);
    }
    clients
}

/// C-140: a client event reaches subscribers on all nodes, and not the one that sent it.
pub(super) async fn client_events(world: Rc<World>, middle: Middle) {
    let channel = "private-client-events";
    let mut clients = subscribers(&world, channel).await;
    each_sends(channel, &mut clients).await;
    middle.pass().await;
    each_sends(channel, &mut clients).await;
}

async fn each_sends(channel: &str, clients: &mut [Client]) {
    for sender in 0..clients.len() {
        let data = format!("from {sender}");
        clients[sender].send(&event("client-x", channel, &data)).await;
        for (_, client) in clients.iter_mut().enumerate().filter(|(number, _)| *number != sender) {
            client.expect(&event("client-x", channel, &data)).await;
        }
    }
    // Its own would have come by now: all others have come through the same home since.
    for client in clients {
        client.quiet().await;
    }
}

/// C-169: the connection that an event excludes does not get it, whichever node it is at; all others do.
pub(super) async fn excluded(world: Rc<World>, middle: Middle) {
    let channel = "private-excluded";
    let mut clients = subscribers(&world, channel).await;
    each_is_excluded(&world, channel, &mut clients).await;
    middle.pass().await;
    each_is_excluded(&world, channel, &mut clients).await;
}

async fn each_is_excluded(world: &World, channel: &str, clients: &mut [Client]) {
    for node in &world.nodes {
        for excluded in 0..clients.len() {
            let id = clients[excluded].socket_id.clone();
            let body = json!({ "name": "n", "channel": channel, "data": id, "socket_id": id });
            node.publish(APP, &body).await;
            node.mark(APP, channel, "all").await;
            for (number, client) in clients.iter_mut().enumerate() {
                if number != excluded {
                    client.expect(&event("n", channel, &id)).await;
                }
                client.expect(&event("mark", channel, "all")).await;
            }
        }
    }
}

/// C-220: what a channel keeps greets newcomers at nodes that never heard it.
pub(super) async fn cached(world: Rc<World>, middle: Middle) {
    let channel = "cache-rates";
    let publish = async |node: usize, data: &str| {
        world.nodes[node].publish(APP, &json!({ "name": "rate", "channel": channel, "data": data })).await;
    };
    let greeted = async |node: usize, data: &str| {
        let mut client = world.nodes[node].connect().await;
        client.subscribe(channel).await;
        client.expect(&event("rate", channel, data)).await;
        client
    };
    publish(0, "1.02").await;
    let mut first = greeted(1, "1.02").await;
    publish(2, "1.03").await;
    first.expect(&event("rate", channel, "1.03")).await;
    greeted(0, "1.03").await.close().await;
    middle.pass().await;
    greeted(2, "1.03").await.close().await;
    publish(0, "1.04").await;
    first.expect(&event("rate", channel, "1.04")).await;
    greeted(2, "1.04").await.close().await;
}

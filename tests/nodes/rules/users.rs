//! Users who are signed in on several nodes.

use std::rc::Rc;

use super::world::{Middle, World};
use crate::support::{APP, Client};

/// A connection of the user on each node.
async fn signed_in(world: &World, id: &str) -> Vec<Client> {
    let mut clients = Vec::new();
    for node in &world.nodes {
        let mut client = node.connect().await;
        client.sign_in(&format!(r#"{{"id":"{id}"}}"#)).await;
        client.subscribe_signed(&format!("#server-to-user-{id}"), None).await;
        clients.push(client);
    }
    clients
}

/// C-147: what is published to a user reaches each of the user's connections, and nobody else.
pub(super) async fn reached(world: Rc<World>, middle: Middle) {
    let mut clients = signed_in(&world, "reached").await;
    let mut others = signed_in(&world, "unreached").await;
    each_publishes(&world, &mut clients, &mut others).await;
    middle.pass().await;
    each_publishes(&world, &mut clients, &mut others).await;
}

async fn each_publishes(world: &World, clients: &mut [Client], others: &mut [Client]) {
    for node in &world.nodes {
        for (id, clients) in [("reached", &mut *clients), ("unreached", &mut *others)] {
            let channel = format!("#server-to-user-{id}");
            node.mark(APP, &channel, id).await;
            for client in clients {
                client.expect(&format!(r#"{{"event":"mark","channel":"{channel}","data":"{id}"}}"#)).await;
            }
        }
    }
}

/// C-154: all connections of a user end with 4009, on all nodes, and no others.
pub(super) async fn thrown_out(world: Rc<World>, middle: Middle) {
    let mut strangers = signed_in(&world, "stranger").await;
    let first = signed_in(&world, "outcast-0").await;
    throw_out(&world, 0, first, &mut strangers).await;
    let second = signed_in(&world, "outcast-1").await;
    middle.pass().await;
    throw_out(&world, 1, second, &mut strangers).await;
    let third = signed_in(&world, "outcast-2").await;
    throw_out(&world, 2, third, &mut strangers).await;
}

/// Throws out the user with this number, at the node with this number.
async fn throw_out(world: &World, number: usize, clients: Vec<Client>, strangers: &mut [Client]) {
    let path = format!("/users/outcast-{number}/terminate_connections");
    let done = world.nodes[number].post(APP, &path, "").await;
    assert_eq!(done.status, 200, "{done:?}");
    for mut client in clients {
        client.expect_end_with(4009).await;
    }
    for stranger in strangers {
        stranger.quiet().await;
    }
}

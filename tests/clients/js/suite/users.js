/** Signing in, and what a signed-in user hears. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { info } from "../support/auth-endpoint.js";
import { passMarker } from "../support/marker.js";
import { Ear } from "../support/wait.js";

export function users(open, Pusher) {
  test("sendToUser reaches every connection of the signed-in user and nobody else", async (t) => {
    const connect = (user) => open().connect(t, Pusher, user);
    const clients = [await connect("alice"), await connect("alice"), await connect("bob")];
    const ears = await Promise.all(clients.map((client) => client.signIn()));
    await open().publisher.sendToUser("alice", "notice", { text: "hi" });
    await open().publisher.sendToUser("bob", "notice", { text: "end" });
    assert.deepEqual(await ears[0].next("notice"), { text: "hi" });
    assert.deepEqual(await ears[1].next("notice"), { text: "hi" });
    assert.deepEqual(await ears[2].next("notice"), { text: "end" });
    assert.deepEqual(clients[0].pusher.user.user_data.user_info, info("alice"));
  });

  test("watchlist events tell who is online, once for each change", async (t) => {
    const watching = { params: { watchlist: "carol,dave" } };
    const options = open().options("eve");
    const watcher = await open().connect(t, Pusher, "eve", {
      userAuthentication: { ...options.userAuthentication, ...watching },
    });
    const carol = await open().connect(t, Pusher, "carol");
    await carol.signIn();
    const changes = new Ear(watcher.pusher.user.watchlist, "eve's watchlist");
    await watcher.signIn();
    assert.deepEqual((await changes.next("online")).user_ids, ["carol"]);
    assert.deepEqual((await changes.next("offline")).user_ids, ["dave"]);

    const again = await open().connect(t, Pusher, "carol");
    await again.signIn();
    again.pusher.disconnect();
    const dave = await open().connect(t, Pusher, "dave");
    await dave.signIn();
    assert.deepEqual((await changes.next("online")).user_ids, ["dave"]);
    carol.pusher.disconnect();
    assert.deepEqual((await changes.next("offline")).user_ids, ["carol"]);
    assert.deepEqual(changes.names(), ["online", "offline", "online", "offline"]);
  });

  test("C-248 terminateUserConnections closes the user's connections for good, until the page reconnects", async (t) => {
    const connect = (user) => open().connect(t, Pusher, user);
    const [mallory, bystander] = [await connect("mallory"), await connect("trent")];
    const member = await connect("mallory");
    await Promise.all([mallory.signIn(), bystander.signIn()]);
    const room = await member.subscribe("presence-unsigned");
    await open().publisher.terminateUserConnections("mallory");
    await mallory.connection.next("disconnected");
    assert.equal((await mallory.connection.next("error")).data.code, 4009);
    await assert.rejects(mallory.connection.next("connecting", 1500));
    // A member who did not sign in, and everybody else, stay.
    await passMarker(open().publisher, "presence-unsigned", [room]);
    assert.equal(bystander.pusher.connection.state, "connected");
    mallory.pusher.connect();
    await mallory.connection.match("connected", ({ socket_id: id }) => id === mallory.socketId);
    await open().publisher.sendToUser("trent", "fence", {});
    await bystander.message("#server-to-user-trent", "fence");
  });
}

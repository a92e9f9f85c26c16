/** What clients tell each other, and what they are told of each other. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { info } from "../support/auth-endpoint.js";
import { passMarker, tale } from "../support/marker.js";

export function clientEvents(open, Pusher) {
  for (const channel of ["private-chat", "private-cache-chat", "presence-chat", "presence-cache-chat"]) {
    test(`client events pass both ways on ${channel}, and never back`, async (t) => {
      const clients = [await open().connect(t, Pusher, "1"), await open().connect(t, Pusher, "2")];
      const [one, two] = [await clients[0].subscribe(channel), await clients[1].subscribe(channel)];
      clients[0].pusher.channel(channel).trigger("client-typing", { on: true });
      assert.deepEqual(await two.next("client-typing"), { on: true });
      clients[1].pusher.channel(channel).trigger("client-text", "as it is");
      assert.equal(await one.next("client-text"), "as it is");
      const { user_id: user } = await clients[1].message(channel, "client-typing");
      assert.equal(user, channel.startsWith("presence-") ? "1" : undefined);
      await passMarker(open().publisher, channel, [one, two]);
      assert.equal(one.all("client-typing").length, 0);
      assert.equal(two.all("client-text").length, 0);
    });
  }

  test("a client event on a public channel is refused and the connection stays", async (t) => {
    const client = await open().connect(t, Pusher);
    await client.subscribe("public-chat");
    client.pusher.send_event("client-shout", {}, "public-chat");
    assert.equal((await client.connection.next("error")).data.code, null);
    await client.subscribe("public-after");
  });
}

export function presence(open, Pusher) {
  test("a member with several connections is added once and removed once", async (t) => {
    const channel = "presence-room";
    const host = await open().connect(t, Pusher, "1");
    const watcher = await host.subscribe(channel);
    const first = await open().connect(t, Pusher, "2");
    const second = await open().connect(t, Pusher, "2");
    const ears = [watcher, await first.subscribe(channel)];
    assert.deepEqual(await watcher.next("pusher:member_added"), { id: "2", info: info("2") });
    await second.subscribe(channel);
    const room = second.pusher.channel(channel);
    assert.equal(room.members.count, 2);
    assert.equal(room.members.me.id, "2");
    assert.deepEqual(room.members.get("1").info, info("1"));
    second.pusher.unsubscribe(channel);
    await second.subscribe("after-presence");
    await passMarker(open().publisher, channel, ears);
    assert.deepEqual(tale(watcher), ["pusher:subscription_succeeded", "pusher:member_added"]);
    first.pusher.disconnect();
    assert.equal((await watcher.next("pusher:member_removed")).id, "2");
    await passMarker(open().publisher, channel, [watcher]);
    assert.equal(watcher.all("pusher:member_removed").length, 1);
    assert.equal(host.pusher.channel(channel).members.count, 1);
  });

  test("a signed-in user is a member without channel_data", async (t) => {
    const client = await open().connect(t, Pusher, "7");
    await client.signIn();
    await client.subscribe("presence-by-sign-in");
    const { me } = client.pusher.channel("presence-by-sign-in").members;
    assert.deepEqual(me, { id: "7", info: info("7") });
  });
}

export function counting(open, Pusher) {
  test("pusher:subscription_count follows every subscribe and unsubscribe", async (t) => {
    const [one, two] = [await open().connect(t, Pusher), await open().connect(t, Pusher)];
    const ear = await one.subscribe("counted");
    assert.equal((await ear.next("pusher:subscription_count")).subscription_count, 1);
    const other = await two.subscribe("counted");
    assert.equal((await ear.next("pusher:subscription_count")).subscription_count, 2);
    assert.equal((await other.next("pusher:subscription_count")).subscription_count, 2);
    two.pusher.unsubscribe("counted");
    assert.equal((await ear.next("pusher:subscription_count")).subscription_count, 1);
    assert.equal(one.pusher.channel("counted").subscriptionCount, 1);
  });
}

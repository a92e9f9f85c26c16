/** Subscribing to every kind of channel, being refused, and cached events. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { passMarker, tale } from "../support/marker.js";

export function subscribing(open, Pusher) {
  for (const channel of ["plain", "private-orders", "private-encrypted-vault", "presence-lobby"]) {
    test(`subscribes to ${channel} and receives what the server library triggers`, async (t) => {
      const client = await open().connect(t, Pusher, "1");
      const ear = await client.subscribe(channel);
      await open().publisher.trigger(channel, "greet", { hello: "wörld 🌍", n: 1.5 });
      assert.deepEqual(await ear.next("greet"), { hello: "wörld 🌍", n: 1.5 });
    });
  }

  test("receives text that is not JSON, and event names of any kind", async (t) => {
    const client = await open().connect(t, Pusher);
    const ear = await client.subscribe("names");
    for (const name of ["App\\Events\\OrderShipped", "with space/and.dot", "peristiwa-é"]) {
      await open().publisher.trigger("names", name, "not json");
      assert.equal(await ear.next(name), "not json");
    }
  });

  test("an event's socket_id keeps it from that connection only", async (t) => {
    const sender = await open().connect(t, Pusher);
    const other = await open().connect(t, Pusher);
    const ears = [await sender.subscribe("toothers"), await other.subscribe("toothers")];
    await open().publisher.trigger("toothers", "moved", {}, { socket_id: sender.socketId });
    await passMarker(open().publisher, "toothers", ears);
    assert.deepEqual(ears.map((ear) => ear.all("moved").length), [0, 1]);
  });

  test("unsubscribe stops the events, and back-to-back unsubscribe and subscribe ends subscribed", async (t) => {
    const client = await open().connect(t, Pusher);
    const first = await client.subscribe("comes-and-goes");
    client.pusher.unsubscribe("comes-and-goes");
    const second = await client.subscribe("comes-and-goes");
    await open().publisher.trigger("comes-and-goes", "again", {});
    await second.next("again");
    assert.equal(first.all("again").length, 0);
    assert.equal(client.connection.all("error").length, 0);
    client.pusher.unsubscribe("comes-and-goes");
    await client.subscribe("after-unsubscribe");
    await open().publisher.trigger(["comes-and-goes", "after-unsubscribe"], "late", {});
    await client.message("after-unsubscribe", "late");
    assert.equal(client.connection.all("message").some(([, m]) => m.channel === "comes-and-goes" && m.event === "late"), false);
  });

  test("a hundred channels subscribed in one burst are all confirmed", async (t) => {
    const client = await open().connect(t, Pusher, "1");
    const names = Array.from({ length: 100 }, (_, index) => `${index % 2 ? "private-" : ""}burst-${index}`);
    await Promise.all(names.map((name) => client.subscribe(name)));
    assert.equal(client.connection.all("error").length, 0);
  });
}

export function refusals(open, Pusher) {
  test("a channel that the application forbids ends in pusher:subscription_error 403", async (t) => {
    const client = await open().connect(t, Pusher, "1");
    const error = await client.listen("private-forbidden").next("pusher:subscription_error");
    assert.equal(error.type, "AuthError");
    assert.equal(error.status, 403);
  });

  for (const channel of ["private-forged", "presence-forged"]) {
    test(`a wrong signature for ${channel} ends in pusher:error and pusher:subscription_error 401`, async (t) => {
      const client = await open().connect(t, Pusher, "1");
      const error = await client.listen(channel).next("pusher:subscription_error");
      assert.equal(error.type, "AuthError");
      assert.equal(error.status, 401);
      const reported = await client.connection.next("error");
      assert.equal(reported.data.code, null);
      assert.match(reported.data.message, /^Invalid signature: Expected HMAC SHA256 hex digest of /);
      await client.subscribe("still-usable");
    });
  }

  test("a wrong signature for an encrypted channel ends in pusher:error only", async (t) => {
    const client = await open().connect(t, Pusher, "1");
    const ear = client.listen("private-encrypted-forged");
    assert.match((await client.connection.next("error")).data.message, /^Invalid signature/);
    await client.subscribe("after-encrypted");
    assert.deepEqual(tale(ear), []);
  });
}

export function caching(open, Pusher) {
  for (const kind of ["cache-", "private-cache-", "presence-cache-", "private-encrypted-cache-"]) {
    test(`${kind} channels miss first and replay the newest event then`, async (t) => {
      const channel = `${kind}prices`;
      const early = await (await open().connect(t, Pusher, "1")).subscribe(channel);
      await early.next("pusher:cache_miss");
      await open().publisher.trigger(channel, "price", { eur: "1.01" });
      await open().publisher.trigger(channel, "price", { eur: "1.02" });
      await early.next("price");
      await early.next("price");
      const late = await (await open().connect(t, Pusher, "2")).subscribe(channel);
      assert.deepEqual(await late.next("price"), { eur: "1.02" });
      await passMarker(open().publisher, channel, [early, late]);
      assert.equal(late.all("pusher:cache_miss").length, 0);
      assert.equal(late.all("price").length, 1);
      assert.equal(early.all("price").length, 2);
    });
  }
}

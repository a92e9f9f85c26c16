import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import Publisher from "pusher";
import Pusher from "pusher-js";

import { APP } from "./support/broker.js";
import { Stage } from "./support/stage.js";

const BIGGEST = 10_240;

describe("C-250 pusher for Node", () => {
  let stage;
  before(async () => {
    stage = await Stage.open(Publisher);
  });
  after(() => stage?.close());

  const get = async (path, params) => (await stage.publisher.get({ path, params })).json();
  const refused = (status, body) => (error) => {
    assert.equal(error.name, "PusherRequestError");
    assert.equal(error.status, status);
    assert.match(error.body, body);
    return true;
  };

  test("trigger answers 200 {} and reaches one and several channels", async (t) => {
    const client = await stage.connect(t, Pusher);
    const ears = [await client.subscribe("one"), await client.subscribe("two")];
    const answer = await stage.publisher.trigger("one", "single", { n: 1 });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("content-type"), "application/json");
    assert.equal(await answer.text(), "{}");
    assert.deepEqual(await ears[0].next("single"), { n: 1 });
    await stage.publisher.trigger(["one", "two"], "both", "text");
    assert.deepEqual([await ears[0].next("both"), await ears[1].next("both")], ["text", "text"]);
  });

  test("trigger with info answers with the counts that apply", async (t) => {
    const client = await stage.connect(t, Pusher, "1");
    await Promise.all([client.subscribe("counted"), client.subscribe("presence-counted")]);
    const channels = ["counted", "presence-counted", "nobody"];
    const answer = await stage.publisher.trigger(channels, "e", {}, { info: "subscription_count,user_count" });
    assert.deepEqual(await answer.json(), {
      channels: {
        counted: { subscription_count: 1 },
        "presence-counted": { subscription_count: 1, user_count: 1 },
        nobody: { subscription_count: 0 },
      },
    });
  });

  test("triggerBatch delivers in order, encrypted events too, and answers info in place", async (t) => {
    const client = await stage.connect(t, Pusher, "1");
    const ears = [await client.subscribe("batch"), await client.subscribe("private-encrypted-batch")];
    const batch = Array.from({ length: 8 }, (_, n) => ({ channel: "batch", name: "step", data: { n } }));
    const plain = await stage.publisher.triggerBatch(batch);
    assert.equal(await plain.text(), "{}");
    for (let n = 0; n < 8; n += 1) assert.deepEqual(await ears[0].next("step"), { n });
    const answer = await stage.publisher.triggerBatch([
      { channel: "batch", name: "last", data: {} },
      { channel: "private-encrypted-batch", name: "sealed", data: { n: 9 }, info: "subscription_count" },
    ]);
    assert.deepEqual(await answer.json(), { batch: [{}, { subscription_count: 1 }] });
    assert.deepEqual(await ears[1].next("sealed"), { n: 9 });
  });

  test("channels, one channel, its cached event and a channel's users can be asked for", async (t) => {
    const prefix = "presence-asked-";
    const clients = [await stage.connect(t, Pusher, "1"), await stage.connect(t, Pusher, "1"), await stage.connect(t, Pusher, "2")];
    for (const client of clients) await client.subscribe(`${prefix}a`);
    await clients[0].subscribe("cache-asked");
    await stage.publisher.trigger("cache-asked", "price", { eur: 1 });
    const all = await get("/channels");
    assert.deepEqual(all.channels["cache-asked"], {});
    assert.deepEqual(await get("/channels", { filter_by_prefix: prefix, info: "user_count" }), {
      channels: { [`${prefix}a`]: { user_count: 2 } },
    });
    assert.deepEqual(await get(`/channels/${prefix}a`, { info: "user_count,subscription_count" }), {
      occupied: true,
      user_count: 2,
      subscription_count: 3,
    });
    assert.deepEqual(await get("/channels/nobody-here"), { occupied: false });
    const { cache } = await get("/channels/cache-asked", { info: "cache" });
    assert.equal(cache.data, '{"eur":1}');
    assert.ok(cache.ttl > 0 && cache.ttl <= 1800, `ttl ${cache.ttl}`);
    const { users } = await get(`/channels/${prefix}a/users`);
    assert.deepEqual(users.map(({ id }) => id).sort(), ["1", "2"]);
  });

  test("terminateUserConnections closes a signed-in user's connections and no other", async (t) => {
    const [gone, stays] = [await stage.connect(t, Pusher, "gone"), await stage.connect(t, Pusher, "stays")];
    await Promise.all([gone.signIn(), stays.signIn()]);
    const answer = await stage.publisher.terminateUserConnections("gone");
    assert.equal(await answer.text(), "{}");
    await gone.connection.next("disconnected");
    await stage.publisher.sendToUser("stays", "fence", {});
    await stays.message("#server-to-user-stays", "fence");
    assert.equal(await (await stage.publisher.terminateUserConnections("nobody")).text(), "{}");
  });

  test("an encrypted event crosses the wire sealed and is opened by the client", async (t) => {
    const client = await stage.connect(t, Pusher, "1");
    const ear = await client.subscribe("private-encrypted-wire");
    await stage.publisher.trigger("private-encrypted-wire", "secret", { pin: 1234 });
    const { data } = await client.message("private-encrypted-wire", "secret");
    assert.deepEqual(Object.keys(data), ["nonce", "ciphertext"]);
    assert.deepEqual(await ear.next("secret"), { pin: 1234 });
  });

  test("data of 10240 bytes passes and 10241 is 413", async (t) => {
    const ear = await (await stage.connect(t, Pusher)).subscribe("big");
    await stage.publisher.trigger("big", "fits", "é".repeat(BIGGEST / 2));
    assert.equal((await ear.next("fits")).length, BIGGEST / 2);
    await assert.rejects(stage.publisher.trigger("big", "bursts", "x".repeat(BIGGEST + 1)), refused(413, /10240/));
  });

  test("mistakes are refused with their status and a text", async () => {
    const { publisher } = stage;
    const eleven = Array.from({ length: 11 }, () => ({ channel: "a", name: "e", data: "" }));
    await assert.rejects(publisher.trigger("a", "pusher:mine", {}), refused(400, /^The 'pusher' namespace is reserved/));
    await assert.rejects(publisher.triggerBatch(eleven), refused(400, /^Batch too large \(11 > 10\)/));
    await assert.rejects(get("/channels", { info: "user_count" }), refused(400, /^user_count may only be requested/));
    await assert.rejects(get("/channels/plain/users"), refused(400, /^Users can only be retrieved for presence channels/));
    await assert.rejects(stage.publisherOf({ ...APP, secret: "wrong" }).trigger("a", "e", {}), refused(401, /\S/));
    await assert.rejects(stage.publisherOf({ ...APP, key: "wrong" }).trigger("a", "e", {}), refused(401, /^Unknown auth_key/));
    await assert.rejects(stage.publisherOf({ ...APP, id: "999" }).trigger("a", "e", {}), refused(404, /\S/));
  });
});

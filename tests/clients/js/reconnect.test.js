import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import Echo from "laravel-echo";
import Publisher from "pusher";
import Pusher8 from "pusher-js";
import Pusher7 from "pusher-js-7";

import { APP } from "./support/broker.js";
import { Stage } from "./support/stage.js";

/** pusher-js waits 15 s after an attempt that met a closed port. */
const RETURN_DEADLINE = 40_000;
const CHANNELS = ["plain", "private-back", "private-encrypted-back", "presence-back"];

const CLIENTS = {
  "pusher-js-8": (stage, t, user) => stage.begin(t, Pusher8, user),
  "pusher-js-7": (stage, t, user) => stage.begin(t, Pusher7, user),
  "echo-reverb": (stage, t, user) => echo(stage, t, user, "reverb"),
  "echo-pusher": (stage, t, user) => echo(stage, t, user, "pusher"),
};

function echo(stage, t, user, broadcaster) {
  const options = { broadcaster, key: APP.key, Pusher: Pusher8, withoutInterceptors: true };
  return stage.own(t, new Echo({ ...stage.options(user), ...options }).connector.pusher, user);
}

describe("C-248 clients come back by themselves", () => {
  let stage;
  before(async () => {
    stage = await Stage.open(Publisher);
  });
  after(() => stage?.close());

  async function arrive(t) {
    const members = Object.entries(CLIENTS).map(([user, begin]) => begin(stage, t, user));
    return Promise.all(members.map(async (client) => {
      await client.connection.next("connected");
      const user = await client.signIn();
      return { client, user, ears: await Promise.all(CHANNELS.map((channel) => client.subscribe(channel))) };
    }));
  }

  async function returned({ client, ears }) {
    await client.connection.next("connected", RETURN_DEADLINE);
    await Promise.all(ears.map((ear) => ear.next("pusher:subscription_succeeded")));
    const own = ([, { channel, event }]) =>
      channel === `#server-to-user-${client.user}` && event === "pusher_internal:subscription_succeeded";
    await client.connection.match("message", () => client.connection.all("message").filter(own).length === 2);
  }

  async function hearAgain(all) {
    for (const channel of CHANNELS) await stage.publisher.trigger(channel, "news", { channel });
    await Promise.all(all.map(async ({ client, user, ears }) => {
      for (const [index, channel] of CHANNELS.entries()) {
        assert.deepEqual(await ears[index].next("news"), { channel });
      }
      await stage.publisher.sendToUser(client.user, "welcome", { back: client.user });
      assert.deepEqual(await user.next("welcome"), { back: client.user });
      assert.equal(client.pusher.channel("presence-back").members.count, all.length);
    }));
  }

  test("after the broker was killed, and hear events again", async (t) => {
    const all = await arrive(t);
    await stage.broker.stop("SIGKILL");
    await stage.broker.resume();
    await Promise.all(all.map(returned));
    await hearAgain(all);
  });

  test("after a restart that closes with 4200, and hear events again", async (t) => {
    const all = await arrive(t);
    await stage.broker.stop("SIGTERM");
    for (const { client } of all) {
      await client.connection.match("error", ({ data }) => data?.code === 4200);
    }
    await stage.broker.resume();
    await Promise.all(all.map(returned));
    await hearAgain(all);
  });

  for (const [version, Pusher] of [[8, Pusher8], [7, Pusher7]]) {
    test(`pusher-js ${version} stays disconnected after 4001`, async (t) => {
      const client = stage.own(t, new Pusher("no-such-key", stage.options()));
      await client.connection.next("disconnected");
      const { error } = await client.connection.next("error");
      assert.equal(error.data.code, 4001);
      assert.match(error.data.message, /no-such-key/);
      await assert.rejects(client.connection.next("connecting", 1500));
      assert.equal(client.pusher.connection.state, "disconnected");
    });
  }
});

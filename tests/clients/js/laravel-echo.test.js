import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import Echo from "laravel-echo";
import Publisher from "pusher";
import Pusher from "pusher-js";

import { info } from "./support/auth-endpoint.js";
import { APP } from "./support/broker.js";
import { passMarker } from "./support/marker.js";
import { Stage } from "./support/stage.js";
import { Ear, within } from "./support/wait.js";

for (const broadcaster of ["reverb", "pusher"]) {
  describe(`C-249 Laravel Echo, ${broadcaster} broadcaster`, () => {
    let stage;
    before(async () => {
      stage = await Stage.open(Publisher);
    });
    after(() => stage?.close());

    /** An Echo that is configured as Laravel documents it: with a bearer token for the auth endpoint. */
    function open(t, user) {
      const { wsHost, wsPort, wssPort, forceTLS, enabledTransports } = stage.options();
      const echo = new Echo({
        broadcaster,
        key: APP.key,
        ...(broadcaster === "pusher" ? { cluster: "mt1" } : {}),
        wsHost,
        wsPort,
        wssPort,
        forceTLS,
        enabledTransports,
        authEndpoint: `${stage.endpoint.url}/broadcasting/auth`,
        userAuthentication: { endpoint: `${stage.endpoint.url}/broadcasting/user-auth`, headers: {} },
        bearerToken: user,
        Pusher,
        withoutInterceptors: true,
      });
      t.after(() => echo.disconnect());
      return echo;
    }

    const subscribed = (channel) =>
      within(new Promise((resolve) => channel.subscribed(resolve)), `${channel.name} is subscribed`);
    const heard = (channel, event) =>
      within(new Promise((resolve) => channel.listen(event, resolve)), `${channel.name} hears ${event}`);
    const whispered = (channel, event) =>
      within(new Promise((resolve) => channel.listenForWhisper(event, resolve)), `${channel.name} hears the whisper ${event}`);

    test("a public channel hears namespaced and literal event names", async (t) => {
      const channel = open(t).channel("orders");
      await subscribed(channel);
      const events = [heard(channel, "OrderShipped"), heard(channel, ".order.shipped")];
      await stage.publisher.trigger("orders", "App\\Events\\OrderShipped", { id: 1 });
      await stage.publisher.trigger("orders", "order.shipped", { id: 2 });
      assert.deepEqual(await Promise.all(events), [{ id: 1 }, { id: 2 }]);
    });

    test("private and encryptedPrivate channels hear events, a user hears notifications", async (t) => {
      const echo = open(t, "1");
      const channels = [echo.private("orders.1"), echo.encryptedPrivate("vault"), echo.private("App.Models.User.1")];
      await Promise.all(channels.map(subscribed));
      const notice = new Promise((resolve) => channels[2].notification(resolve));
      const events = [heard(channels[0], ".paid"), heard(channels[1], ".opened"), within(notice, "the notification")];
      await stage.publisher.trigger("private-orders.1", "paid", { n: 1 });
      await stage.publisher.trigger("private-encrypted-vault", "opened", { n: 2 });
      await stage.publisher.trigger(
        "private-App.Models.User.1",
        "Illuminate\\Notifications\\Events\\BroadcastNotificationCreated",
        { n: 3 },
      );
      assert.deepEqual(await Promise.all(events), [{ n: 1 }, { n: 2 }, { n: 3 }]);
    });

    test("presence: here, joining and leaving tell of each member once", async (t) => {
      const told = [];
      const room = open(t, "1").join("room");
      const here = new Promise((resolve) => room.here(resolve));
      room.joining((member) => told.push(["joining", member]));
      room.leaving((member) => told.push(["leaving", member]));
      assert.deepEqual(await within(here, "here"), [info("1")]);
      const ear = new Ear(room.subscription, "1 in the room");

      const [first, second] = [open(t, "2"), open(t, "2")];
      await subscribed(first.join("room"));
      await subscribed(second.join("room"));
      first.disconnect();
      await passMarker(stage.publisher, "presence-room", [ear]);
      assert.deepEqual(told, [["joining", info("2")]]);
      second.leave("room");
      await ear.next("pusher:member_removed");
      assert.deepEqual(told, [["joining", info("2")], ["leaving", info("2")]]);
    });

    for (const kind of ["private", "join"]) {
      test(`whispers pass both ways through ${kind}`, async (t) => {
        const [one, two] = [open(t, "1")[kind]("chat"), open(t, "2")[kind]("chat")];
        await Promise.all([subscribed(one), subscribed(two)]);
        const toTwo = whispered(two, "typing");
        const toOne = whispered(one, "reply");
        one.whisper("typing", { on: true });
        assert.deepEqual(await toTwo, { on: true });
        two.whisper("reply", { text: "é" });
        assert.deepEqual(await toOne, { text: "é" });
      });
    }

    for (const [channel, status] of [["forbidden", 403], ["forged", 401]]) {
      test(`.error() tells of a ${channel} private channel: ${status}`, async (t) => {
        const failed = new Promise((resolve) => open(t, "1").private(channel).error(resolve));
        const error = await within(failed, ".error()");
        assert.equal(error.type, "AuthError");
        assert.equal(error.status, status);
      });
    }

    test("leave ends all kinds of the channel", async (t) => {
      const echo = open(t, "1");
      const kinds = [echo.channel("left"), echo.private("left"), echo.encryptedPrivate("left"), echo.join("left")];
      await Promise.all(kinds.map(subscribed));
      const occupied = async () => {
        const answer = await stage.publisher.get({ path: "/channels" });
        return Object.keys((await answer.json()).channels).filter((name) => name.endsWith("left")).sort();
      };
      assert.deepEqual(await occupied(), ["left", "presence-left", "private-encrypted-left", "private-left"]);
      echo.leave("left");
      await subscribed(echo.channel("stayed"));
      assert.deepEqual(await occupied(), []);
    });

    test("signin makes the user reachable", async (t) => {
      const echo = open(t, "ria");
      const user = new Ear(echo.connector.pusher.user, "ria");
      const connection = new Ear(echo.connector.pusher.connection, "ria's connection");
      echo.connector.signin();
      await connection.match("message", ({ channel }) => channel === "#server-to-user-ria");
      await stage.publisher.sendToUser("ria", "notice", { n: 1 });
      assert.deepEqual(await user.next("notice"), { n: 1 });
    });

    test("socketId excludes the sender from what its application broadcasts to others", async (t) => {
      const [one, two] = [open(t), open(t)];
      const channels = [one.channel("others"), two.channel("others")];
      await Promise.all(channels.map(subscribed));
      const ears = channels.map((channel, index) => new Ear(channel.subscription, `others ${index}`));
      await stage.publisher.trigger("others", "moved", {}, { socket_id: one.socketId() });
      await passMarker(stage.publisher, "others", ears);
      assert.deepEqual(ears.map((ear) => ear.all("moved").length), [0, 1]);
    });
  });
}

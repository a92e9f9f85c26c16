import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import Publisher from "pusher";

import { info } from "../js/support/auth-endpoint.js";
import { APP } from "../js/support/broker.js";
import { Stage } from "../js/support/stage.js";
import { launch, Tab } from "./support/browser.js";
import { startSite } from "./support/site.js";

/** pusher-js waits 15 s after an attempt that met a closed port. */
const RETURN_DEADLINE = 40_000;
const CHANNELS = ["plain", "private-x", "private-encrypted-x", "presence-x"];

describe("C-247 stock pusher-js 8 in Chromium", () => {
  let stage;
  let site;
  let browser;
  before(async () => {
    stage = await Stage.open(Publisher);
    site = await startSite();
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await site?.close();
    await stage?.close();
  });

  /** A tab with a pusher-js that has begun to connect. */
  async function begin(t, user, key = APP.key) {
    const tab = await Tab.open(t, browser);
    await tab.page.goto(site.url);
    await tab.page.waitForFunction(() => window.ready);
    await tab.page.evaluate((args) => window.connect(...args), [key, stage.options(user), user]);
    return tab;
  }

  async function connect(t, user, channels = []) {
    const tab = await begin(t, user);
    await tab.page.evaluate(() => window.client.connection.next("connected"));
    for (const channel of channels) await tab.page.evaluate((name) => window.subscribe(name), channel);
    return tab;
  }

  const next = (tab, channel, event) =>
    tab.page.evaluate(([on, name]) => window.ears[on].next(name), [channel, event]);
  const heard = (tab, channel) => tab.page.evaluate((on) => window.ears[on].names(), channel);
  const trigger = (tab, channel, event, data) =>
    tab.page.evaluate((args) => window.client.pusher.channel(args[0]).trigger(args[1], args[2]), [channel, event, data]);

  test("subscribes to every kind of channel and receives what the server library triggers", async (t) => {
    const kinds = [...CHANNELS, "cache-x", "private-cache-x", "presence-cache-x", "private-encrypted-cache-x"];
    const tab = await connect(t, "1", kinds);
    for (const channel of kinds) {
      await stage.publisher.trigger(channel, "greet", { on: channel, text: "wörld 🌍" });
      assert.deepEqual(await next(tab, channel, "greet"), { on: channel, text: "wörld 🌍" });
    }
    for (const channel of kinds.slice(CHANNELS.length)) await next(tab, channel, "pusher:cache_miss");
    assert.deepEqual(tab.complaints, []);
  });

  test("client events pass between two tabs, on private and presence channels", async (t) => {
    const tabs = [await connect(t, "1", ["private-chat", "presence-chat"]), await connect(t, "2", ["private-chat", "presence-chat"])];
    for (const channel of ["private-chat", "presence-chat"]) {
      await trigger(tabs[0], channel, "client-ask", { on: true });
      assert.deepEqual(await next(tabs[1], channel, "client-ask"), { on: true });
      await trigger(tabs[1], channel, "client-answer", "text");
      assert.equal(await next(tabs[0], channel, "client-answer"), "text");
      assert.equal((await heard(tabs[0], channel)).includes("client-ask"), false);
    }
  });

  test("a user in two tabs is a member once, until the last tab is closed", async (t) => {
    const watcher = await connect(t, "1", ["presence-tabs"]);
    const tabs = [await connect(t, "2", ["presence-tabs"]), await connect(t, "2", ["presence-tabs"])];
    assert.deepEqual(await next(watcher, "presence-tabs", "pusher:member_added"), { id: "2", info: info("2") });
    await tabs[0].page.close();
    await stage.publisher.trigger("presence-tabs", "fence", {});
    await next(watcher, "presence-tabs", "fence");
    await tabs[1].page.close();
    await next(watcher, "presence-tabs", "pusher:member_removed");
    const members = (await heard(watcher, "presence-tabs")).filter((name) => name.startsWith("pusher:member_"));
    assert.deepEqual(members, ["pusher:member_added", "pusher:member_removed"]);
  });

  test("signs in, hears what is sent to the user, and stays down when the user is terminated", async (t) => {
    const tab = await connect(t, "tia");
    await tab.page.evaluate(async () => {
      window.ears.user = await window.client.signIn();
    });
    await stage.publisher.sendToUser("tia", "notice", { n: 1 });
    assert.deepEqual(await next(tab, "user", "notice"), { n: 1 });
    await stage.publisher.terminateUserConnections("tia");
    await tab.page.evaluate(() => window.client.connection.next("disconnected"));
    const error = await tab.page.evaluate(() => window.client.connection.next("error"));
    assert.equal(error.data.code, 4009);
    await assert.rejects(tab.page.evaluate(() => window.client.connection.next("connecting", 1500)));
  });

  test("C-248 stays disconnected after 4001", async (t) => {
    const tab = await begin(t, undefined, "no-such-key");
    await tab.page.evaluate(() => window.client.connection.next("disconnected"));
    const { error } = await tab.page.evaluate(() => window.client.connection.next("error"));
    assert.equal(error.data.code, 4001);
    await assert.rejects(tab.page.evaluate(() => window.client.connection.next("connecting", 1500)));
  });

  for (const signal of ["SIGKILL", "SIGTERM"]) {
    test(`C-248 comes back after a restart by ${signal} and hears events again`, async (t) => {
      const tab = await connect(t, "1", CHANNELS);
      await stage.broker.stop(signal);
      await stage.broker.resume();
      await tab.page.evaluate((deadline) => window.client.connection.next("connected", deadline), RETURN_DEADLINE);
      for (const channel of CHANNELS) {
        await next(tab, channel, "pusher:subscription_succeeded");
        await stage.publisher.trigger(channel, "again", { on: channel });
        assert.deepEqual(await next(tab, channel, "again"), { on: channel });
      }
    });
  }
});

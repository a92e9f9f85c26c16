import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import Publisher from "pusher";

import { Declared, SHIPPED_APP } from "../js/support/declared.js";
import { CHANNELS, sixEvents, twin } from "../js/support/fleet-events.js";
import { machine, role } from "../js/support/token.js";
import { launch, Tab } from "./support/browser.js";
import { startSite } from "./support/site.js";

const NAMES = [...CHANNELS, ...CHANNELS.map(twin)];

describe("declared channels with stock pusher-js 8 in Chromium", () => {
  let declared;
  let site;
  let browser;
  before(async () => {
    declared = await Declared.open(Publisher);
    site = await startSite();
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await site?.close();
    await declared?.close();
  });

  /** A tab on a page of another origin, and the preflights that it made the browser send. */
  async function visit(t) {
    const tab = await Tab.open(t, browser);
    const preflights = [];
    const devtools = await tab.page.context().newCDPSession(tab.page);
    await devtools.send("Network.enable");
    devtools.on("Network.requestWillBeSent", ({ request }) => {
      if (request.method === "OPTIONS") preflights.push(new URL(request.url).pathname);
    });
    await tab.page.goto(site.url);
    await tab.page.waitForFunction(() => window.ready);
    return { tab, page: tab.page, preflights };
  }

  const connected = (page) => page.evaluate(() => window.client.connection.next("connected"));

  const styles = {
    "authEndpoint and auth.headers": (page, token) =>
      page.evaluate((args) => window.connect(...args), [SHIPPED_APP.key, declared.snippet(token), "somebody"]),
    "channelAuthorization and headersProvider": (page, token) => {
      const { channelAuthorization, userAuthentication: _, ...options } = declared.options(() => token);
      return page.evaluate(([key, given, endpoint, shown]) => {
        const headersProvider = () => ({ Authorization: `Bearer ${shown}` });
        return window.connect(key, { ...given, channelAuthorization: { endpoint, headersProvider } }, "somebody");
      }, [SHIPPED_APP.key, options, channelAuthorization.endpoint, token]);
    },
  };
  const endpoints = ["/api/v2/broadcasting/auth", "/broadcasting/auth"];

  for (const [index, [style, connect]] of Object.entries(styles).entries()) {
    test(`${style}: an operator's page of another origin hears all six events on both names`, async (t) => {
      const { tab, page, preflights } = await visit(t);
      await connect(page, role("operator", "7"));
      await connected(page);
      for (const name of NAMES) await page.evaluate((channel) => window.subscribe(channel), name);
      const rvm = 10 + index;
      for (const [channel, event, data] of sixEvents(rvm)) {
        const answer = await declared.publish(machine(rvm), channel, event, data);
        assert.equal(answer.status, 200, await answer.text());
        for (const name of [channel, twin(channel)]) {
          const heard = await page.evaluate(([on, event, id]) => window.ears[on].match(
            event, ({ rvm_id: machine, device_id: device }) => machine === id || device === `jetson_orin_nano_${id}`,
          ), [name, event, rvm]);
          assert.deepEqual(heard, data);
        }
      }
      assert.deepEqual(tab.complaints, []);
      assert.deepEqual([...new Set(preflights)], [endpoints[index]]);
    });

    test(`${style}: a tenant's page is refused on private-admin-dashboard with 403`, async (t) => {
      const { page } = await visit(t);
      await connect(page, role("tenant", "8"));
      await connected(page);
      const error = await page.evaluate(() => {
        window.ears.dashboard = window.client.listen("private-admin-dashboard");
        return window.ears.dashboard.next("pusher:subscription_error");
      });
      assert.deepEqual([error.type, error.status], ["AuthError", 403]);
      await page.evaluate(() => window.subscribe("rvm-status"));
    });
  }

  test("the snippet to the letter, from a page of the broker's own origin", async (t) => {
    const tab = await Tab.open(t, browser, { bypassCSP: true });
    const { page } = tab;
    await page.goto(`${declared.broker.url}/pages.json`);
    await page.addScriptTag({ url: `${site.url}pusher.js` });
    const outcome = (name) => page.evaluate(([key, token, place, deadline]) => new Promise((resolve, reject) => {
      const pusher = new Pusher(key, {
        cluster: "ap1",
        authEndpoint: "/api/v2/broadcasting/auth",
        auth: { headers: { Authorization: "Bearer " + token } },
        ...place,
      });
      const channel = pusher.subscribe("private-admin-dashboard");
      channel.bind("pusher:subscription_succeeded", () => resolve("in"));
      channel.bind("pusher:subscription_error", ({ status }) => resolve(status));
      setTimeout(() => reject(new Error("neither let in nor refused")), deadline);
    }), [SHIPPED_APP.key, role(name, name), declared.place(), 10_000]);
    assert.equal(await outcome("operator"), "in");
    assert.equal(await outcome("tenant"), 403);
    assert.ok(tab.addresses.includes(`${declared.broker.url}/api/v2/broadcasting/auth`));
  });
});

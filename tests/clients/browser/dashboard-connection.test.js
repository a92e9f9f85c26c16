import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import Publisher from "pusher";

import { APP, Broker } from "../js/support/broker.js";
import { Dashboard } from "./support/dashboard.js";
import { Theatre } from "./support/theatre.js";

describe("the RVM dashboard is honest about its connection", () => {
  let theatre;
  before(async () => {
    theatre = await Theatre.open(Publisher);
  });
  after(() => theatre?.close());

  for (const signal of ["SIGKILL", "SIGTERM"]) {
    test(`says so when the broker goes by ${signal}, and comes back by itself`, async (t) => {
      const dashboard = await theatre.filled(t);
      await theatre.stage.broker.stop(signal);
      await dashboard.connection.filter({ hasText: /Not reachable next attempt in \d+ s/ }).waitFor();
      const advice = await dashboard.banner.innerText();
      assert.match(advice, /does not answer\. Check that it runs/);
      assert.match(advice, /from before the connection was lost/);
      await dashboard.banner.getByRole("button", { name: "Try now" }).waitFor();
      await theatre.stage.broker.resume();
      await dashboard.connected();
      await dashboard.banner.waitFor({ state: "hidden" });
      await theatre.publish([["rvm-status", "status-updated", { rvm_id: 77, rvm_name: "RVM-077", status: "active" }]]);
      await dashboard.page.getByRole("heading", { name: "RVM-077" }).waitFor();
      // The browser itself reports each connection that did not come about.
      const own = dashboard.tab.complaints.filter((text) => !/WebSocket connection to .* failed/.test(text));
      assert.deepEqual(own, []);
    });
  }

  test("“Try now” tries now", async (t) => {
    const dashboard = await theatre.empty(t);
    await theatre.stage.broker.stop("SIGKILL");
    const retry = dashboard.banner.getByRole("button", { name: "Try now" });
    await retry.waitFor();
    await theatre.stage.broker.resume();
    await retry.click();
    await dashboard.connected();
  });

  test("an unknown key is disconnected for good, with the reason and what to do", async (t) => {
    const dashboard = await theatre.refused(t);
    const advice = await dashboard.banner.innerText();
    assert.match(advice, /does not know the app key “no-such-key”/);
    assert.match(advice, /The broker said: .*no-such-key.*\(4001\)/);
    await dashboard.banner.getByRole("button", { name: "Connect again" }).waitFor();
  });

  test("works below a path prefix", async (t) => {
    const broker = await Broker.start(APP, 0, { SALURAN_SERVER_PATH_PREFIX: "/rt" });
    t.after(() => broker.dispose());
    const dashboard = await Dashboard.open(t, theatre.browser, `${broker.url}/rt/`);
    await dashboard.connected();
    await dashboard.page.locator(".connection").filter({ hasText: `127.0.0.1:${broker.port}` }).waitFor();
    assert.deepEqual(dashboard.tab.complaints, []);
  });
});

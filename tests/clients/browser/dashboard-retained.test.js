import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import Publisher from "pusher";

import { Declared } from "../js/support/declared.js";
import { machine } from "../js/support/token.js";
import { launch } from "./support/browser.js";
import { Dashboard } from "./support/dashboard.js";
import { dayEvents, fleetEvents } from "./support/fleet.js";

/** What the machines said last: 6 statuses, 6 reports, 4 detections, 4 requests, 3 zones, 2 wishes to sync. */
const KEPT = 25;
const MACHINES = 6;

describe("the RVM dashboard with the declarations that the repository ships", () => {
  let declared;
  let browser;
  before(async () => {
    declared = await Declared.open(Publisher);
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await declared?.close();
  });

  /** Each event by the machine that it is about. */
  async function report(events) {
    for (const [channel, event, data] of events) {
      const id = data.rvm_id ?? Number(data.device_id.slice(-3));
      const answer = await declared.publish(machine(id), channel, event, data);
      assert.equal(answer.status, 200, await answer.text());
    }
  }

  test("a page that opens last shows every machine's last status at once, and goes on from there", async (t) => {
    const now = Date.now();
    await report([...fleetEvents(now), ...dayEvents(now)]);
    const dashboard = await Dashboard.open(t, browser, `${declared.broker.url}/`);
    const { page, tab } = dashboard;
    await dashboard.counted(KEPT);

    const machines = dashboard.panel("Machines");
    const statuses = ["active", "active", "maintenance", "active", "full", "error"];
    for (const [index, status] of statuses.entries()) {
      const card = machines.getByRole("listitem").filter({ has: page.getByRole("heading", { name: `RVM-00${index + 1}` }) });
      const text = await card.innerText();
      assert.ok(text.includes(`\n${status}\n`), text);
      assert.ok((await card.locator(".sparkline").count()) > 0, text);
    }
    assert.equal(await machines.getByRole("heading", { name: /^RVM-/ }).count(), MACHINES);
    const detections = await dashboard.panel("Detections").innerText();
    for (const part of ["RVM-001", "RVM-002", "RVM-003", "RVM-004", "best.pt"]) assert.ok(detections.includes(part), detections);
    const zones = await dashboard.panel("Time zones").innerText();
    for (const part of ["jetson_orin_nano_001", "jetson_orin_nano_004", "jetson_orin_nano_006"]) assert.ok(zones.includes(part), zones);

    await report([["rvm-status", "status-updated", { rvm_id: 6, rvm_name: "RVM-006", status: "active" }]]);
    await dashboard.counted(KEPT + 1);
    assert.deepEqual(tab.complaints, []);
  });
});

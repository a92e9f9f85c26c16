import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import Publisher from "pusher";

import { APP } from "../js/support/broker.js";
import { Theatre } from "./support/theatre.js";

describe("the RVM dashboard", () => {
  let theatre;
  before(async () => {
    theatre = await Theatre.open(Publisher);
  });
  after(() => theatre?.close());

  test("says before the first event what to do, to the letter", async (t) => {
    const { page, tab } = await theatre.empty(t);
    await page.getByRole("heading", { name: "Waiting for the first event" }).waitFor();
    const commands = await page.locator("pre").allTextContents();
    const app = `--key ${APP.key} --app-id …`;
    assert.deepEqual(commands, [
      `python3 examples/python/publish_events.py --port ${theatre.stage.broker.port} ${app}`,
      `python3 examples/python/publish_events.py --host <address of this machine> --port ${theatre.stage.broker.port} ${app}`,
    ]);
    assert.deepEqual(tab.complaints, []);
  });

  test("shows all six events as they come", async (t) => {
    const dashboard = await theatre.filled(t);
    const { page, tab } = dashboard;
    const card = dashboard.panel("Machines").getByRole("listitem").filter({ has: page.getByRole("heading", { name: "RVM-006" }) });
    const machine = await card.innerText();
    for (const part of ["error", "Jayapura, Hamadi", "before: active", "35 %", "high", "system health: warning", "5 of 6 checks fine"]) {
      assert.ok(machine.includes(part), `${part} in ${machine}`);
    }
    assert.equal(await card.getByRole("meter", { name: "Capacity" }).getAttribute("aria-valuenow"), "35");
    assert.equal(await card.locator(".sparkline path").count(), 4);

    const detections = await dashboard.panel("Detections").innerText();
    for (const part of ["RVM-001", "aluminum can 82 %", "glass bottle", "3 objects", "0.91 s", "best.pt"]) {
      assert.ok(detections.includes(part), `${part} in ${detections}`);
    }
    const processing = await dashboard.panel("Processing").innerText();
    for (const part of ["Request 33", "processed", "Request 31", "failed", "engine 25 did not answer", "priority high"]) {
      assert.ok(processing.includes(part), `${part} in ${processing}`);
    }
    const zones = await dashboard.panel("Time zones").innerText();
    for (const part of ["jetson_orin_nano_004", "Asia/Makassar", "Makassar, Indonesia", "manual"]) {
      assert.ok(zones.includes(part), `${part} in ${zones}`);
    }
    const requests = await dashboard.panel("Manual sync requests").innerText();
    for (const part of ["jetson_orin_nano_004", "answered after", "jetson_orin_nano_006", "waiting for the device"]) {
      assert.ok(requests.includes(part), `${part} in ${requests}`);
    }
    await page.getByText("Need attention").waitFor();
    assert.deepEqual(tab.complaints, []);
    assert.deepEqual(tab.origins(), [`127.0.0.1:${theatre.stage.broker.port}`]);
  });

  test("device clocks run and ages grow", async (t) => {
    const dashboard = await theatre.filled(t);
    const clock = dashboard.panel("Time zones").locator(".clock").first();
    const first = await clock.textContent();
    assert.match(first, /^\d{2}:\d{2}:\d{2}$/);
    await clock.filter({ hasNotText: first }).waitFor();
    await dashboard.page.locator(".figures").filter({ hasText: /[2-9] sec\. ago/ }).waitFor();
  });

  test("shows texts from events as text", async (t) => {
    const dashboard = await theatre.empty(t);
    const markup = '<img src="x" onerror="document.title=\'hacked\'"><b>bold</b>';
    const events = [
      ["rvm-status", "status-updated", { rvm_id: 1, rvm_name: markup, status: markup, location: markup }],
      ["rvm-status", "health-updated", { rvm_id: 1, overall_status: markup, status_details: { [markup]: markup }, metrics: {} }],
      ["detection-results", "detection-completed", { rvm_id: 1, detections: [{ class: markup }], model_used: markup }],
      ["detection-results", "processing-updated", { processing_request_id: markup, status: markup, progress_message: markup }],
      ["timezone-updates", "timezone-synced", { device_id: markup, timezone: markup, city: markup, sync_method: markup }],
      ["timezone-updates", "manual-sync", { device_id: markup, trigger: markup }],
    ];
    await dashboard.counted(await theatre.publish(events));
    assert.equal(await dashboard.page.locator("main img, main b:not(.counts b)").count(), 0);
    assert.ok((await dashboard.page.locator("main").innerText()).includes(markup));
    assert.equal(await dashboard.page.title(), "RVM dashboard");
  });

  test("keeps lists at their bound, and counts events it cannot read", async (t) => {
    const dashboard = await theatre.empty(t);
    const detections = Array.from({ length: 60 }, (_, n) => ["detection-results", "detection-completed", { rvm_id: n, detections: [] }]);
    await dashboard.counted(await theatre.publish([...detections, ["rvm-status", "status-updated", "nonsense"]]));
    assert.equal(await dashboard.panel("Detections").locator("ul.detections-list > li").count(), 50);
    await dashboard.page.locator(".figures").filter({ hasText: "Unreadable1" }).waitFor();
  });
});

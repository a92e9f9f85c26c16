import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";

import Publisher from "pusher";

import { dayEvents, fleetEvents } from "./support/fleet.js";
import { Theatre } from "./support/theatre.js";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const LONG = "x".repeat(120);

describe("the RVM dashboard is for everybody", () => {
  let theatre;
  before(async () => {
    theatre = await Theatre.open(Publisher);
  });
  after(() => theatre?.close());

  test("speaks the browser's language, switches by keyboard, and remembers the choice", async (t) => {
    const dashboard = await theatre.empty(t, { locale: "id-ID" });
    const { page } = dashboard;
    await page.getByRole("heading", { name: "Dasbor RVM" }).waitFor();
    assert.equal(await page.locator("html").getAttribute("lang"), "id");
    const english = page.getByRole("button", { name: "English" });
    while (!(await english.evaluate((button) => button === document.activeElement))) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "RVM dashboard" }).waitFor();
    assert.equal(await english.getAttribute("aria-pressed"), "true");
    assert.equal(await english.evaluate((button) => button === document.activeElement), true);
    await page.reload();
    await page.getByRole("heading", { name: "RVM dashboard" }).waitFor();
    assert.equal(await page.locator("html").getAttribute("lang"), "en");
  });

  test("keeps its data when the language changes", async (t) => {
    const dashboard = await theatre.filled(t);
    await dashboard.page.getByRole("button", { name: "Indonesia" }).click();
    await dashboard.page.getByRole("heading", { name: "RVM-006" }).waitFor();
    await dashboard.panel("Mesin").getByText("galat").first().waitFor();
  });

  test("tells screen readers of changed statuses and connections", async (t) => {
    const { page } = await theatre.empty(t);
    const live = page.getByRole("status");
    await live.filter({ hasText: "Connected" }).waitFor();
    await theatre.publish([["rvm-status", "status-updated", { rvm_id: 1, rvm_name: "RVM-001", status: "full" }]]);
    await live.filter({ hasText: "RVM-001: full" }).waitFor();
  });

  for (const width of [320, 375, 768, 1280, 1920]) {
    test(`does not scroll sideways at ${width} px, empty and filled`, async (t) => {
      const dashboard = await theatre.empty(t, { viewport: { width, height: 800 } });
      assert.equal(await dashboard.overflow(), 0);
      const now = Date.now();
      const long = [
        ["rvm-status", "status-updated", { rvm_id: 99, rvm_name: LONG, status: LONG, location: LONG }],
        ["detection-results", "detection-completed", { rvm_id: 99, detections: [{ class: LONG }], model_used: LONG }],
        ["timezone-updates", "timezone-synced", { device_id: LONG, timezone: LONG }],
      ];
      await dashboard.counted(await theatre.publish([...fleetEvents(now), ...dayEvents(now), ...long]));
      assert.equal(await dashboard.overflow(), 0);
    });
  }

  for (const colorScheme of ["light", "dark"]) {
    test(`has no accessibility violation in ${colorScheme} mode: empty, filled, disconnected`, async (t) => {
      const violations = async ({ page }) => {
        await page.evaluate(AXE);
        const found = await page.evaluate(() => window.axe.run());
        return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
      };
      assert.deepEqual(await violations(await theatre.empty(t, { colorScheme })), []);
      assert.deepEqual(await violations(await theatre.filled(t, { colorScheme })), []);
      assert.deepEqual(await violations(await theatre.refused(t, { colorScheme })), []);
    });
  }
});

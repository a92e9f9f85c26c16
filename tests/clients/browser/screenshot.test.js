/** The picture in the README: always the same. Written with SALURAN_SCREENSHOTS=1, else only looked at. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";

import Publisher from "pusher";

import { Dashboard } from "./support/dashboard.js";
import { dayEvents, fleetEvents } from "./support/fleet.js";
import { Theatre } from "./support/theatre.js";

const FILE = new URL("../../../examples/dashboards/screenshots/rvm-dashboard.png", import.meta.url);
/** What a first run shows: the shipped app, on the shipped port. */
const SHIPPED = { id: "1001", key: "saluran-key", secret: "saluran-secret" };
const SHIPPED_PORT = 6001;
const NOON = Date.UTC(2025, 8, 19, 5, 0, 0);
const BETWEEN_EVENTS = 600;

test("the dashboard stands for a picture", async (t) => {
  const writing = process.env.SALURAN_SCREENSHOTS === "1";
  const theatre = await Theatre.open(Publisher, SHIPPED, writing ? SHIPPED_PORT : 0);
  t.after(() => theatre.close());
  const dashboard = await Dashboard.open(t, theatre.browser, "about:blank", { timezoneId: "Asia/Jakarta" });
  const { page } = dashboard;

  const events = [...fleetEvents(NOON), ...dayEvents(NOON)];
  let now = NOON - events.length * BETWEEN_EVENTS;
  await page.clock.setFixedTime(now);
  await page.goto(theatre.url);
  await dashboard.connected();
  for (const [index, event] of events.entries()) {
    now += BETWEEN_EVENTS;
    await page.clock.setFixedTime(now);
    await theatre.publish([event]);
    await dashboard.counted(index + 1);
  }
  await page.clock.setFixedTime(NOON + 2000);
  await page.locator(".figures").filter({ hasText: "2 sec. ago" }).waitFor();

  const picture = await page.screenshot({ animations: "disabled" });
  assert.equal(picture.readUInt32BE(16), 1280);
  assert.equal(picture.readUInt32BE(20), 800);
  if (writing) writeFileSync(FILE, picture);
});

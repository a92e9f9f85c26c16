/** One whole run of 60 s at 30 Hz on eight lanes, as judge, teams and audience see it. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { launch, Tab } from "./support/browser.js";
import { Contest, countRectangles, drawn, LANES, Line, table } from "./support/contest.js";
import { until } from "../js/support/wait.js";

const HERTZ = 30;
/** From before the run until after it: what is outside of it belongs to no run. */
const FILMED = 65 * HERTZ;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function open(t, browser, address, options) {
  const tab = await Tab.open(t, browser, options);
  await tab.page.addInitScript(countRectangles);
  await tab.page.goto(address);
  return tab;
}

const text = (page, id) => page.getByTestId(id).innerText();
const seconds = async (page) => {
  const [minutes, rest] = (await text(page, "timer")).split(":").map(Number);
  return minutes * 60 + rest;
};
const millimetres = async (page, id) => Number.parseFloat(await text(page, id));

test("a run of a minute: every point is drawn, whenever a page came and whatever happened to it", async (t) => {
  const contest = await Contest.open(t);
  const browser = await launch();
  t.after(() => browser.close());
  const line = await Line.open(t, contest.broker.port);

  const judge = await open(t, browser, contest.page("judge/", "judge"));
  const early = await open(t, browser, contest.page("team/?lane=1", "viewer"));
  const shaky = await open(t, browser, contest.page("team/?lane=3", "viewer", line.url));
  const filming = contest.film(HERTZ, FILMED);
  await judge.page.getByTestId("start").click();
  await judge.page.getByTestId("timer").filter({ hasText: "00:01" }).waitFor();
  const began = Date.now() - 1000;

  // C1-11, E4: who comes late knows all.
  await pause(began + 15_000 - Date.now());
  const late = await open(t, browser, contest.page("team/?lane=2", "viewer"));
  await late.page.getByTestId("category").filter({ hasText: "Steel" }).waitFor();
  await late.page.getByTestId("frequency").filter({ hasText: "1.5 Hz" }).waitFor();
  assert.ok(Math.abs((await seconds(late.page)) - (await seconds(early.page))) <= 1, "the timers agree");
  assert.ok(Math.abs((await seconds(late.page)) - (Date.now() - began) / 1000) <= 1.5, "the timer is the run's");
  await until(async () => (await drawn(late.page, "1.5")).total > 12 * HERTZ, "the points before it came");

  // E5, D1: a page that is cut off for 5 s says so, comes back by itself, and has no hole.
  line.cut();
  await shaky.page.getByTestId("missed").waitFor();
  await pause(5000);
  line.mend();
  await shaky.page.getByTestId("connection").filter({ hasText: "Connected" }).waitFor({ timeout: 20_000 });

  // E3: the judge's tab is closed; the run ends all the same.
  await judge.page.close();
  await filming;
  const last = async () => (await contest.call("GET", "/state")).state.last;
  await until(async () => (await last()) !== null, "the end of the run", 30_000);
  assert.equal((await last()).ended_by, "time");
  for (const { page } of [early, late, shaky]) {
    await page.getByTestId("status").filter({ hasText: "Stopped" }).waitFor();
    assert.equal(await text(page, "timer"), "00:00");
  }

  const again = await open(t, browser, contest.page("judge/", "judge"), { viewport: { width: 1600, height: 900 } });
  const exported = table(await contest.call("GET", "/exports/points.csv?session_id=1"));
  const everything = table(await contest.call("GET", "/exports/points.csv"));
  const rowsOf = (lane) => exported.filter((row) => row.laptop_id === String(lane));
  const counts = LANES.map((lane) => rowsOf(lane).length);
  // A sender that was held up catches up, so there may be a few more.
  assert.ok(counts.every((count) => count >= 60 * HERTZ - 3), `a minute at ${HERTZ} Hz: ${counts}`);

  // C1-13, A11-18: all points, at their time, as far as the axis goes; counted apart from what the chart says.
  for (const [{ page }, lanes] of [[early, [1]], [late, [2]], [shaky, [3]], [again, LANES]]) {
    const expected = lanes.reduce((sum, lane) => sum + counts[lane - 1], 0);
    const complete = async () => (await drawn(page, "1.5")).total === expected;
    await until(complete, `${expected} points of lanes ${lanes}`, 20_000);
    const shown = await drawn(page, "1.5");
    assert.deepEqual(shown.said, Object.fromEntries(lanes.map((lane) => [lane, counts[lane - 1]])));
    assert.equal(shown.rectangles, expected, "one rectangle a point");
    assert.ok(shown.right > shown.width * 0.9, `drawn to the right end: ${shown.right} of ${shown.width}`);
  }

  // The shown statistics are those of the export.
  for (const lane of LANES) {
    const values = rowsOf(lane).map((row) => Math.abs(Number(row.distb_mm)));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    assert.ok(Math.abs((await millimetres(again.page, `max-${lane}`)) - Math.max(...values)) <= 0.01);
    assert.ok(Math.abs((await millimetres(again.page, `avg-${lane}`)) - mean) <= 0.01);
    // Realtime is the newest point: the run's last, or one that came after it while it is fresh. A sender
    // that was held up gives several points one time, and any of those is the last.
    const realtime = await millimetres(again.page, `realtime-${lane}`);
    const end = Math.max(...rowsOf(lane).map((row) => Number(row.relative_seconds)));
    const lasts = rowsOf(lane).filter((row) => Number(row.relative_seconds) > end - 0.1);
    const newest = everything.findLast((row) => row.laptop_id === String(lane));
    const isShown = (row) => Math.abs(Math.abs(Number(row.distb_mm)) - realtime) <= 0.01;
    assert.ok([...lasts, newest].some(isShown), `lane ${lane}: ${realtime}`);
  }

  // Nothing is loaded from elsewhere.
  for (const tab of [early, late, again]) assert.deepEqual(tab.origins(), [new URL(contest.url).host]);
  for (const tab of [early, late, again]) assert.deepEqual(tab.complaints, []);
});

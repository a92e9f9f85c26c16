/** One whole run of 60 s at 30 Hz on eight lanes, as judge, teams and audience see it. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { until } from "../js/support/wait.js";
import { simulated } from "./support/cameras.js";
import { LANES } from "./support/contest.js";
import { byTeam, misplaced } from "./support/drawn.js";
import { Hall } from "./support/hall.js";
import { Line } from "./support/line.js";

const HERTZ = 30;
/** From before the run until after it: what is outside of it belongs to no run. */
const FILMED = 66;
const LONG = 25_000;
/** Six devices' pages share this one: most draw twice a second, as for people who want little movement. */
const CALM = { reducedMotion: "reduce" };

/** Waits until the run has gone on for so long, by the broker's clock. */
function second(contest, seconds) {
  const isThere = async () => ((await contest.state()).session?.elapsed_ms ?? 0) >= seconds * 1000;
  return until(isThere, `second ${seconds} of the run`, 60_000);
}

/** E4: what somebody who comes in the middle of a run knows, and how soon. */
async function comesLate(t, hall) {
  const late = await hall.team(2, CALM);
  const knows = { category: "Steel", frequency: "1.5 Hz", status: "Recording", saving: "On" };
  const took = await late.page.waitForFunction((wanted) => {
    const said = (id) => document.querySelector(`[data-testid=${id}]`)?.textContent;
    const isAllThere = Object.entries(wanted).every(([id, text]) => said(id) === text) && said("timer") !== "00:00";
    return isAllThere && performance.now() - performance.getEntriesByType("navigation")[0].loadEventEnd;
  }, knows);
  const elapsed = (await hall.contest.state()).session.elapsed_ms / 1000;
  const milliseconds = Math.round(await took.jsonValue());
  t.diagnostic(`a late page knows the run ${milliseconds} ms after it has loaded`);
  // A few hundred where the page has a core for itself; here it shares two with eight cameras and five pages.
  assert.ok(milliseconds < 3000, `soon: ${milliseconds} ms`);
  assert.ok(Math.abs((await late.seconds()) - elapsed) <= 1.2, `the timer is the run's: ${elapsed}`);
  await until(async () => (await late.drawn()).total > (elapsed - 1) * HERTZ, "the points before it came");
  return late;
}

/** E5: the page says that it has lost the broker and when it tries again, and comes back by itself. */
async function blip(contest, line, seat, seconds) {
  const from = (await contest.state()).session.elapsed_ms / 1000;
  line.cut();
  await seat.at("missed").waitFor();
  await seat.says("connection", /next attempt in \d+ s/);
  await second(contest, from + seconds);
  line.mend();
  await seat.connected(LONG);
}

test("a run of a minute: every point is drawn, whenever a page came and whatever happened to it", async (t) => {
  const hall = await Hall.open(t);
  const { contest } = hall;
  const lines = await Promise.all([1, 2, 3].map(() => Line.open(t, contest.broker.port)));
  const behind = (line, lane) => hall.sit(contest.page(`team/?lane=${lane}`, "viewer", line.url), CALM);

  const judge = await hall.judge();
  const early = await hall.team(1);
  const [blinking, away, faded] = await Promise.all(lines.map((line, at) => behind(line, at + 3)));
  for (const seat of hall.seats) await seat.connected();
  const filming = simulated(t, contest, { hertz: HERTZ, seconds: FILMED });
  await until(async () => (await contest.call("GET", "/lanes")).lanes.every(({ received }) => received > 0), "all cameras");
  await judge.click("start");
  // E3: the judge's tab is closed; the run goes on and ends all the same.
  await judge.says("timer", "00:05");
  await judge.page.close();

  await second(contest, 10);
  lines[2].silence();
  const [late] = await Promise.all([
    second(contest, 12).then(() => comesLate(t, hall)),
    blip(contest, lines[0], blinking, 5),
    blip(contest, lines[1], away, 20),
    faded.at("missed").waitFor({ timeout: LONG }),
  ]);
  await second(contest, 40);
  lines[2].mend();
  const [own, others] = [await early.seconds(), await late.seconds()];
  assert.ok(Math.abs(own - others) <= 1, `the timers agree: ${own}, ${others}`);

  await until(async () => (await contest.state()).last !== null, "the end of the run", 60_000);
  const { last } = await contest.state();
  assert.deepEqual([last.ended_by, last.auto_stopped, last.duration_seconds], ["time", true, 60]);
  for (const seat of [early, late, blinking, away, faded]) {
    await seat.says("status", "Stopped", LONG);
    assert.equal(await seat.text("timer"), "00:00");
  }
  const account = await filming;
  const all = await contest.exported();
  assert.deepEqual([account.acknowledged, account.refused, all.length], [account.sent, {}, account.sent]);

  const again = await hall.judge();
  const rows = all.filter((row) => row.session_id === `${last.session_id}`);
  const rowsOf = (lane) => rows.filter((row) => row.laptop_id === `${lane}`);
  const counts = LANES.map((lane) => rowsOf(lane).length);
  t.diagnostic(`sent ${account.sent}, acknowledged ${account.acknowledged}, stored ${all.length}; in the run ${counts}`);
  // Cameras that are held up catch up: a few of before fall into the run, or of its last ones after it.
  assert.ok(counts.every((count) => Math.abs(count / (60 * HERTZ) - 1) < 0.05), `a minute at ${HERTZ} Hz: ${counts}`);

  // C1-13, A11-18: all points, at their time, as far as the axis goes; counted apart from what the chart says.
  for (const [seat, lanes] of [[early, [1]], [late, [2]], [blinking, [3]], [away, [4]], [faded, [5]], [again, LANES]]) {
    const expected = Object.fromEntries(lanes.map((lane) => [lane, counts[lane - 1]]));
    const total = lanes.reduce((sum, lane) => sum + counts[lane - 1], 0);
    await seat.shows(total, "1.5", LONG);
    const picture = await seat.drawn();
    const { said, rectangles } = picture;
    assert.deepEqual(said, expected);
    assert.equal(rectangles.length, total, "one rectangle a point");
    if (seat === again) assert.deepEqual(byTeam(rectangles), expected);
    const times = rows.filter((row) => lanes.includes(Number(row.laptop_id))).map((row) => Number(row.relative_seconds));
    t.diagnostic(`lanes ${lanes}: ${rectangles.length} drawn, at most ${misplaced(picture, times).toFixed(1)} px off`);
    assert.ok(misplaced(picture, times) <= 3, "each at its time");
  }

  // What the pages show is what the export says.
  for (const lane of LANES) {
    const values = rowsOf(lane).map((row) => Math.abs(Number(row.distb_mm)));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    // After a run cameras go on, and the number is live.
    const newest = all.filter((row) => row.laptop_id === `${lane}`).at(-1);
    for (const [name, value] of [["max", Math.max(...values)], ["avg", mean], ["realtime", Math.abs(newest.distb_mm)]]) {
      const shown = await again.millimetres(`${name}-${lane}`);
      assert.ok(Math.abs(shown - value) <= 0.0051, `${name} of lane ${lane}: ${shown}, exported ${value}`);
    }
    const team = { 1: early, 2: late, 3: blinking, 4: away, 5: faded }[lane];
    for (const [name, value] of [["max", Math.max(...values)], ["avg", mean], ["realtime", values.at(-1)]]) {
      if (team === undefined) continue;
      const shown = await team.millimetres(`${name}-1.5`);
      assert.ok(Math.abs(shown - value) <= 0.0051, `${name} on page ${lane}: ${shown}, exported ${value}`);
    }
  }

  // Nothing is loaded from elsewhere.
  const here = [contest.url, ...lines.map(({ url }) => url)].map((url) => new URL(url).host);
  for (const { tab } of hall.seats) assert.ok(tab.origins().every((host) => here.includes(host)), `${tab.origins()}`);
  for (const { tab } of [judge, early, late, again]) assert.deepEqual(tab.complaints, []);
});

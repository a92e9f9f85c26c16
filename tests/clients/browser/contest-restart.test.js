/** The broker is killed in the middle of a run, with pages open and cameras at work. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { until } from "../js/support/wait.js";
import { simulated } from "./support/cameras.js";
import { LANES } from "./support/contest.js";
import { byTeam } from "./support/drawn.js";
import { Hall } from "./support/hall.js";

/** The pages see the broker go and come back within it, also on a busy machine. */
const RUN = 35;
const DEATH = 5;
const LONG = 45_000;

test("a broker that is killed in a run comes back, and so do the pages", async (t) => {
  const hall = await Hall.open(t, { SALURAN_CONTEST_RUN: `${RUN}s` });
  const { contest } = hall;
  const [judge, one, five] = [await hall.judge(), await hall.team(1), await hall.team(5)];
  const pages = [judge, one, five];
  const filming = simulated(t, contest, { hertz: 10, seconds: RUN + 10 });
  await until(async () => (await contest.call("GET", "/lanes")).lanes.every(({ received }) => received > 0), "all cameras");
  await judge.click("start");
  await until(async () => ((await contest.state()).session?.elapsed_ms ?? 0) >= DEATH * 1000, "the middle of the run");

  await contest.die();
  for (const seat of pages) {
    await seat.says("connection", /next attempt in \d+ s/);
    await seat.at("missed").waitFor();
    assert.ok((await seat.drawn()).total > 0, "what was there stays to be seen");
  }
  await contest.revive();
  const revived = performance.now();
  const { session } = await contest.state();
  assert.equal(session?.session_id, 1, "the run goes on");
  for (const seat of pages) await seat.connected(LONG);
  t.diagnostic(`all pages are back ${Math.round(performance.now() - revived)} ms after the broker`);
  for (const seat of pages) await seat.at("missed").waitFor({ state: "hidden" });

  await until(async () => (await contest.state()).session === null, "the end of the run", LONG);
  const { last } = await contest.state();
  assert.deepEqual([last.session_id, last.ended_by, last.duration_seconds], [1, "time", RUN]);
  const account = await filming;
  const all = await contest.exported();
  const inRun = all.filter(({ session_id }) => session_id === "1");
  t.diagnostic(`sent ${account.sent}, acknowledged ${account.acknowledged}, stored ${all.length}, in the run ${inRun.length}`);
  // What was safe when the broker died, and was not acknowledged any more, is known to it when it is sent again.
  assert.deepEqual([all.length, account.refused], [account.sent, {}]);
  assert.equal(new Set(all.map(({ serial }) => serial)).size, all.length, "each once");
  assert.ok(account.reconnects >= LANES.length, "every camera was cut off");

  const expected = Object.fromEntries(LANES.map((lane) => [lane, inRun.filter((row) => row.laptop_id === `${lane}`).length]));
  for (const seat of pages) await seat.says("status", "Stopped");
  await judge.shows(inRun.length);
  assert.deepEqual(byTeam((await judge.drawn()).rectangles), expected);
  for (const [seat, lane] of [[one, 1], [five, 5]]) {
    await seat.shows(expected[lane]);
    assert.equal((await seat.drawn()).rectangles.length, expected[lane]);
  }
});

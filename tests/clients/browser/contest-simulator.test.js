/** E10: the users' own simulator for a minute, with nobody before a camera and no judge. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { until } from "../js/support/wait.js";
import { simulateData } from "./support/cameras.js";
import { LANES } from "./support/contest.js";
import { byTeam, misplaced } from "./support/drawn.js";
import { Hall } from "./support/hall.js";

/** 2 Hz for a minute. */
const POINTS = 120;
/** Of a bar, in pixels; at the ends of the axis it gives way to the edge by half of it. */
const WIDEST = 10;

test("E10: after a minute at 2 Hz every series shows 120 points, as far as the axis goes", async (t) => {
  const hall = await Hall.open(t, { SALURAN_GATEWAY_RELAY: "true" });
  const { contest } = hall;
  const judge = await hall.judge();
  const team = await hall.team(7);
  const playing = simulateData(t, contest, { interval: 0.5, seconds: 60 });
  await judge.says("status", "Recording");
  await team.says("status", "Recording");
  assert.match(await playing, /120 batches of 8 lanes sent/);
  await until(async () => (await contest.state()).session === null, "the end of the run");

  const rows = await contest.exported("?session_id=1");
  // What a busy machine sends too late is after the run; all that is in it must be on the pages.
  const points = rows.filter(({ laptop_id }) => laptop_id === "1").length;
  assert.ok(points > POINTS * 0.9 && points <= POINTS, `${points} of ${POINTS} in the run`);
  for (const [seat, lanes] of [[judge, LANES], [team, [7]]]) {
    await seat.says("status", "Stopped");
    await seat.shows(points * lanes.length);
    const picture = await seat.drawn();
    const { said, rectangles } = picture;
    const expected = Object.fromEntries(lanes.map((lane) => [lane, points]));
    assert.deepEqual(said, expected);
    assert.equal(rectangles.length, points * lanes.length);
    if (seat === judge) assert.deepEqual(byTeam(rectangles), expected);
    const times = rows.filter((row) => lanes.includes(Number(row.laptop_id))).map((row) => Number(row.relative_seconds));
    assert.ok(Math.max(...times) > 58, `the last is at ${Math.max(...times)} s`);
    assert.ok(misplaced(picture, times) <= WIDEST / 2, `each at its time: ${misplaced(picture, times)} px off`);
  }
});

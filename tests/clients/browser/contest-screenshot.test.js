/**
 * The contest's pictures in the README. Written with SALURAN_SCREENSHOTS=1, in a whole run; else only looked at, a
 * moment after its start.
 */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";

import { until } from "../js/support/wait.js";
import { simulated } from "./support/cameras.js";
import { Hall } from "./support/hall.js";

const FOLDER = new URL("../../../examples/dashboards/screenshots/", import.meta.url);
const WRITING = process.env.SALURAN_SCREENSHOTS === "1";
/** Seconds: of a run, and of the moment in it. In the README the frequency before it has had its whole run. */
const [RUN, MOMENT] = [60, WRITING ? 42 : 4];
const HERTZ = WRITING ? 30 : 5;
/** As after a first start. */
const PORT = WRITING ? 6001 : 0;
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const LONG = 70_000;

const sizeOf = (picture) => [picture.readUInt32BE(16), picture.readUInt32BE(20)];

test("judge, team and phone stand for pictures in a run", async (t) => {
  const hall = await Hall.open(t, { SALURAN_CONTEST_RUN: `${RUN}s` }, PORT);
  const { contest } = hall;
  const seats = {
    judge: await hall.judge(),
    team: await hall.team(5, { viewport: { width: 1280, height: 800 } }),
    "team-phone": await hall.team(5, { ...PHONE, locale: "id-ID" }),
  };
  simulated(t, contest, { hertz: HERTZ, seconds: RUN + MOMENT + 20 });
  await until(async () => (await contest.call("GET", "/lanes")).lanes.every(({ received }) => received > 0), "all cameras");
  await contest.begin(1.5);
  if (!WRITING) await contest.end();
  await until(async () => (await contest.state()).last !== null, "the end of the first run", LONG);
  await contest.begin(2.5);
  await until(async () => (await contest.state()).session?.elapsed_ms >= MOMENT * 1000, "the moment", LONG);

  for (const [name, seat] of Object.entries(seats)) {
    const ended = seat.at("ended");
    if (await ended.isVisible()) await ended.getByRole("button", { name: "Close" }).click();
    await until(async () => (await seat.drawn("2.5")).total >= (MOMENT - 1) * HERTZ, `points of ${name}`);
    await seat.page.evaluate(() => window.scrollTo(0, 0));
    // A camera that has just lost its marker is no picture of how it usually is.
    await seat.page.getByText(/All is well|in order|Semuanya beres/).first().waitFor();
    const picture = await seat.page.screenshot({ animations: "disabled" });
    const { width, height } = seat.page.viewportSize();
    assert.deepEqual(sizeOf(picture), [width, height]);
    assert.equal(await seat.overflow(), 0, name);
    if (WRITING) writeFileSync(new URL(`${name}.png`, FOLDER), picture);
  }
});

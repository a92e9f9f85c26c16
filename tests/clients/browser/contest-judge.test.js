/** What a judge does, and what all other pages make of it. Runs are short here. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { until } from "../js/support/wait.js";
import { ABOVE, BELOW, misplaced, reached } from "./support/drawn.js";
import { Hall } from "./support/hall.js";

const LANES = [1, 2, 3];
const EIGHT = [1, 2, 3, 4, 5, 6, 7, 8];
const POINTS = 20;
const ALL = POINTS * LANES.length;

const sum = (values) => values.reduce((total, value) => total + value, 0);

/** A run whose points are all there, on three lanes. */
async function recorded(hall, frequency = 1.5, category = "baja") {
  const run = await hall.contest.begin(frequency, category);
  await hall.contest.film(20, POINTS, LANES);
  await hall.contest.end();
  return run.session_id;
}

/** Maxima and means of the three lanes, as the judge's table shows them. */
function table(judge) {
  const cells = LANES.flatMap((lane) => [`max-${lane}`, `avg-${lane}`]);
  return Promise.all(cells.map((cell) => judge.text(cell)));
}

async function exportedBy(hall, run) {
  const rows = await hall.contest.exported(`?session_id=${run}`);
  return LANES.flatMap((lane) => {
    const values = rows.filter((row) => row.laptop_id === `${lane}`).map((row) => Math.abs(Number(row.distb_mm)));
    return [Math.max(...values), sum(values) / values.length].map((value) => `${value.toFixed(2)} mm`);
  });
}

describe("the judge's page", () => {
  test("E7: a category keeps its charts while the other one is looked at", async (t) => {
    const hall = await Hall.open(t);
    const [judge, team] = [await hall.judge(), await hall.team(1)];
    const baja = await recorded(hall);
    await judge.shows(ALL);
    const before = await table(judge);
    assert.deepEqual(before, await exportedBy(hall, baja));

    await judge.at("category").selectOption("beton");
    for (const seat of [judge, team]) await seat.shows(0);
    await team.says("category", "Concrete");
    await team.says("team-name", "Tim 1 - Politeknik Negeri Bandung_Wirajaya Palawiri (B-1)");
    const beton = await recorded(hall, 1.5, "beton");
    await judge.shows(ALL);
    assert.deepEqual(await table(judge), await exportedBy(hall, beton));

    await judge.at("category").selectOption("baja");
    await judge.shows(ALL);
    await team.shows(POINTS);
    await team.says("team-name", "Tim 1 - Universitas Udayana_Abhipraya (A-1)");
    assert.deepEqual(await table(judge), before);
    assert.deepEqual(await table(judge), await exportedBy(hall, baja));
    const categories = (await hall.contest.exported()).map(({ category }) => category);
    assert.deepEqual([categories.length, categories.filter((one) => one === "baja").length], [2 * ALL, ALL]);
  });

  test("E8: a model that collapses: the button asks, keeps what there is, and all pages say so", async (t) => {
    const hall = await Hall.open(t);
    const [judge, team] = [await hall.judge(), await hall.team(2)];
    await judge.click("start");
    await judge.says("status", "Recording");
    await hall.contest.film(20, POINTS, LANES);
    await judge.click("collapse");
    await judge.click("cancel");
    await judge.at("dialog").waitFor({ state: "detached" });
    assert.notEqual((await hall.contest.state()).session, null, "not without a yes");
    await judge.click("collapse");
    await judge.click("confirm");
    for (const seat of [judge, team]) await seat.says("status", "Collapsed");

    const { last } = await hall.contest.state();
    assert.deepEqual([last.collapsed, last.auto_stopped, last.ended_by], [true, false, "collapse"]);
    await judge.shows(ALL);
    await team.shows(POINTS);
    await judge.says("chart-1.5", `collapsed after ${last.duration_seconds} s`);
    assert.equal((await hall.contest.exported(`?session_id=${last.session_id}`)).length, ALL);
  });

  test("E9: -10, 20 and -30 mm: realtime 30, max 30, mean 20, and bars to both sides", async (t) => {
    const hall = await Hall.open(t);
    const [judge, team] = [await hall.judge(), await hall.team(1)];
    await hall.contest.begin();
    for (const [seconds, distb] of [-10, 20, -30].entries()) {
      // Far from even in time: at about 0, 1 and 4 s.
      await until(async () => (await hall.contest.state()).session.elapsed_ms >= seconds ** 2 * 1000, "its time");
      await hall.contest.point(1, distb);
    }
    await hall.contest.end();
    await judge.shows(3);
    await team.shows(3);
    for (const [seat, place] of [[judge, "1"], [team, "1.5"]]) {
      const shown = await Promise.all(["realtime", "max", "avg"].map((name) => seat.text(`${name}-${place}`)));
      assert.deepEqual(shown, ["30.00 mm", "30.00 mm", "20.00 mm"]);
    }
    const picture = await team.drawn();
    assert.deepEqual(picture.rectangles.map(({ colour }) => colour).sort(), [BELOW, BELOW, ABOVE].sort());
    const shown = reached(picture).sort((one, other) => one - other);
    for (const [at, distb] of [-30, -10, 20].entries()) assert.ok(Math.abs(shown[at] - distb) < 3, `${shown} mm`);
    const times = (await hall.contest.exported()).map((row) => Number(row.relative_seconds));
    assert.ok(misplaced(picture, times) <= 6, `each at its time: ${misplaced(picture, times)} px off`);
  });

  test("all teams' pages have the same axis, whatever is on them", async (t) => {
    const hall = await Hall.open(t);
    const judge = await hall.judge();
    const teams = await Promise.all(EIGHT.map((lane) => hall.team(lane)));
    const reach = async (seat, frequency) => Math.max(...Object.keys((await seat.drawn(frequency)).labels).map(Number).filter(Number.isFinite));
    const pages = [judge, ...teams];
    const agree = async (range, frequency = "1.5") => {
      const isThere = (seat) => async () => (await reach(seat, frequency)) === range;
      await Promise.all(pages.map((seat, lane) => until(isThere(seat), `±${range} mm on page ${lane}`)));
    };
    await hall.contest.begin();
    await hall.contest.point(1, 30);
    await hall.contest.point(2, 260);
    await agree(300);
    await hall.contest.point(7, -420);
    await agree(500);
    await hall.contest.end();
    await agree(500, "5.5");
    await teams[3].page.reload();
    await agree(500);
    await hall.contest.begin();
    await agree(100);
  });

  test("freeze holds every page still, with a banner, and loses nothing", async (t) => {
    const hall = await Hall.open(t);
    const [judge, team] = [await hall.judge(), await hall.team(1)];
    await hall.contest.begin();
    await hall.contest.film(20, POINTS, LANES);
    await judge.shows(ALL);
    await team.shows(POINTS);
    await judge.click("freeze");
    for (const seat of [judge, team]) await seat.at("frozen").waitFor();
    const before = await table(judge);
    await hall.contest.film(20, POINTS, LANES);
    await team.says("frozen", `${POINTS} points wait`);
    await judge.says("frozen", `${ALL} points wait`);
    await judge.shows(ALL);
    await team.shows(POINTS);
    assert.deepEqual(await table(judge), before);

    // Who comes now sees what was there, too, and no more than that tells otherwise.
    const late = await hall.team(1);
    await late.at("frozen").waitFor();
    await judge.click("freeze");
    for (const seat of [judge, team, late]) await seat.at("frozen").waitFor({ state: "hidden" });
    await judge.shows(2 * ALL);
    for (const seat of [team, late]) await seat.shows(2 * POINTS);
  });

  test("a clear reaches all pages, and its undo too", async (t) => {
    const hall = await Hall.open(t);
    const [judge, second, team] = [await hall.judge(), await hall.judge(), await hall.team(1)];
    const [kept, cleared] = [await recorded(hall, 1.5), await recorded(hall, 2.5)];
    for (const seat of [judge, second]) await seat.shows(ALL, "2.5");
    await judge.click("clear");
    const dialog = judge.at("dialog");
    await dialog.getByRole("radio", { name: "One run" }).check();
    await dialog.getByRole("combobox").selectOption(`${cleared}`);
    await judge.says("dialog", `${ALL} points, as many as are stored`);
    await judge.click("confirm");
    for (const seat of [judge, second, team]) {
      await seat.shows(0, "2.5");
      await seat.shows(seat === team ? POINTS : ALL, "1.5");
    }
    const runs = (await hall.contest.exported()).map(({ session_id }) => Number(session_id));
    assert.deepEqual([runs.length, new Set(runs)], [ALL, new Set([kept])]);

    // A page that opens now shows no more than those that were open.
    const late = await hall.judge();
    await late.shows(ALL, "1.5");
    await late.shows(0, "2.5");

    // Another judge may take it back.
    await second.click("undo");
    await second.says("notice", `${ALL} points are back`);
    for (const seat of [judge, second]) await seat.shows(ALL, "2.5");
    await team.shows(POINTS, "2.5");
    assert.equal((await hall.contest.exported()).length, 2 * ALL);
    await judge.at("undo").waitFor({ state: "detached" });
  });

  test("a run without any point gives way to the one before it, on open pages and on reloaded ones", async (t) => {
    const hall = await Hall.open(t);
    const [judge, team] = [await hall.judge(), await hall.team(1)];
    await recorded(hall);
    await judge.shows(ALL);
    await judge.click("start");
    for (const seat of [judge, team]) await seat.shows(0);
    await judge.click("stop");
    await judge.says("hint", `The latest run at 1.5 Hz has no points. The charts show the one before it, with ${ALL} points.`);
    for (const seat of [judge, team]) await seat.page.reload();
    await judge.shows(ALL);
    await team.shows(POINTS);
    await judge.says("hint", "The latest run at 1.5 Hz has no points.");
  });

  test("a judge's page knows all after a reload, and a second judge follows the first", async (t) => {
    const hall = await Hall.open(t);
    const [judge, second] = [await hall.judge(), await hall.judge()];
    await judge.at("category").selectOption("beton");
    await second.says("run", "Concrete");
    await judge.at("frequency").selectOption("3.5");
    await judge.click("start");
    await judge.says("status", "Recording");
    await hall.contest.film(20, POINTS, LANES);
    await judge.page.reload();
    for (const seat of [judge, second]) {
      await seat.says("status", "Recording");
      await seat.says("run", "Concrete · 3.5 Hz");
      await seat.shows(ALL, "3.5");
      assert.equal(await seat.at("category").inputValue(), "beton");
      assert.equal(await seat.at("frequency").inputValue(), "3.5");
      assert.ok(await seat.at("category").isDisabled(), "locked during a run");
      const elapsed = (await hall.contest.state()).session.elapsed_ms / 1000;
      assert.ok(Math.abs((await seat.seconds()) - elapsed) <= 1.2, `the timer goes on: ${elapsed}`);
    }
    await second.click("stop");
    await judge.says("status", "Stopped");
    await second.click("realtime");
    for (const seat of [judge, second]) await seat.says("realtime", "Start Realtime Data");
    await judge.page.reload();
    await judge.says("realtime", "Start Realtime Data");
    await judge.says("saving", "Off");
    await assert.rejects(hall.contest.point(1, 1), "the valve is shut");
  });

  test("a run needs no mouse: start, stop, and a dialog that holds the focus and gives it back", async (t) => {
    const hall = await Hall.open(t);
    const judge = await hall.judge();
    const { page } = judge;
    const focused = () => page.evaluate(() => document.activeElement?.dataset.testid ?? "");
    const tabTo = async (id) => {
      for (let step = 0; (await focused()) !== id; step += 1) {
        assert.ok(step < 100, `${id} cannot be reached with the Tab key`);
        await page.keyboard.press("Tab");
      }
    };
    await judge.connected();
    await tabTo("start");
    await page.keyboard.press("Enter");
    await judge.says("status", "Recording");
    await until(async () => (await focused()) === "stop", "the focus is where the run ends");
    await page.keyboard.press("Enter");
    await judge.says("status", "Stopped");

    await page.keyboard.press("Shift+R");
    await judge.says("status", "Recording");
    await tabTo("collapse");
    await page.keyboard.press("Space");
    await until(async () => (await focused()) === "cancel", "the focus is on what does no harm");
    for (let step = 0; step < 6; step += 1) {
      await page.keyboard.press("Tab");
      const isInside = await page.evaluate(() => {
        const { activeElement, body } = document;
        // Past its last button the focus may visit the browser's own controls, never the page behind.
        return activeElement === body || activeElement.closest("dialog") !== null;
      });
      assert.ok(isInside, "the focus stays in the dialog");
    }
    await page.keyboard.press("Shift+S");
    await page.keyboard.press("Escape");
    await judge.at("dialog").waitFor({ state: "detached" });
    await until(async () => (await focused()) === "collapse", "the focus is back");
    assert.notEqual((await hall.contest.state()).session, null, "no key reaches past a dialog");
    await page.keyboard.press("Enter");
    await tabTo("confirm");
    await page.keyboard.press("Enter");
    await judge.says("status", "Collapsed");
    assert.equal((await hall.contest.state()).last.ended_by, "collapse");
  });
});

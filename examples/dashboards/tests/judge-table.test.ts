import assert from "node:assert/strict";
import { test } from "node:test";

import { LANES, aliasOf, type Team } from "../src/contest/model.ts";
import { pointsOf } from "../src/judge/clear.ts";
import { nextFrequency } from "../src/judge/ended.ts";
import { shortName, shownOf, tableOf } from "../src/judge/table.ts";
import { changedTeams } from "../src/judge/teams.ts";
import { fill, freeItem, known, run, speech, state, statistics } from "./judge-known.ts";

const SHOWN = { category: "baja", frequency: 1.5 } as const;

test("the table shows magnitudes: the latest, the largest and the mean of all", () => {
  const contest = known();
  fill(contest, 3, 1.5, [-10, 20, -30]);
  const row = tableOf(contest, SHOWN)[2];
  assert.ok(row);
  assert.deepEqual([row.realtime, row.max, row.avg].map(speech.mm), ["30.00 mm", "30.00 mm", "20.00 mm"]);
  assert.equal(row.alias, "A-3");
});

test("the smallest maximum that is not zero is stable, and a lane without points is nothing", () => {
  const contest = known();
  fill(contest, 1, 1.5, [12]);
  fill(contest, 2, 1.5, [-40]);
  fill(contest, 4, 1.5, [20]);
  const rows = tableOf(contest, SHOWN);
  assert.deepEqual(rows.map(({ place }) => place), ["best", "worst", null, null, null, null, null, null]);
  assert.deepEqual(rows.map(({ source }) => source), ["run", "run", "none", "run", "none", "none", "none", "none"]);
});

test("outside a run the number is live, and belongs to no run", () => {
  const contest = known();
  fill(contest, 3, 1.5, [5]);
  contest.book.take(freeItem(3, -12.5));
  const row = tableOf(contest, SHOWN)[2];
  assert.deepEqual([row?.realtime, row?.max, row?.source], [12.5, 5, "free"]);
});

test("the other category and other frequencies are other numbers", () => {
  const contest = known();
  fill(contest, 1, 2.5, [99]);
  assert.equal(tableOf(contest, SHOWN)[0]?.max, 0);
  assert.equal(tableOf(contest, { category: "beton", frequency: 2.5 })[0]?.max, 0);
  assert.equal(tableOf(contest, { category: "baja", frequency: 2.5 })[0]?.max, 99);
});

test("the page is about the running run, whatever is chosen for the next", () => {
  assert.deepEqual(shownOf(null), SHOWN);
  assert.deepEqual(shownOf(state({ category: "beton", frequency: 4.5 })), { category: "beton", frequency: 4.5 });
  const running = run(1, 2.5, { status: "running" });
  assert.deepEqual(shownOf(state({ category: "beton", session: running })), { category: "baja", frequency: 2.5 });
});

test("a team is called by its name, its institution is left out", () => {
  assert.equal(shortName("Universitas Udayana_Abhipraya"), "Abhipraya");
  assert.equal(shortName("Abhipraya"), "Abhipraya");
  assert.equal(shortName("Universitas_"), "Universitas_");
});

test("what a clear would take is counted: one run, one lane, one lane of a category, all", () => {
  const stored = [statistics(7, 1, 3), statistics(7, 2, 2), statistics(8, 1, 1), statistics(null, 1, 5)];
  assert.equal(pointsOf(stored, { scope: "run", session_id: 7 }), 5);
  assert.equal(pointsOf(stored, { scope: "run", session_id: 9 }), 0);
  assert.equal(pointsOf(stored, { scope: "lane", laptop_id: 1 }), 9);
  assert.equal(pointsOf(stored, { scope: "lane", laptop_id: 1, category: "beton" }), 0);
  assert.equal(pointsOf(stored, { scope: "all" }), 11);
});

test("frequencies are offered in rising order, and none after the last", () => {
  assert.equal(nextFrequency(1.5), 2.5);
  assert.equal(nextFrequency(4.5), 5.5);
  assert.equal(nextFrequency(5.5), null);
});

test("only names that were changed here are saved", () => {
  const teams = LANES.map((lane): Team => ({ laptop_id: lane, category: "beton", nama_tim: `T${lane}`, alias: aliasOf(lane, "beton") }));
  const names = teams.map((team) => ({ team, name: team.laptop_id === 5 ? " Baru " : ` ${team.nama_tim}` }));
  assert.deepEqual(changedTeams(names), [{ laptop_id: 5, category: "beton", nama_tim: "Baru" }]);
});

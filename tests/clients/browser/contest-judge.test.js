/** The judge's work and what everybody sees of it: collapse, clear, freeze, categories, roles, languages, pictures. */

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";

import { launch, Tab } from "./support/browser.js";
import { Contest, drawn, countRectangles, LANES, token } from "./support/contest.js";
import { until } from "../js/support/wait.js";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PICTURES = new URL("../../../examples/dashboards/screenshots/", import.meta.url);

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

async function open(t, contest, path, role, options) {
  const tab = await Tab.open(t, browser, options);
  await tab.page.addInitScript(countRectangles);
  await tab.page.goto(contest.page(path, role));
  await tab.page.getByTestId("connection").filter({ hasText: /Connected|Terhubung/ }).waitFor();
  return tab;
}

const shows = (page, id, text) => page.getByTestId(id).filter({ hasText: text }).first().waitFor();
const total = async (page, frequency) => (await drawn(page, frequency)).total;

async function runWithPoints(contest, frequency, category = "baja") {
  await contest.begin(frequency, category);
  for (const lane of LANES) for (const distb of [-10, 20, -30]) await contest.point(lane, distb * lane);
}

test("E8, E9: the judge collapses a run by its button; numbers are of magnitudes, charts are signed", async (t) => {
  const contest = await Contest.open(t);
  const judge = await open(t, contest, "judge/", "judge");
  const team = await open(t, contest, "team/?lane=1", "viewer");
  await judge.page.getByTestId("start").click();
  await shows(judge.page, "status", "Recording");
  for (const distb of [-10, 20, -30]) await contest.point(1, distb);
  for (const [id, text] of [["realtime-1", "30.00 mm"], ["max-1", "30.00 mm"], ["avg-1", "20.00 mm"]]) {
    await shows(judge.page, id, text);
  }
  await until(async () => (await total(team.page, "1.5")) === 3, "three points on the team's page");
  await judge.page.getByTestId("collapse").click();
  await judge.page.getByTestId("confirm").click();
  await shows(judge.page, "status", "Collapsed");
  await shows(team.page, "status", "Collapsed");
  const { last } = (await contest.call("GET", "/state")).state;
  assert.deepEqual([last.collapsed, last.auto_stopped], [true, false]);
  assert.equal(await total(team.page, "1.5"), 3, "the partial data stays");
});

test("E7: a category keeps its charts while the other one is looked at", async (t) => {
  const contest = await Contest.open(t);
  await runWithPoints(contest, 1.5, "baja");
  await contest.end();
  const judge = await open(t, contest, "judge/", "judge");
  await until(async () => (await total(judge.page, "1.5")) === 24, "baja's points");
  await judge.page.getByTestId("category").selectOption("beton");
  await until(async () => (await total(judge.page, "1.5")) === 0, "no points in beton yet");
  await runWithPoints(contest, 1.5, "beton");
  await contest.end();
  await until(async () => (await total(judge.page, "1.5")) === 24, "beton's points");
  await judge.page.getByTestId("category").selectOption("baja");
  await until(async () => (await total(judge.page, "1.5")) === 24, "baja's points again");
});

test("a clear reaches all pages, and its undo too", async (t) => {
  const contest = await Contest.open(t);
  await runWithPoints(contest, 2.5);
  await contest.end();
  const judge = await open(t, contest, "judge/", "judge");
  const team = await open(t, contest, "team/?lane=2", "viewer");
  await until(async () => (await total(team.page, "2.5")) === 3, "points before");
  await judge.page.getByTestId("clear").click();
  await judge.page.getByTestId("clear-all").check();
  await judge.page.getByTestId("confirm").click();
  for (const { page } of [judge, team]) await until(async () => (await total(page, "2.5")) === 0, "cleared");
  await judge.page.getByTestId("undo").click();
  await until(async () => (await total(judge.page, "2.5")) === 24, "back for the judge");
  await until(async () => (await total(team.page, "2.5")) === 3, "back for the team");
});

test("freeze holds every page still, with a banner, and loses nothing", async (t) => {
  const contest = await Contest.open(t);
  await contest.begin();
  const judge = await open(t, contest, "judge/", "judge");
  const team = await open(t, contest, "team/?lane=1", "viewer");
  await contest.point(1, 5);
  await until(async () => (await total(team.page, "1.5")) === 1, "the first point");
  await judge.page.getByTestId("freeze").click();
  await team.page.getByTestId("frozen").waitFor();
  await contest.point(1, 6);
  await contest.point(1, 7);
  assert.equal(await total(team.page, "1.5"), 1);
  await judge.page.getByTestId("freeze").click();
  await until(async () => (await total(team.page, "1.5")) === 3, "what came meanwhile");
});

test("a judge's page knows all after a reload, and a second judge follows the first", async (t) => {
  const contest = await Contest.open(t);
  const judge = await open(t, contest, "judge/", "judge");
  const other = await open(t, contest, "judge/", "judge");
  await judge.page.getByTestId("frequency").selectOption({ label: "3.5 Hz" });
  await judge.page.getByTestId("start").click();
  await shows(other.page, "status", "Recording");
  await shows(other.page, "run", "3.5 Hz");
  await contest.point(4, 44);
  await judge.page.reload();
  await shows(judge.page, "status", "Recording");
  await shows(judge.page, "max-4", "44.00 mm");
  assert.equal(await judge.page.getByTestId("start").isDisabled(), true);
  await other.page.getByTestId("stop").click();
  const confirm = other.page.getByTestId("confirm");
  if (await confirm.isVisible()) await confirm.click();
  await shows(judge.page, "status", "Stopped");
});

test("a broker that is killed in a run comes back, and so do the pages", async (t) => {
  const contest = await Contest.open(t);
  await contest.begin();
  const team = await open(t, contest, "team/?lane=1", "viewer");
  await contest.point(1, 5);
  await until(async () => (await total(team.page, "1.5")) === 1, "the first point");
  await contest.kill();
  await contest.point(1, 6);
  await team.page.getByTestId("connection").filter({ hasText: "Connected" }).waitFor({ timeout: 30_000 });
  await until(async () => (await total(team.page, "1.5")) === 2, "both points", 20_000);
  await shows(team.page, "status", "Recording");
});

test("who may not judge cannot; an expired link says so", async (t) => {
  const contest = await Contest.open(t);
  const viewer = await open(t, contest, "judge/", "viewer");
  const start = viewer.page.getByTestId("start");
  if (await start.isEnabled()) await start.click();
  await viewer.page.waitForTimeout(300);
  assert.equal((await contest.call("GET", "/state")).state.session, null);
  const tab = await Tab.open(t, browser);
  const expired = token("viewer", { exp: Math.floor(Date.now() / 1000) - 3600 });
  await tab.page.goto(`${contest.url}/team/?lane=1#token=${expired}`);
  await tab.page.getByTestId("sign-in").waitFor();
  assert.ok(!tab.page.url().includes("token="), "the token is not left in the address");
});

test("the keyboard starts and stops a run; axe finds nothing; a phone needs no sideways scrolling", async (t) => {
  const contest = await Contest.open(t);
  const judge = await open(t, contest, "judge/", "judge");
  const start = judge.page.getByTestId("start");
  await start.focus();
  await judge.page.keyboard.press("Enter");
  await shows(judge.page, "status", "Recording");
  const team = await open(t, contest, "team/?lane=1", "viewer", { viewport: { width: 390, height: 844 }, locale: "id-ID" });
  const list = await open(t, contest, "contest/", "viewer");
  await shows(team.page, "category", "Baja");
  for (const { page } of [judge, team, list]) {
    await page.evaluate(AXE);
    const { violations } = await page.evaluate(() => globalThis.axe.run());
    assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), []);
  }
  const overflow = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;
  assert.ok((await team.page.evaluate(overflow)) <= 0);
});

/** Written with SALURAN_SCREENSHOTS=1, else only looked at. */
test("the pages of the README", async (t) => {
  const contest = await Contest.open(t);
  const judge = await open(t, contest, "judge/", "judge", { viewport: { width: 1600, height: 900 } });
  const team = await open(t, contest, "team/?lane=3", "viewer", { viewport: { width: 1366, height: 768 } });
  const phone = await open(t, contest, "team/?lane=3", "viewer", { viewport: { width: 390, height: 844 } });
  await contest.begin();
  const writing = process.env.SALURAN_SCREENSHOTS === "1";
  await contest.film(30, writing ? 900 : 60);
  for (const [{ page }, name, width] of [[judge, "judge", 1600], [team, "team", 1366], [phone, "team-phone", 390]]) {
    await until(async () => (await total(page, "1.5")) >= 50, "points");
    await page.evaluate(() => globalThis.scrollTo(0, 0));
    const picture = await page.screenshot({ animations: "disabled" });
    assert.equal(picture.readUInt32BE(16), width);
    if (writing) writeFileSync(new URL(`${name}.png`, PICTURES), picture);
  }
});

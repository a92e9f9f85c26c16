/** The contest's pages are for those who may, and for everybody among them. */

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { token } from "./support/contest.js";
import { BEAMER, context, Hall } from "./support/hall.js";

const PHONES = [320, 390];
const PAGES = ["contest/", "judge/", "team/?lane=3"];
/** Twenty of each lane, and one without its marker of two of them. */
const POINTS = 8 * 20 + 2;
const JUDGES_ONLY = ["category", "frequency", "realtime", "freeze", "clear", "start", "stop", "collapse", "teams", "self-test"];
const LONG_NAME = `${"Universitas".repeat(8)}_${"Tim".repeat(20)}`;

const seconds = (ahead) => Math.floor(Date.now() / 1000) + ahead;

describe("the contest's pages", () => {
  const whole = context();
  let hall;

  before(async () => {
    hall = await Hall.open(whole, { SALURAN_CONTEST_RUN: "10m", SALURAN_APP_TOKENS_LEEWAY: "0s" });
    const teams = [{ laptop_id: 8, category: "baja", nama_tim: LONG_NAME }];
    await hall.contest.call("PUT", "/teams", { teams });
    await hall.contest.begin();
    await hall.contest.film(20, 20);
    await hall.contest.point(3, 55.5, { is_b_detected: false });
    await hall.contest.point(1, 1, { is_b_detected: false });
  });
  after(() => whole.end());

  const visit = (t, path, role = "judge", options = {}) => hall.sit(hall.contest.page(path, role), options, t);

  test("a link lets in, and its token leaves the address", async (t) => {
    const seat = await visit(t, "team/?lane=3", "viewer");
    await seat.connected();
    assert.equal(seat.page.url(), `${hall.contest.url}/team/?lane=3`);
    await seat.says("account", "Signed in: viewer");
    await seat.page.reload();
    await seat.connected();
    assert.ok(!(await seat.page.content()).includes(token("viewer").split(".")[0]), "nor is it on the page");
  });

  test("an expired link says so, and a good one lets in after it", async (t) => {
    const old = token("viewer", { iat: seconds(-7200), exp: seconds(-3600) });
    const seat = await hall.sit(`${hall.contest.url}/team/?lane=3#token=${old}`, {}, t);
    await seat.says("sign-in", "Your link has expired.");
    await seat.page.getByLabel("Link or token").fill("   ");
    await seat.page.getByRole("button", { name: "Sign in" }).click();
    await seat.says("sign-in", "Paste the link or the token first.");
    await seat.page.getByLabel("Link or token").fill(hall.contest.page("team/?lane=3", "viewer"));
    await seat.page.keyboard.press("Enter");
    await seat.connected();
    await seat.says("status", "Recording");
  });

  test("a token that ends while the page is open takes the page away", async (t) => {
    const brief = token("viewer", { exp: seconds(3) });
    const seat = await hall.sit(`${hall.contest.url}/team/?lane=3#token=${brief}`, {}, t);
    await seat.says("status", "Recording");
    await seat.says("sign-in", "Your link has expired.");
    await seat.at("status").waitFor({ state: "hidden" });
  });

  test("without a link, and with one of another broker, nobody gets in", async (t) => {
    const none = await hall.sit(`${hall.contest.url}/judge/`, {}, t);
    await none.says("sign-in", "This page needs a link");
    assert.ok(await none.at("start").isHidden());
    const forged = `${token("judge").split(".").slice(0, 2).join(".")}.${"A".repeat(43)}`;
    const seat = await hall.sit(`${hall.contest.url}/judge/#token=${forged}`, {}, t);
    await seat.says("sign-in", "The broker does not accept this link.");
    assert.ok(await seat.at("start").isHidden());
  });

  test("Indonesian and English, chosen by keyboard, remembered, and nothing is lost by it", async (t) => {
    const seat = await visit(t, "judge/", "judge", { ...BEAMER, locale: "id-ID" });
    await seat.says("stop", "Stop Rekaman");
    await seat.says("saving", "Aktif");
    assert.equal(await seat.page.locator("html").getAttribute("lang"), "id");
    await seat.shows(POINTS);
    await seat.page.getByRole("button", { name: "English" }).focus();
    await seat.page.keyboard.press("Enter");
    await seat.says("stop", "Stop Recording");
    await seat.shows(POINTS);
    await seat.page.reload();
    await seat.says("stop", "Stop Recording");
    assert.equal(await seat.page.locator("html").getAttribute("lang"), "en");
    const team = await visit(t, "team/?lane=3", "viewer", { locale: "id-ID" });
    await team.says("category", "Baja");
    await team.says("saving", "Aktif");
  });

  for (const width of PHONES) {
    test(`no page scrolls sideways on a phone of ${width} px`, async (t) => {
      for (const path of [...PAGES, "team/?lane=8"]) {
        const seat = await visit(t, path, "judge", { viewport: { width, height: 844 }, hasTouch: true, isMobile: true });
        await seat.connected();
        if (path !== "contest/") await seat.says("status", "Recording");
        assert.equal(await seat.overflow(), 0, path);
      }
    });
  }

  for (const colorScheme of ["light", "dark"]) {
    test(`no page keeps anybody out in ${colorScheme} mode`, async (t) => {
      for (const path of PAGES) {
        const seat = await visit(t, path, "judge", { ...BEAMER, colorScheme });
        await seat.connected();
        if (path !== "contest/") await seat.says("status", "Recording");
        assert.deepEqual(await seat.violations(), [], path);
        if (path !== "judge/") continue;
        await seat.click("clear");
        await seat.at("dialog").waitFor();
        assert.deepEqual(await seat.violations(), [], "with a dialog");
      }
      const out = await hall.sit(`${hall.contest.url}/judge/`, { colorScheme }, t);
      await out.at("sign-in").waitFor();
      assert.deepEqual(await out.violations(), [], "signed out");
    });
  }

  test("a device whose clock is an hour off shows the run's own time", async (t) => {
    for (const hours of [-1, 1]) {
      const seat = await hall.sit("about:blank", {}, t);
      await seat.page.addInitScript((ahead) => {
        const right = Date.now;
        Date.now = () => right() + ahead;
      }, hours * 3_600_000);
      await seat.page.goto(hall.contest.page("team/?lane=3", "viewer"));
      await seat.says("status", "Recording");
      const elapsed = (await hall.contest.state()).session.elapsed_ms / 1000;
      assert.ok(Math.abs((await seat.seconds()) - elapsed) <= 1.2, `${hours} h: ${await seat.text("timer")} at ${elapsed} s`);
    }
  });

  test("nothing is loaded from elsewhere, and the console stays empty", async (t) => {
    for (const path of [...PAGES, "team/"]) {
      const seat = await visit(t, path);
      await seat.connected();
      assert.deepEqual(seat.tab.origins(), [new URL(hall.contest.url).host]);
      assert.deepEqual(seat.tab.complaints, []);
    }
  });

  test("the judge's table cuts no mark off", async (t) => {
    const seat = await visit(t, "judge/", "judge", BEAMER);
    await seat.says("stats-row-1", "★ STABIL · marker lost 1×");
    const hidden = await seat.page.locator(".statistics .mark").evaluateAll((marks) =>
      marks.filter((mark) => mark.getBoundingClientRect().right > mark.closest("th").getBoundingClientRect().right + 0.5 || mark.scrollWidth > mark.clientWidth + 1).map(({ textContent }) => textContent),
    );
    assert.deepEqual(hidden, []);
  });

  test("a viewer at the judge's page can start, stop and clear nothing", async (t) => {
    const seat = await visit(t, "judge/", "viewer", BEAMER);
    await seat.says("status", "Recording");
    await seat.says("hint", "Your link lets you watch. Only judges start, stop, freeze and clear");
    const isShut = async (id) => assert.ok(await seat.at(id).isDisabled(), id);
    for (const id of JUDGES_ONLY) await isShut(id);
    for (const key of ["Shift+S", "Shift+D", "Shift+F", "Shift+B"]) await seat.page.keyboard.press(key);
    // What the page offers is a courtesy; the broker decides.
    const commands = [["POST", "/runs/current/stop", {}], ["PUT", "/realtime", { enabled: false }], ["POST", "/clears", { scope: "all" }]];
    for (const [method, path, body] of commands) await assert.rejects(hall.contest.call(method, path, body, "viewer"), /: 403 /);
    const { session, realtime, frozen, undo } = await hall.contest.state();
    assert.deepEqual([session?.status, realtime.enabled, frozen, undo], ["running", true, false, []]);
    await seat.click("export-session");
    await seat.says("notice", "is in your downloads.");
    // The last test here, as the run is over with it.
    await hall.contest.end();
    await seat.says("status", "Stopped");
    for (const id of JUDGES_ONLY) await isShut(id);
    await assert.rejects(hall.contest.call("POST", "/runs", { frequency: 1.5, category: "baja" }, "viewer"), /: 403 /);
    assert.equal((await hall.contest.state()).session, null);
  });
});

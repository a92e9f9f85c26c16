import assert from "node:assert/strict";
import { test } from "node:test";

import { claimsOf, cleaned, denial, rememberedToken, rememberToken, tokenIn } from "../src/contest/access.ts";
import { checksOf, faults } from "../src/contest/checks.ts";
import { fileName } from "../src/contest/client.ts";
import { Clock } from "../src/contest/clock.ts";
import { pathOf } from "../src/contest/desk.ts";
import { en } from "../src/contest/i18n/en.ts";
import { id } from "../src/contest/i18n/id.ts";
import { Known } from "../src/contest/known.ts";
import type { Failure } from "../src/contest/model.ts";
import { newsBetween } from "../src/contest/news.ts";
import { aliveLanes, steps } from "../src/contest/next.ts";
import { hertz, statusKey } from "../src/contest/run-words.ts";
import { contestSpeech } from "../src/contest/speech.ts";
import { spoken } from "../src/contest/spoken.ts";
import { laneOf } from "../src/team/lane.ts";
import { isProjector } from "../src/team/screen.ts";
import { FakeContest } from "./fake-contest.ts";

const words = { en: {}, id: {} };
const english = contestSpeech<never>("en", words);

function jwt(claims: unknown): string {
  return `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.signature`;
}

test("a link's token is found and leaves the address", () => {
  assert.deepEqual(tokenIn(new URL("http://h/rt/judge/?lane=1#token=abc")), { token: "abc", rest: "/rt/judge/?lane=1" });
  assert.deepEqual(tokenIn(new URL("http://h/team/?lane=2#x=1&token=abc")), { token: "abc", rest: "/team/?lane=2#x=1" });
  assert.equal(tokenIn(new URL("http://h/team/#token=")), null);
  assert.equal(tokenIn(new URL("http://h/team/#elsewhere")), null);
});

test("a token, a header and a whole link may be pasted", () => {
  for (const pasted of [" abc.def ", "Bearer abc.def", "http://h/judge/#token=abc.def", "abc.\ndef"]) {
    assert.equal(cleaned(pasted), "abc.def", pasted);
  }
});

test("a token tells its role and end, and anything else tells nothing", () => {
  const claims = { roles: ["viewer", "judge"], name: "Panitia é", exp: 1000 };
  assert.deepEqual(claimsOf(jwt(claims)), { role: "judge", name: "Panitia é", expiresAt: 1_000_000 });
  assert.equal(claimsOf(jwt({ roles: "camera" })).role, "camera");
  const nothing = { role: null, name: null, expiresAt: null };
  for (const token of ["", "opaque", "a.b.c", jwt(null), jwt({ roles: 5, exp: "soon" })]) assert.deepEqual(claimsOf(token), nothing, token);
});

test("being turned away is told apart", () => {
  const claims = claimsOf(jwt({ roles: ["viewer"], exp: 1000 }));
  assert.deepEqual(denial(401, claims, 990_000), { phase: "denied", why: "refused" });
  // The broker's clock may be ahead of what the page takes it for.
  assert.deepEqual(denial(401, claims, 999_900), { phase: "denied", why: "expired" });
  assert.deepEqual(denial(401, claims, 1_000_000), { phase: "denied", why: "expired" });
  assert.deepEqual(denial(403, claims, 0), { phase: "denied", why: "forbidden" });
});

test("a browser that keeps nothing is no obstacle", () => {
  const refusing = (): never => {
    throw new DOMException("no", "SecurityError");
  };
  assert.equal(rememberedToken(refusing), null);
  assert.doesNotThrow(() => rememberToken("t", refusing));
  const kept = new Map<string, string>();
  const memory = () => ({
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  });
  rememberToken("t", refusing, memory);
  assert.equal(rememberedToken(refusing, memory), "t");
  rememberToken(null, memory);
  assert.equal(rememberedToken(memory), null);
});

test("an old cached event does not set the clock back, an answer may", () => {
  const clock = new Clock();
  assert.equal(clock.at(5), null);
  clock.heard(10_000, 0);
  clock.heard(9000, 5000);
  assert.equal(clock.at(1000), 11_000);
  clock.answered(4000, 2000, 2100);
  assert.equal(clock.at(2050), 4000);
});

test("an answer within its own accuracy does not move the clock", () => {
  const clock = new Clock();
  clock.answered(10_000, 0, 0);
  clock.answered(11_040, 1000, 1100);
  assert.equal(clock.at(2000), 12_000);
});

test("the timer counts from the run's own time, however old the state is, and stops at its length", () => {
  const contest = new FakeContest();
  let local = 500;
  const known = new Known(2, () => local);
  contest.start("baja", 1.5);
  const state = { ...contest.state, server_time_ms: 1_000_000 };
  known.apply({ ...state, session: state.session === null ? null : { ...state.session, elapsed_ms: 2000 } });
  assert.equal(known.elapsedMs(), 0);
  // The state is ten seconds old by the time the page hears it.
  known.clock.answered(1_010_000, local, local);
  assert.equal(known.elapsedMs(), 12_000);
  local += 3000;
  assert.equal(known.elapsedMs(), 15_000);
  local += 100_000;
  assert.equal(known.elapsedMs(), 60_000);
});

test("an older state is left alone, but for the first after a break", () => {
  const contest = new FakeContest();
  const known = new Known(2, () => 0);
  known.apply({ ...contest.state, revision: 9 });
  known.apply({ ...contest.state, revision: 8, category: "beton" });
  assert.equal(known.state?.category, "baja");
  known.lost();
  known.apply({ ...contest.state, revision: 1, category: "beton" });
  assert.equal(known.state?.category, "beton");
});

test("the age of a lane's last point goes on between two reports", () => {
  const contest = new FakeContest();
  let local = 0;
  const known = new Known(2, () => local);
  known.clock.answered(1_000_000, 0, 0);
  const { lanes } = contest;
  known.report({ ...lanes, server_time_ms: 1_000_000, lanes: lanes.lanes.map((lane) => ({ ...lane, last_point_ms_ago: 50 })) });
  local = 4000;
  assert.equal(known.lastPointAgoMs(3), 4050);
  known.book.take({ ...contest.measure(3, 1), timestamp_ms: 1_003_990 });
  assert.equal(known.lastPointAgoMs(3), 10);
});

test("news is what differs between two states, and nothing at first", () => {
  const contest = new FakeContest();
  const first = contest.state;
  assert.deepEqual(newsBetween(null, first), []);
  contest.start("beton", 2.5);
  const second = contest.state;
  assert.deepEqual(newsBetween(first, second).map(({ kind }) => kind), ["started", "category"]);
  contest.stop(true);
  contest.isFrozen = true;
  contest.isSaving = false;
  contest.clear({ scope: "all", session_id: null, laptop_id: null, category: null });
  const third = contest.state;
  const news = newsBetween(second, third);
  assert.deepEqual(news.map(({ kind }) => kind), ["ended", "realtime", "frozen", "cleared"]);
  assert.deepEqual(newsBetween(third, third), []);
  assert.equal(spoken(news[0] ?? assert.fail(), english), "Run ended, collapsed: 2.5 Hz");
});

test("a run that is replaced is news twice: one ended, another started", () => {
  const contest = new FakeContest();
  contest.start("baja", 1.5);
  const before = contest.state;
  contest.stop();
  contest.start("baja", 1.5);
  assert.deepEqual(newsBetween(before, contest.state).map(({ kind }) => kind), ["ended", "started"]);
});

test("the status tells how the last run ended", () => {
  const contest = new FakeContest();
  assert.equal(statusKey(null), "loading");
  assert.equal(statusKey(contest.state), "noRun");
  contest.start("baja", 1.5);
  assert.equal(statusKey(contest.state), "recording");
  contest.stop();
  assert.equal(statusKey(contest.state), "stopped");
  contest.start("baja", 1.5);
  contest.stop(true);
  assert.equal(statusKey(contest.state), "collapsed");
});

function watching(contest: FakeContest): Known {
  const known = new Known(2, () => 0);
  known.connection = { ...known.connection, status: { phase: "connected" } };
  known.reachable = true;
  known.access = { phase: "granted", role: "viewer", expiresAt: null };
  known.clock.answered(contest.now(), 0, 0);
  known.apply(contest.state);
  known.report(contest.lanes);
  return known;
}

test("when all is well nothing is found, and each fault is found where it is", () => {
  const contest = new FakeContest();
  contest.start("baja", 1.5);
  contest.measure(3, 1, 1);
  const fault = (known: Known, category: "baja" | "beton" = "baja", lane: 3 | 4 = 3): string[] =>
    checksOf(known, category, lane, english)
      .filter(({ tone }) => tone === "bad" || tone === "warning")
      .map(({ name }) => name);
  assert.deepEqual(fault(watching(contest)), []);
  assert.deepEqual(fault(watching(contest), "beton"), ["run"]);
  assert.deepEqual(fault(watching(contest), "baja", 4), ["camera"]);
  const away = watching(contest);
  away.connection = { ...away.connection, status: { phase: "waiting", retryAt: 0, reason: null } };
  away.access = { phase: "none" };
  assert.deepEqual(fault(away), ["server", "signIn"]);
  contest.isSaving = false;
  contest.stop();
  const idle = watching(contest);
  assert.deepEqual(fault(idle), ["saving"]);
  const fresh = watching(new FakeContest());
  assert.deepEqual(fault(fresh), ["run", "camera"]);
  assert.equal(faults(checksOf(fresh, "baja", 3, english)), 2);
  const store = { database: "away", behind: 5, journal_bytes: 1, journal_limit_bytes: 2, full: false } as const;
  idle.lanes = { ...contest.lanes, store };
  assert.deepEqual(fault(idle), ["saving", "store"]);
});

test("a camera that is refused is told from one that is silent", () => {
  const contest = new FakeContest();
  const known = watching(contest);
  const { lanes } = contest;
  const refused = lanes.lanes.map((lane) => ({ ...lane, refused: 3, last_refusal: "realtime_off" as const }));
  known.report({ ...lanes, lanes: refused });
  const camera = checksOf(known, "baja", 1, english).find(({ name }) => name === "camera");
  assert.deepEqual(camera, { name: "camera", tone: "bad", text: "sends, but is refused: data saving is off" });
});

test("the list of pages says what is still to be done", () => {
  const contest = new FakeContest();
  contest.isSaving = false;
  contest.measure(1, 1);
  const known = watching(contest);
  assert.equal(aliveLanes(known), 1);
  assert.deepEqual(steps(known, english).map(({ isDone }) => isDone), [true, false, false, false]);
});

test("both languages have the same words with the same values in them", () => {
  const holes = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();
  for (const key of Object.keys(en) as (keyof typeof en)[]) {
    assert.notEqual(id[key], "", key);
    assert.deepEqual(holes(id[key]), holes(en[key]), key);
  }
});

test("numbers and times are written as the contest writes them", () => {
  assert.equal(english.mm(3), "3.00 mm");
  assert.equal(contestSpeech<never>("id", words).mm(1.005), `${(1.005).toFixed(2)} mm`);
  assert.deepEqual([0, 999, 59_999, 60_000, -5].map(english.clock), ["00:00", "00:00", "00:59", "01:00", "00:00"]);
  assert.equal(hertz(1.5), "1.5 Hz");
});

test("what went wrong is a sentence a person understands", () => {
  const failure = (status: number, reason: string, message = ""): Failure => ({ status, reason, message, session: null });
  assert.equal(english.explain(failure(0, "unreachable")), en.failed_unreachable);
  assert.equal(english.explain(failure(409, "running", "said")), en.failed_running);
  assert.equal(english.explain(failure(403, "role")), en.failed_403);
  assert.equal(english.explain(failure(422, "invalid", "Name is empty.")), "Name is empty.");
  assert.equal(english.explain(failure(502, "status_502")), "The broker answered with status 502.");
});

test("exports name only what was asked for", () => {
  assert.equal(pathOf({ file: "realtime.csv" }), "exports/realtime.csv");
  assert.equal(pathOf({ file: "session.csv", lane: 3, frequency: 1.5 }), "exports/session.csv?laptop_id=3&frequency=1.5");
  assert.equal(pathOf({ file: "points.csv", run: 42 }), "exports/points.csv?session_id=42");
});

test("a file keeps the name that the broker gave it", () => {
  assert.equal(fileName('attachment; filename="a b.csv"'), "a b.csv");
  assert.equal(fileName("attachment; filename=x.csv; filename*=UTF-8''%C3%A9.csv"), "é.csv");
  assert.equal(fileName("attachment; filename*=UTF-8''%"), null);
  assert.equal(fileName(null), null);
});

test("the lane is in the address, and only eight are", () => {
  const lane = (query: string) => laneOf(new URL(`http://h/team/${query}`));
  assert.deepEqual(["?lane=1", "?lane=8", "?lane=9", "?lane=0", "?lane=1.5", "?lane=", ""].map(lane), [1, 8, null, null, null, null, null]);
  assert.equal(isProjector(new URL("http://h/team/?lane=1&view=projector")), true);
});

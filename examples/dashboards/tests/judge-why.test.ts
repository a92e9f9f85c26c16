import assert from "node:assert/strict";
import { test } from "node:test";

import { judgeEn } from "../src/contest/i18n/judge-en.ts";
import { judgeId } from "../src/contest/i18n/judge-id.ts";
import { MARKER_HOLD_MS } from "../src/contest/markers.ts";
import type { StoreHealth } from "../src/contest/model.ts";
import { storeText, storeTone } from "../src/judge/lanes.ts";
import { agoText, lightOf, lossPercent } from "../src/judge/light.ts";
import { findings, firstProblem, type Finding } from "../src/judge/why.ts";
import { health, known, report, run, speech, state } from "./judge-known.ts";

const first = (contest: ReturnType<typeof known>): Finding | null => firstProblem(findings(contest, speech));

test("all is well: every link of the chain says so", () => {
  const all = findings(known(), speech);
  assert.deepEqual(all.filter(({ tone }) => tone !== "good"), []);
  assert.equal(first(known()), null);
});

test("each broken link is named, the one nearest to the broker first", () => {
  const contest = known();
  contest.apply(state({ revision: 2, frozen: true, realtime: { enabled: false, session_id: null, since: null } }));
  assert.equal(first(contest)?.name, "saving");
  contest.backfill = { phase: "failed", failure: { status: 0, reason: "unreachable", message: "", session: null } };
  assert.equal(first(contest)?.name, "load");
  contest.access = { phase: "granted", role: "viewer", expiresAt: null };
  assert.equal(first(contest)?.name, "signIn");
  contest.connection = { ...contest.connection, status: { phase: "waiting", retryAt: 0, reason: null } };
  assert.deepEqual([first(contest)?.name, first(contest)?.tone], ["server", "bad"]);
  contest.connection = { ...contest.connection, status: { phase: "connecting", again: false } };
  assert.equal(findings(contest, speech)[0]?.tone, "info");
});

test("without a run, or frozen, the panel says that and what to press", () => {
  const contest = known();
  contest.apply(state({ revision: 2 }));
  assert.match(first(contest)?.text ?? "", /Start Recording/);
  contest.apply(state({ revision: 3, frozen: true, session: run(1, 1.5, { status: "running" }) }));
  assert.match(first(contest)?.text ?? "", /Unfreeze/);
});

test("silent cameras and lost markers are named by lane", () => {
  let now = 0;
  const contest = known(() => now);
  report(contest, health(2, { last_point_ms_ago: 9000 }), health(5, { last_point_ms_ago: null, connected: 0 }));
  assert.equal(first(contest)?.text, "Only 6 of 8 cameras are sending. Silent: 2, 5.");
  report(contest, health(4, { is_b_detected: false }));
  now += MARKER_HOLD_MS;
  assert.match(first(contest)?.text ?? "", /marker: 4\./);
});

test("before the broker has said anything nothing is called a fault of the judge", () => {
  const contest = known();
  contest.state = null;
  contest.lanes = null;
  const found = findings(contest, speech);
  assert.deepEqual(found.filter(({ tone }) => tone === "bad" || tone === "warning"), []);
});

test("a light tells alive, silent, away, marker lost and refused apart", () => {
  const seen = { a: true, b: true };
  assert.equal(lightOf(null, null, seen).kind, "away");
  assert.equal(lightOf(health(1, { connected: 0 }), null, seen).kind, "away");
  assert.equal(lightOf(health(1), 20, seen).kind, "alive");
  assert.equal(lightOf(health(1), 3000, seen).kind, "silent");
  assert.equal(lightOf(health(1), 20, { a: false, b: true }).kind, "markerLost");
  assert.equal(lightOf(health(1, { last_refusal: "realtime_off" }), 5000, seen).kind, "refused");
  assert.equal(lightOf(health(1, { last_refusal: "realtime_off" }), 20, seen).kind, "alive");
});

test("loss is a share of what was sent", () => {
  assert.equal(lossPercent(health(1, { lost: 0, received: 0 })), 0);
  assert.equal(lossPercent(health(1, { lost: 1, received: 99 })), 1);
});

test("ages are said in the unit that fits", () => {
  assert.deepEqual([35.4, 1500, 99_999, 600_000].map((ago) => agoText(ago, speech)), [
    "35 ms ago",
    "1 s ago",
    "99 s ago",
    "10 min ago",
  ]);
});

test("the store tells what waits, and that a full one refuses", () => {
  const store = (more: Partial<StoreHealth>): StoreHealth => ({
    database: "ok",
    behind: 0,
    journal_bytes: 25,
    journal_limit_bytes: 100,
    full: false,
    ...more,
  });
  assert.equal(storeTone(null), "neutral");
  assert.equal(storeTone(store({})), "good");
  assert.match(storeText(store({ database: "behind", behind: 1200 }), speech), /1,200 points/);
  assert.match(storeText(store({ database: "away", behind: 5 }), speech), /5 points .* \(25 %/);
  assert.deepEqual([storeTone(store({ full: true })), storeText(store({ full: true }), speech)], ["bad", judgeEn.storeFull]);
});

test("both languages have all words of the judge, with the same places for values", () => {
  const places = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).sort();
  assert.deepEqual(Object.keys(judgeId).sort(), Object.keys(judgeEn).sort());
  for (const [key, text] of Object.entries(judgeEn)) {
    const other = judgeId[key as keyof typeof judgeEn];
    assert.notEqual(other, "", key);
    assert.deepEqual(places(other), places(text), key);
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Known } from "../src/contest/known.ts";
import type { Outcome, Statistics } from "../src/contest/model.ts";
import { Others } from "../src/team/others.ts";
import { fill, known, run, state, statistics } from "./judge-known.ts";

const FAILED = { ok: false, failure: { status: 503, reason: "away", message: "", session: null } } as const;

class Answers {
  asked = 0;
  answer: Outcome<readonly Statistics[]> = FAILED;

  async statistics(): Promise<Outcome<readonly Statistics[]>> {
    this.asked += 1;
    return this.answer;
  }
}

/** Draws as a page does, every 200 ms. */
async function draw(others: Others, contest: Known, from: number, to: number): Promise<void> {
  for (let now = from; now < to; now += 200) {
    others.follow(contest, "baja", now);
    await Promise.resolve();
    await Promise.resolve();
  }
}

function shown(): Known {
  const contest = known();
  fill(contest, 1, 1.5, [30]);
  // As each page has it: all lanes turn to a run together.
  for (const lane of [2, 3] as const) contest.series("baja", lane, 1.5).reset(7);
  return contest;
}

test("the largest of all lanes counts, in the run that is shown and no other", async () => {
  const [contest, answers] = [shown(), new Answers()];
  answers.answer = { ok: true, value: [statistics(7, 2, 5, 260), statistics(6, 3, 5, 900), statistics(null, 3, 5, 800)] };
  const others = new Others(answers);
  assert.equal(others.largest(contest, "baja"), 0);
  await draw(others, contest, 0, 200);
  assert.equal(others.largest(contest, "baja"), 260);
  assert.equal(others.largest(contest, "beton"), 0);
});

test("a run is followed, but not with each point; between runs it is quiet", async () => {
  const [contest, answers] = [shown(), new Answers()];
  answers.answer = { ok: true, value: [] };
  const others = new Others(answers);
  await draw(others, contest, 0, 12_000);
  assert.ok(answers.asked >= 6 && answers.asked <= 8, `${answers.asked} times in 12 s`);
  contest.apply(state({ revision: 2, last: run(7, 1.5) }));
  await draw(others, contest, 20_000, 20_200);
  answers.asked = 0;
  await draw(others, contest, 20_200, 50_000);
  assert.ok(answers.asked <= 3, `${answers.asked} times in 30 s`);
});

test("while frozen, or without a connection, nothing is asked; without an answer the last one stays", async () => {
  const [contest, answers] = [shown(), new Answers()];
  const others = new Others(answers);
  await draw(others, contest, 0, 3000);
  assert.equal(answers.asked, 2);
  answers.answer = { ok: true, value: [statistics(7, 2, 5, 260)] };
  await draw(others, contest, 3000, 5000);
  answers.answer = FAILED;
  await draw(others, contest, 5000, 10_000);
  assert.equal(others.largest(contest, "baja"), 260);
  answers.asked = 0;
  contest.connection = { ...contest.connection, status: { phase: "waiting", retryAt: 0, reason: null } };
  await draw(others, contest, 10_000, 20_000);
  contest.connection = { ...contest.connection, status: { phase: "connected" } };
  contest.apply(state({ revision: 2, frozen: true, session: run(7, 1.5, { status: "running" }) }));
  await draw(others, contest, 20_000, 30_000);
  assert.equal(answers.asked, 0);
});

import assert from "node:assert/strict";
import { test } from "node:test";

import { backToFront, extremes, lostCount, placeOf, sameLines, type Line } from "../src/chart/line.ts";
import { SharedScale, niceRange } from "../src/chart/scale.ts";
import { drawnText, summary } from "../src/chart/summary.ts";
import { chartWords } from "../src/chart/words.ts";

function line(key: number, values: readonly number[], version = 1): Line {
  return {
    key,
    label: `A-${key}`,
    name: `Tim ${key}`,
    t: Float64Array.from(values, (_, at) => at),
    y: Float64Array.from(values),
    flags: Uint8Array.from(values, () => 3),
    count: values.length,
    max: Math.max(0, ...values.map(Math.abs)),
    version,
  };
}

test("the range is at least 100 mm and never clips", () => {
  assert.equal(niceRange(0), 100);
  assert.equal(niceRange(95), 100);
  assert.equal(niceRange(131), 150);
  assert.equal(niceRange(500), 600);
  assert.equal(niceRange(Number.NaN), 100);
  for (let largest = 1; largest < 5000; largest += 7) assert.ok(niceRange(largest) >= largest);
});

test("everything that shares a scale hears of a new range once, and of the same one never", () => {
  const scale = new SharedScale();
  let heard = 0;
  const end = scale.follow(() => (heard += 1));
  scale.fit(50);
  assert.deepEqual([scale.range, heard], [100, 0]);
  scale.fit(131);
  scale.fit(132);
  assert.deepEqual([scale.range, heard], [150, 1]);
  scale.fit(0);
  assert.deepEqual([scale.range, heard], [100, 2]);
  end();
  scale.fit(131);
  assert.equal(heard, 2);
});

test("the smallest maximum that is not zero is the best, the largest the worst", () => {
  const found = extremes([0, 12, 30, 7, 0]);
  assert.deepEqual(found, { best: 7, worst: 30 });
  assert.deepEqual([30, 12, 7, 0].map((max) => placeOf(max, found)), ["worst", null, "best", null]);
});

test("one team alone, or equal ones, are neither best nor worst", () => {
  assert.equal(extremes([]), null);
  assert.equal(extremes([0, 5]), null);
  assert.equal(extremes([5, 5]), null);
  assert.equal(placeOf(5, null), null);
});

test("smaller lines are drawn over larger ones", () => {
  assert.deepEqual(backToFront([line(1, [5]), line(2, [-50]), line(3, [5])]).map(({ key }) => key), [2, 1, 3]);
});

test("a changed point, another run and another team count as a change; a new list of the same does not", () => {
  const one = line(1, [1, 2]);
  assert.equal(sameLines([one], [{ ...one }]), true);
  assert.equal(sameLines([one], [{ ...one, version: 2 }]), false);
  assert.equal(sameLines([one], [line(1, [1, 2])]), false);
  assert.equal(sameLines([one], [{ ...one, label: "B-1" }]), false);
  assert.equal(sameLines([one], []), false);
});

test("lost markers are counted by the bit asked for, and only among the points held", () => {
  const points = { ...line(1, [1, 2, 3, 4]), flags: Uint8Array.from([1, 2, 3, 0]), count: 3 };
  assert.equal(lostCount(points, 2), 1);
  assert.equal(lostCount(points, 1), 1);
});

test("a picture is put into words, and an empty one says so", () => {
  const words = chartWords("en");
  assert.equal(summary([line(1, [])], 100, words), words.empty);
  assert.equal(
    summary([line(1, [-10, 20, -30]), line(2, [5]), line(3, [])], 100, words),
    "Data up to second 2; axis ±100 mm. A-1: 3 points, maximum 30.00 mm MAX. A-2: 1 point, maximum 5.00 mm ★ STABIL.",
  );
});

test("drawn points are named by lane, in order", () => {
  assert.equal(drawnText(new Map([[2, 1799], [1, 1800]])), "1:1800 2:1799");
});

import assert from "node:assert/strict";
import { test } from "node:test";

import { MARKER_HOLD_MS, Markers } from "../src/contest/markers.ts";

const FRAME = 33;

test("a marker that single frames miss stays seen, and one that is gone is lost", () => {
  const markers = new Markers();
  let now = 0;
  /** All that is said meanwhile. */
  const film = (milliseconds: number, seen: (frame: number) => boolean): Set<boolean | null> => {
    const said = new Set<boolean | null>();
    for (let frame = 0; frame * FRAME < milliseconds; frame += 1, now += FRAME) {
      markers.heard(1, true, seen(frame), now);
      said.add(markers.of(1, now).b);
    }
    return said;
  };
  assert.deepEqual(film(5000, (frame) => frame % 10 !== 9), new Set([true]), "missed in one frame in ten");
  film(MARKER_HOLD_MS + 2 * FRAME, () => false);
  assert.deepEqual(film(5000, (frame) => frame % 10 === 9), new Set([false]), "found in one frame in ten");
  film(MARKER_HOLD_MS + 2 * FRAME, () => true);
  assert.deepEqual(markers.of(1, now), { a: true, b: true });
});

test("the last frame of a camera that stops counts as well, and nothing is known of a lane without any", () => {
  const markers = new Markers();
  markers.heard(2, true, true, 0);
  markers.heard(2, false, true, 100);
  assert.deepEqual(markers.of(2, 100 + MARKER_HOLD_MS - 1), { a: true, b: true });
  assert.deepEqual(markers.of(2, 100 + MARKER_HOLD_MS), { a: false, b: true });
  assert.deepEqual(markers.of(3, 0), { a: null, b: null });
});

test("a page that opens says nothing of a marker until it knows", () => {
  const markers = new Markers();
  markers.heard(1, null, false, 0);
  assert.deepEqual(markers.of(1, 0), { a: null, b: null });
  assert.deepEqual(markers.of(1, MARKER_HOLD_MS), { a: null, b: false });
});

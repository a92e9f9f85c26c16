import assert from "node:assert/strict";
import { test } from "node:test";

import { barWidth, drawLine, type Ink, type Pen, type Plot } from "../src/chart/bars.ts";
import type { Line } from "../src/chart/line.ts";

const PLOT: Plot = { left: 50, top: 10, width: 600, height: 200, seconds: 60, range: 100, ratio: 1 };
const INK: Ink = { positive: "blue", negative: "red", faint: "pale", outline: "black", bold: 0, detectedBit: 2 };

interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly style: unknown;
}

/** Keeps what is filled, with its colour, and counts rings. */
class RecordingPen implements Pen {
  fillStyle: unknown = null;
  strokeStyle: unknown = null;
  lineWidth = 0;
  rings = 0;
  readonly filled: Rectangle[] = [];
  #path: Omit<Rectangle, "style">[] = [];

  beginPath(): void {
    this.#path = [];
  }
  rect(x: number, y: number, width: number, height: number): void {
    this.#path.push({ x, y, width, height });
  }
  fill(): void {
    this.filled.push(...this.#path.map((rectangle) => ({ ...rectangle, style: this.fillStyle })));
  }
  moveTo(): void {}
  arc(): void {
    this.rings += 1;
  }
  stroke(): void {}
}

function line(points: readonly (readonly [t: number, y: number, flags?: number])[]): Line {
  return {
    key: 3,
    label: "A-3",
    name: "A-3",
    t: Float64Array.from(points, ([t]) => t),
    y: Float64Array.from(points, ([, y]) => y),
    flags: Uint8Array.from(points, ([, , flags]) => flags ?? 3),
    count: points.length,
    max: Math.max(0, ...points.map(([, y]) => Math.abs(y))),
    version: 1,
  };
}

function drawn(points: Parameters<typeof line>[0], plot = PLOT): RecordingPen {
  const pen = new RecordingPen();
  assert.equal(drawLine(pen, plot, line(points), INK), pen.filled.length);
  return pen;
}

test("a bar stands at its time and reaches from the zero line to its value", () => {
  const [up, down] = drawn([[15, 50], [30, -100]]).filled;
  assert.ok(up && down);
  assert.equal(up.x + up.width / 2, 50 + 150 + 0.5);
  assert.deepEqual([up.y, up.height, up.style], [60, 50, "blue"]);
  assert.deepEqual([down.y, down.height, down.style], [110, 100, "red"]);
});

test("all points of a minute at 30 Hz are drawn, up to the end of the axis", () => {
  const points = Array.from({ length: 1800 }, (_, at) => [at / 30, Math.sin(at)] as const);
  const { filled } = drawn(points);
  assert.equal(filled.length, 1800);
  assert.ok(Math.max(...filled.map(({ x }) => x)) > 50 + 600 - 3);
});

test("a bar is never outside the plot, even at both ends of the run", () => {
  for (const { x, y, width, height } of drawn([[0, 500], [60, -500], [60.9, 1]]).filled) {
    assert.ok(x >= 50 && x + width <= 650, `${x}`);
    assert.ok(y >= 10 && y + height <= 210, `${y}`);
  }
});

test("a value of zero is drawn, one pixel high", () => {
  assert.deepEqual(drawn([[1, 0]]).filled.map(({ height }) => height), [1]);
});

test("a point without its marker is pale and ringed, one with it is not", () => {
  const pen = drawn([[1, 40, 1], [2, 40, 2], [3, -40, 0]]);
  assert.deepEqual(pen.filled.map(({ style }) => style), ["blue", "pale", "pale"]);
  assert.equal(pen.rings, 2);
});

test("bars are wide while points are few and one pixel when they are dense", () => {
  const every = (seconds: number) => line(Array.from({ length: 60 / seconds }, (_, at) => [at * seconds, 1] as const));
  assert.equal(barWidth(every(1), PLOT), 7);
  assert.equal(barWidth(every(0.5), PLOT), 4);
  assert.equal(barWidth(every(1 / 30), PLOT), 1);
  assert.equal(barWidth(line([[1, 1]]), PLOT), 9);
});

test("a plot without room draws nothing and says so", () => {
  const pen = new RecordingPen();
  assert.equal(drawLine(pen, { ...PLOT, width: 0 }, line([[1, 1]]), INK), 0);
});

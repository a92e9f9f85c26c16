/** What a chart shows: what it says of itself, and what was really drawn, counted without its help. */

/** By lane, as people know their teams. */
export const TEAM_COLOURS = [
  "255,99,132",
  "54,162,235",
  "255,206,86",
  "75,192,192",
  "153,102,255",
  "255,159,64",
  "199,199,199",
  "83,102,255",
];

/** On a team's own page: from zero up, and below. */
export const [BELOW, ABOVE] = TEAM_COLOURS;

/** Runs in the page before anything else: keeps the rectangles that were filled since the canvas was last cleared. */
export function watchPens() {
  const filled = new WeakMap();
  const pending = new WeakMap();
  const pen = CanvasRenderingContext2D.prototype;
  const wrap = (name, note) => {
    const original = pen[name];
    pen[name] = function (...given) {
      note(this, given);
      return original.apply(this, given);
    };
  };
  const fill = ({ canvas, fillStyle }, rectangles) => {
    // The browser writes a colour as #rrggbb, or as rgba(…) where it lets something through.
    const [r, g, b] = /^#/.test(fillStyle)
      ? [1, 3, 5].map((at) => Number.parseInt(fillStyle.slice(at, at + 2), 16))
      : fillStyle.match(/[\d.]+/g).map(Number);
    const known = filled.get(canvas) ?? [];
    for (const [x, y, width, height] of rectangles) known.push({ x: x + width / 2, y, height, colour: `${r},${g},${b}` });
    filled.set(canvas, known);
  };
  wrap("clearRect", ({ canvas }) => filled.set(canvas, []));
  wrap("beginPath", ({ canvas }) => pending.set(canvas, []));
  wrap("rect", ({ canvas }, rectangle) => pending.get(canvas)?.push(rectangle));
  wrap("fillRect", (context, rectangle) => fill(context, [rectangle]));
  wrap("fill", (context) => {
    fill(context, pending.get(context.canvas) ?? []);
    pending.set(context.canvas, []);
  });
  globalThis.filledOn = (canvas) => filled.get(canvas) ?? [];
}

/**
 * `said`: points by lane, as the chart tells; `total`: their sum. `rectangles`: as they were drawn, each with the
 * middle `x`, its upper edge `y`, its `height` and its `colour`.
 */
export async function drawn(page, frequency) {
  const chart = page.getByTestId(`chart-${frequency}`);
  await chart.scrollIntoViewIfNeeded();
  return chart.evaluate((element) => {
    const parts = (element.dataset.drawn ?? "").split(" ").filter(Boolean).map((part) => part.split(":").map(Number));
    const canvas = element.querySelector("canvas");
    return {
      said: Object.fromEntries(parts),
      total: parts.reduce((sum, [, count]) => sum + count, 0),
      rectangles: canvas === null ? [] : globalThis.filledOn(canvas),
    };
  });
}

/** How many rectangles each team has on the judge's page, by lane. */
export function byTeam(rectangles) {
  const counts = {};
  for (const { colour } of rectangles) {
    const lane = TEAM_COLOURS.indexOf(colour) + 1;
    counts[lane] = (counts[lane] ?? 0) + 1;
  }
  return counts;
}

/** How far in pixels the farthest rectangle is from where its point belongs, on an axis that is even in time. */
export function misplaced(rectangles, times) {
  const xs = rectangles.map(({ x }) => x).sort((one, other) => one - other);
  const sorted = [...times].sort((one, other) => one - other);
  const [first, last] = [sorted[0], sorted.at(-1)];
  const scale = (xs.at(-1) - xs[0]) / (last - first);
  return Math.max(...sorted.map((time, at) => Math.abs(xs[0] + (time - first) * scale - xs[at])));
}

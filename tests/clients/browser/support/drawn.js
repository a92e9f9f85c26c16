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

/** Runs in the page before anything else: keeps what was filled and written since the canvas was last cleared. */
export function watchPens() {
  const filled = new WeakMap();
  const written = new WeakMap();
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
  wrap("clearRect", ({ canvas }) => {
    filled.set(canvas, []);
    written.set(canvas, {});
  });
  wrap("fillText", ({ canvas }, [text, x, y]) => {
    const known = written.get(canvas) ?? {};
    known[text] = { x, y };
    written.set(canvas, known);
  });
  wrap("beginPath", ({ canvas }) => pending.set(canvas, []));
  wrap("rect", ({ canvas }, rectangle) => pending.get(canvas)?.push(rectangle));
  wrap("fillRect", (context, rectangle) => fill(context, [rectangle]));
  wrap("fill", (context) => {
    fill(context, pending.get(context.canvas) ?? []);
    pending.set(context.canvas, []);
  });
  globalThis.drawnOn = (canvas) => ({ rectangles: filled.get(canvas) ?? [], labels: written.get(canvas) ?? {} });
}

/**
 * `said`: points by lane, as the chart tells; `total`: their sum. `rectangles`: as they were drawn, each with the
 * middle `x`, its upper edge `y`, its `height` and its `colour`. `labels`: where each text of the axes stands.
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
      ...(canvas === null ? { rectangles: [], labels: {} } : globalThis.drawnOn(canvas)),
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

/** How far in pixels the farthest rectangle is from its point's second, as the axis below it is labelled. */
export function misplaced({ rectangles, labels }, times) {
  const seconds = Object.keys(labels).filter((text) => /^\d+s$/.test(text)).map((text) => Number.parseInt(text, 10));
  const end = Math.max(...seconds);
  const [left, right] = [labels["0s"].x, labels[`${end}s`].x];
  const xs = rectangles.map(({ x }) => x).sort((one, other) => one - other);
  const sorted = [...times].sort((one, other) => one - other);
  return Math.max(...sorted.map((time, at) => Math.abs(left + ((right - left) / end) * time - xs[at])));
}

/** What the rectangles reach, in millimetres by the axis beside them. */
export function reached({ rectangles, labels }) {
  const [zero, top] = [labels["0"].y, labels["100"].y];
  const tips = rectangles.map(({ y, height }) => (Math.abs(y - zero) > Math.abs(y + height - zero) ? y : y + height));
  return tips.map((tip) => ((zero - tip) / (zero - top)) * 100);
}

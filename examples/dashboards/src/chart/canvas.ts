/** The picture of a chart: uPlot keeps the axes, the scales and the canvas; the bars are ours (`bars.ts`). */

import uPlot from "uplot";

import { drawLine, type Ink, type Plot } from "./bars.ts";
import { backToFront, extremes, placeOf, type Extremes, type Line } from "./line.ts";
import { signColour, teamColour } from "./palette.ts";
import type { SharedScale } from "./scale.ts";
import { themeOf, type Theme } from "./theme.ts";

export interface CanvasOptions {
  /** `teams`: a colour for each team. `signs`: one team, blue from zero up, red below. */
  readonly paint: "teams" | "signs";
  /** The bit of a point's flags that says its marker was seen. */
  readonly detectedBit: number;
  readonly scale: SharedScale;
}

const TICK_SECONDS = 10;
const AXIS_WIDTH = 52;
const AXIS_HEIGHT = 26;
/** The extremes stand out; the others let them through. */
const USUAL_ALPHA = 0.7;
const LOST_ALPHA = 0.3;

export class Canvas {
  readonly #element: HTMLElement;
  readonly #options: CanvasOptions;
  readonly #drawn = new Map<number, number>();
  #plot: uPlot | null = null;
  #theme: Theme;
  #seconds: number;
  #ordered: readonly Line[] = [];
  #extremes: Extremes | null = null;

  constructor(element: HTMLElement, seconds: number, options: CanvasOptions) {
    this.#element = element;
    this.#seconds = seconds;
    this.#options = options;
    this.#theme = themeOf(element);
  }

  /** Draws all points of all lines; returns how many of each were drawn, by the lines' keys. */
  draw(lines: readonly Line[], seconds: number): ReadonlyMap<number, number> {
    this.#seconds = seconds;
    this.#extremes = extremes(lines.map(({ max }) => max));
    this.#ordered = backToFront(lines.filter(({ count }) => count > 0));
    this.#drawn.clear();
    for (const { key } of lines) this.#drawn.set(key, 0);
    this.#draw(Math.max(1, lines.length));
    return this.#drawn;
  }

  /** The page's colours have changed. */
  restyle(): void {
    this.#theme = themeOf(this.#element);
  }

  close(): void {
    this.#plot?.destroy();
    this.#plot = null;
  }

  #draw(slots: number): void {
    const { clientWidth: width, clientHeight: height } = this.#element;
    if (width === 0 || height === 0) return;
    const plot = this.#plotFor(slots, width, height);
    const { range } = this.#options.scale;
    plot.batch(() => {
      if (plot.width !== width || plot.height !== height) plot.setSize({ width, height });
      plot.setData(facets(this.#ordered, slots), false);
      plot.setScale("x", { min: 0, max: this.#seconds });
      plot.setScale("y", { min: -range, max: range });
      plot.redraw(true, true);
    });
  }

  /** Series of uPlot are places in the order of drawing, not teams: the order changes during a run. */
  #plotFor(slots: number, width: number, height: number): uPlot {
    if (this.#plot !== null && this.#plot.series.length !== slots + 1) {
      this.#plot.destroy();
      this.#plot = null;
    }
    this.#plot ??= new uPlot(this.#plotOptions(slots, width, height), facets([], slots), this.#element);
    return this.#plot;
  }

  #plotOptions(slots: number, width: number, height: number): uPlot.Options {
    const place: uPlot.Series = {
      auto: false,
      facets: [{ scale: "x" }, { scale: "y" }],
      points: { show: false },
      paths: (plot, slot) => this.#drawSlot(plot, slot),
    };
    return {
      mode: 2,
      width,
      height,
      padding: [8, 12, 0, 0],
      cursor: { show: false },
      legend: { show: false },
      scales: {
        x: { time: false, auto: false, range: () => [0, this.#seconds] },
        y: { auto: false, range: () => [-this.#options.scale.range, this.#options.scale.range] },
      },
      axes: [this.#axis(2, AXIS_HEIGHT), this.#axis(3, AXIS_WIDTH)],
      series: [{}, ...Array.from({ length: slots }, () => ({ ...place }))],
      hooks: { draw: [(plot) => this.#drawZero(plot)] },
    };
  }

  #axis(side: 2 | 3, size: number): uPlot.Axis {
    const bottom = side === 2;
    return {
      scale: bottom ? "x" : "y",
      side,
      size,
      font: this.#theme.font,
      stroke: () => this.#theme.muted,
      grid: { stroke: () => this.#theme.line, width: 1 },
      ticks: { stroke: () => this.#theme.line, width: 1, size: 4 },
      gap: 3,
      splits: () => (bottom ? secondSplits(this.#seconds) : rangeSplits(this.#options.scale.range)),
      values: (_, splits) => splits.map((split) => (bottom ? `${split}s` : `${split}`)),
    };
  }

  /** Draws at once and leaves uPlot no path, as one line may take three colours. */
  #drawSlot(plot: uPlot, slot: number): null {
    const line = this.#ordered[slot - 1];
    if (line !== undefined) {
      // uPlot remembers what it has set on the context, so nothing may stay changed.
      plot.ctx.save();
      this.#drawn.set(line.key, drawLine(plot.ctx, this.#plotArea(plot), line, this.#ink(line)));
      plot.ctx.restore();
    }
    return null;
  }

  #ink(line: Line): Ink {
    const place = placeOf(line.max, this.#extremes);
    const { paint, detectedBit } = this.#options;
    const common = { outline: this.#theme.text, bold: place === "worst" ? 1 : 0, detectedBit };
    if (paint === "signs") {
      const positive = signColour("positive");
      return { ...common, bold: 0, positive, negative: signColour("negative"), faint: signColour("positive", LOST_ALPHA) };
    }
    const full = teamColour(line.key, place === null ? USUAL_ALPHA : 1);
    return { ...common, positive: full, negative: full, faint: teamColour(line.key, LOST_ALPHA) };
  }

  #plotArea({ bbox }: uPlot): Plot {
    const { left, top, width, height } = bbox;
    return { left, top, width, height, seconds: this.#seconds, range: this.#options.scale.range, ratio: uPlot.pxRatio };
  }

  #drawZero({ ctx, bbox }: uPlot): void {
    const y = Math.round(bbox.top + bbox.height / 2) + 0.5;
    ctx.save();
    ctx.beginPath();
    ctx.strokeStyle = this.#theme.text;
    ctx.lineWidth = uPlot.pxRatio;
    ctx.setLineDash([6 * uPlot.pxRatio, 4 * uPlot.pxRatio]);
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.restore();
  }
}

/** One pair of times and values for each slot; the declared type only knows uPlot's other mode. */
function facets(lines: readonly Line[], slots: number): uPlot.AlignedData {
  const pairs = Array.from({ length: slots }, (_, at) => {
    const line = lines[at];
    return line === undefined ? [[], []] : [line.t.subarray(0, line.count), line.y.subarray(0, line.count)];
  });
  return [null, ...pairs] as unknown as uPlot.AlignedData;
}

function secondSplits(seconds: number): number[] {
  const splits: number[] = [];
  for (let at = 0; at <= seconds; at += TICK_SECONDS) splits.push(at);
  return splits;
}

function rangeSplits(range: number): number[] {
  return [-range, -range / 2, 0, range / 2, range];
}

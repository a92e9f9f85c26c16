/**
 * One chart of the contest: displacement over the seconds of a run, on uPlot.
 *
 * uPlot keeps the axes, the scales and the canvas; the bars are ours (`bars.ts`). Several charts that
 * are given the same `SharedScale` and `Redraws` show the same range and draw in the same frame.
 */

import uPlot from "uplot";

import { element, setAttribute, setHidden, setText } from "../view/dom.ts";
import { drawLine, type Ink, type Plot } from "./bars.ts";
import { SignLegend, TeamLegend } from "./legend.ts";
import { backToFront, extremes, placeOf, sameLines, type Extremes, type Line } from "./line.ts";
import { signColour, teamColour } from "./palette.ts";
import type { Redraws } from "./redraws.ts";
import type { SharedScale } from "./scale.ts";
import { drawnText, summary } from "./summary.ts";
import { onThemeChange, themeOf, type Theme } from "./theme.ts";
import type { ChartWords } from "./words.ts";

export interface ChartOptions {
  readonly title: string;
  readonly testId: string;
  /** Length of the time axis: how long a run is. */
  readonly seconds: number;
  /** `teams`: a colour for each team. `signs`: one team, blue from zero up, red below. */
  readonly paint: "teams" | "signs";
  /** The bit of a point's flags that says its marker was seen. */
  readonly detectedBit: number;
  readonly words: ChartWords;
  readonly scale: SharedScale;
  readonly redraws: Redraws;
}

const SUMMARY_INTERVAL_MS = 2000;
const TICK_SECONDS = 10;
const AXIS_WIDTH = 52;
const AXIS_HEIGHT = 26;
/** The extremes stand out; the others let them through. */
const USUAL_ALPHA = 0.7;
const LOST_ALPHA = 0.3;

export class Chart {
  readonly element: HTMLElement;
  readonly #options: ChartOptions;
  readonly #canvas: HTMLElement;
  readonly #note = element("span", { class: "chart-note" });
  readonly #summary = element("p", { class: "unseen" });
  readonly #empty: HTMLElement;
  readonly #legend: TeamLegend | SignLegend;
  readonly #endings: readonly (() => void)[];
  readonly #drawn = new Map<number, number>();
  #plot: uPlot | null = null;
  #theme: Theme | null = null;
  #seconds: number;
  #lines: readonly Line[] = [];
  #ordered: readonly Line[] = [];
  #extremes: Extremes | null = null;
  #summarizedAt = -Infinity;
  #summaryTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ChartOptions) {
    const { title, testId, words, paint, detectedBit } = options;
    this.#options = options;
    this.#seconds = options.seconds;
    this.#legend = paint === "teams" ? new TeamLegend(words, detectedBit) : new SignLegend(words, detectedBit);
    this.#canvas = element("div", { class: "chart-canvas", role: "img", "aria-label": title });
    this.#empty = element("p", { class: "chart-empty" }, words.empty);
    this.#summary.id = `${testId}-summary`;
    setAttribute(this.#canvas, "aria-describedby", this.#summary.id);
    this.element = element(
      "figure",
      { class: "chart", "data-testid": testId, "data-drawn": "" },
      element("figcaption", {}, title, " ", this.#note),
      element("div", { class: "chart-frame" }, this.#canvas, this.#empty),
      this.#legend.element,
      this.#summary,
    );
    this.#endings = this.#watch();
    this.#want();
  }

  /** Takes the newest points; draws with the next frame, if anything has changed. */
  show(lines: readonly Line[], seconds: number): void {
    if (seconds === this.#seconds && sameLines(this.#lines, lines)) return;
    this.#lines = lines;
    this.#seconds = seconds;
    this.#want();
  }

  /** What is said beside the title, as how the run ended. */
  note(text: string): void {
    setText(this.#note, text);
  }

  draw(): void {
    this.#theme ??= themeOf(this.#canvas);
    this.#extremes = extremes(this.#lines.map(({ max }) => max));
    this.#ordered = backToFront(this.#lines.filter(({ count }) => count > 0));
    this.#drawn.clear();
    for (const { key } of this.#lines) this.#drawn.set(key, 0);
    this.#draw();
    this.#legend.show(this.#lines);
    setHidden(this.#empty, this.#ordered.length > 0);
    setAttribute(this.element, "data-drawn", drawnText(this.#drawn));
    this.#summarize();
  }

  close(): void {
    for (const end of this.#endings) end();
    clearTimeout(this.#summaryTimer);
    this.#options.redraws.forget(this);
    this.#plot?.destroy();
    this.#plot = null;
  }

  #want(): void {
    this.#options.redraws.wanted(this);
  }

  #watch(): (() => void)[] {
    const { redraws, scale } = this.#options;
    redraws.watch(this);
    const resized = new ResizeObserver(() => this.#want());
    resized.observe(this.#canvas);
    const restyled = onThemeChange(() => {
      this.#theme = null;
      this.#want();
    });
    return [scale.follow(() => this.#want()), () => resized.disconnect(), restyled];
  }

  #draw(): void {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    if (width === 0 || height === 0) return;
    const slots = Math.max(1, this.#lines.length);
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
    this.#plot ??= new uPlot(this.#plotOptions(slots, width, height), facets([], slots), this.#canvas);
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
      font: this.#theme?.font ?? "12px sans-serif",
      stroke: () => this.#theme?.muted ?? "",
      grid: { stroke: () => this.#theme?.line ?? "", width: 1 },
      ticks: { stroke: () => this.#theme?.line ?? "", width: 1, size: 4 },
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
    const common = { outline: this.#theme?.text ?? "#000", bold: place === "worst" ? 1 : 0, detectedBit };
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
    ctx.strokeStyle = this.#theme?.text ?? "#000";
    ctx.lineWidth = uPlot.pxRatio;
    ctx.setLineDash([6 * uPlot.pxRatio, 4 * uPlot.pxRatio]);
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.restore();
  }

  /** Not with each frame: the text is read, and it is long. */
  #summarize(): void {
    if (this.#summaryTimer !== undefined) return;
    const wait = Math.max(0, this.#summarizedAt + SUMMARY_INTERVAL_MS - performance.now());
    this.#summaryTimer = setTimeout(() => {
      this.#summaryTimer = undefined;
      this.#summarizedAt = performance.now();
      setText(this.#summary, summary(this.#lines, this.#options.scale.range, this.#options.words));
    }, wait);
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

/**
 * One chart of the contest: displacement over the seconds of a run, with its legend and a text that
 * stands for the picture. Several charts that are given the same `SharedScale` and `Redraws` show the
 * same range and draw in the same frame.
 */

import { element, setAttribute, setHidden, setText } from "../view/dom.ts";
import { Canvas, type CanvasOptions } from "./canvas.ts";
import { SignLegend, TeamLegend } from "./legend.ts";
import { sameLines, type Line } from "./line.ts";
import type { Redraws } from "./redraws.ts";
import { drawnText, summary } from "./summary.ts";
import { onThemeChange } from "./theme.ts";
import type { ChartWords } from "./words.ts";

export interface ChartOptions extends CanvasOptions {
  readonly title: string;
  readonly testId: string;
  /** Length of the time axis: how long a run is. */
  readonly seconds: number;
  readonly words: ChartWords;
  readonly redraws: Redraws;
}

const SUMMARY_INTERVAL_MS = 2000;

export class Chart {
  readonly element: HTMLElement;
  readonly #options: ChartOptions;
  readonly #picture: HTMLElement;
  readonly #note = element("span", { class: "chart-note" });
  readonly #summary = element("p", { class: "unseen" });
  readonly #empty: HTMLElement;
  readonly #legend: TeamLegend | SignLegend;
  readonly #endings: readonly (() => void)[];
  #canvas: Canvas | null = null;
  #seconds: number;
  #lines: readonly Line[] = [];
  #summarizedAt = -Infinity;
  #summaryTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ChartOptions) {
    const { title, testId, words, paint, detectedBit } = options;
    this.#options = options;
    this.#seconds = options.seconds;
    this.#legend = paint === "teams" ? new TeamLegend(words, detectedBit) : new SignLegend(words, detectedBit);
    this.#picture = element("div", { class: "chart-canvas", role: "img", "aria-label": title });
    this.#empty = element("p", { class: "chart-empty" }, words.empty);
    this.#summary.id = `${testId}-summary`;
    setAttribute(this.#picture, "aria-describedby", this.#summary.id);
    this.element = element(
      "figure",
      { class: "chart", "data-testid": testId, "data-drawn": "" },
      element("figcaption", {}, title, " ", this.#note),
      element("div", { class: "chart-frame" }, this.#picture, this.#empty),
      this.#legend.element,
      this.#summary,
    );
    this.#endings = this.#watch();
    this.#want();
  }

  /** Takes the newest points; draws with the next frame, if anything has changed. */
  show(lines: readonly Line[], seconds: number): void {
    if (seconds === this.#seconds && sameLines(this.#lines, lines)) return;
    // At once, also out of sight: it takes room, and nothing is to move later.
    if (lines.length !== this.#lines.length) this.#legend.show(lines);
    this.#lines = lines;
    this.#seconds = seconds;
    this.#want();
  }

  /** What is said beside the title, as how the run ended. */
  note(text: string): void {
    setText(this.#note, text);
  }

  draw(): void {
    // Only now is the chart on the page, where it has the page's colours.
    this.#canvas ??= new Canvas(this.#picture, this.#seconds, this.#options);
    const drawn = this.#canvas.draw(this.#lines, this.#seconds);
    this.#legend.show(this.#lines);
    setHidden(this.#empty, this.#lines.some(({ count }) => count > 0));
    setAttribute(this.element, "data-drawn", drawnText(drawn));
    this.#summarize();
  }

  close(): void {
    for (const end of this.#endings) end();
    clearTimeout(this.#summaryTimer);
    this.#options.redraws.forget(this);
    this.#canvas?.close();
    this.#canvas = null;
  }

  #want(): void {
    this.#options.redraws.wanted(this);
  }

  #watch(): (() => void)[] {
    const { redraws, scale } = this.#options;
    redraws.watch(this);
    const resized = new ResizeObserver(() => this.#want());
    resized.observe(this.#picture);
    const restyled = onThemeChange(() => {
      this.#canvas?.restyle();
      this.#want();
    });
    return [scale.follow(() => this.#want()), () => resized.disconnect(), restyled];
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

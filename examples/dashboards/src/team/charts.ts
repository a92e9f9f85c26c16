/** The five charts of a team, one for each frequency, with its figures beside it. */

import { Chart } from "../chart/chart.ts";
import type { Line } from "../chart/line.ts";
import { Redraws } from "../chart/redraws.ts";
import { SharedScale } from "../chart/scale.ts";
import { chartWords } from "../chart/words.ts";
import { B_DETECTED, FREQUENCIES, type Category, type Contest, type Controller, type Frequency, type Lane, type Series } from "../contest/model.ts";
import { hertz } from "../contest/run-words.ts";
import type { ContestSpeech } from "../contest/speech.ts";
import { element, setAttribute, setText } from "../view/dom.ts";
import { Others } from "./others.ts";

/** Before the broker has said how long a run is. */
const USUAL_SECONDS = 60;

interface Row {
  readonly frequency: Frequency;
  readonly element: HTMLElement;
  readonly chart: Chart;
  readonly realtime: HTMLElement;
  readonly max: HTMLElement;
  readonly avg: HTMLElement;
}

export class Charts {
  readonly element: HTMLElement;
  readonly #speech: ContestSpeech;
  readonly #lane: Lane;
  readonly #others: Others;
  readonly #scale = new SharedScale();
  readonly #redraws = new Redraws();
  readonly #rows: readonly Row[];

  constructor(controller: Controller, speech: ContestSpeech, lane: Lane) {
    this.#speech = speech;
    this.#lane = lane;
    this.#others = new Others(controller);
    this.#rows = FREQUENCIES.map((frequency) => this.#row(frequency));
    this.element = element("div", { class: "team-charts" }, ...this.#rows.map((row) => row.element));
  }

  show(contest: Contest, category: Category): void {
    const seconds = contest.state?.run_seconds ?? USUAL_SECONDS;
    const { alias, nama_tim } = contest.team(category, this.#lane);
    const running = contest.state?.session;
    const all = this.#rows.map(({ frequency }) => contest.series(category, this.#lane, frequency));
    this.#others.follow(contest, category, performance.now());
    this.#scale.fit(Math.max(this.#others.largest(contest, category), ...all.map(({ max }) => max)));
    for (const row of this.#rows) {
      const series = contest.series(category, this.#lane, row.frequency);
      const isRunning = running?.category === category && running.frequency === row.frequency;
      setAttribute(row.element, "data-running", isRunning ? "true" : null);
      row.chart.show([lineOf(series, alias, nama_tim)], seconds);
      row.chart.note(this.#note(contest, series, isRunning));
      this.#figures(row, series);
    }
  }

  close(): void {
    for (const { chart } of this.#rows) chart.close();
    this.#redraws.close();
  }

  #note({ state }: Contest, series: Series, isRunning: boolean): string {
    const { say } = this.#speech;
    if (isRunning) return say("recording");
    const isCollapsed = state?.last?.session_id === series.run && state?.last?.collapsed === true;
    return isCollapsed ? say("collapsed") : "";
  }

  #figures(row: Row, series: Series): void {
    const { mm } = this.#speech;
    setText(row.realtime, mm(Math.abs(series.last ?? 0)));
    setText(row.max, mm(series.max));
    setText(row.avg, mm(series.mean));
  }

  #row(frequency: Frequency): Row {
    const { say, language } = this.#speech;
    const chart = new Chart({
      title: hertz(frequency),
      testId: `chart-${frequency}`,
      seconds: USUAL_SECONDS,
      paint: "signs",
      detectedBit: B_DETECTED,
      words: chartWords(language),
      scale: this.#scale,
      redraws: this.#redraws,
    });
    const value = (name: string): HTMLElement => element("dd", { "data-testid": `${name}-${frequency}` });
    const [realtime, max, avg] = [value("realtime"), value("max"), value("avg")];
    const figures = element(
      "dl",
      { class: "chart-figures" },
      element("div", {}, element("dt", {}, say("realtime")), realtime),
      element("div", {}, element("dt", {}, say("max")), max),
      element("div", {}, element("dt", {}, say("avg")), avg),
    );
    return {
      frequency,
      element: element("section", { class: "team-chart panel-box", "aria-label": hertz(frequency) }, chart.element, figures),
      chart,
      realtime,
      max,
      avg,
    };
  }
}

function lineOf(series: Series, label: string, name: string): Line {
  const { lane, t, b, flags, count, max, version } = series;
  return { key: lane, label, name, t, y: b, flags, count, max, version };
}

/** The five charts, one for each frequency, all teams in each. */

import { Chart } from "../chart/chart.ts";
import type { Line } from "../chart/line.ts";
import { Redraws } from "../chart/redraws.ts";
import { SharedScale } from "../chart/scale.ts";
import { chartWords } from "../chart/words.ts";
import { B_DETECTED, FREQUENCIES, LANES, type Category, type Contest, type Frequency, type Run } from "../contest/model.ts";
import { element, setAttribute } from "../view/dom.ts";
import type { RunList } from "./runs.ts";
import type { JudgeSpeech } from "./speech.ts";
import { shortName, shownOf } from "./table.ts";

const RUN_SECONDS = 60;

export class Charts {
  readonly element: HTMLElement;
  readonly #contest: Contest;
  readonly #runs: RunList;
  readonly #speech: JudgeSpeech;
  readonly #scale = new SharedScale();
  readonly #redraws = new Redraws();
  readonly #charts: ReadonlyMap<Frequency, Chart>;

  constructor(contest: Contest, runs: RunList, speech: JudgeSpeech) {
    this.#contest = contest;
    this.#runs = runs;
    this.#speech = speech;
    this.#charts = new Map(FREQUENCIES.map((frequency) => [frequency, this.#chart(frequency)]));
    const charts = [...this.#charts.values()].map((chart) => chart.element);
    this.element = element("section", { class: "panel-box charts", "aria-label": speech.say("charts") }, ...charts);
  }

  show(): void {
    const { state } = this.#contest;
    const { category, frequency: current } = shownOf(state);
    const maxima = LANES.flatMap((lane) => FREQUENCIES.map((one) => this.#contest.series(category, lane, one).max));
    this.#scale.fit(Math.max(...maxima));
    for (const [frequency, chart] of this.#charts) {
      chart.show(this.#lines(category, frequency), state?.run_seconds ?? RUN_SECONDS);
      chart.note(this.#note(category, frequency));
      setAttribute(chart.element, "data-current", frequency === current ? "true" : null);
    }
  }

  close(): void {
    for (const chart of this.#charts.values()) chart.close();
    this.#redraws.close();
  }

  #chart(frequency: Frequency): Chart {
    return new Chart({
      title: this.#speech.say("hertz", { frequency }),
      testId: `chart-${frequency}`,
      seconds: this.#contest.state?.run_seconds ?? RUN_SECONDS,
      paint: "teams",
      detectedBit: B_DETECTED,
      words: chartWords(this.#speech.language),
      scale: this.#scale,
      redraws: this.#redraws,
    });
  }

  #lines(category: Category, frequency: Frequency): Line[] {
    return LANES.map((lane) => {
      const { t, b: y, flags, count, max, version } = this.#contest.series(category, lane, frequency);
      const { alias, nama_tim: name } = this.#contest.team(category, lane);
      return { key: lane, label: `${alias} ${shortName(name)}`, name: `${alias} ${name}`, t, y, flags, count, max, version };
    });
  }

  #note(category: Category, frequency: Frequency): string {
    const { say } = this.#speech;
    const running = this.#contest.state?.session ?? null;
    if (running?.category === category && running.frequency === frequency) return say("runOn");
    const run = this.#runOf(category, frequency);
    if (run === null) return say("runNone");
    const seconds = run.duration_seconds ?? 0;
    if (run.collapsed) return say("runCollapsed", { seconds });
    return say(run.ended_by === "time" ? "runDone" : "runStopped", { seconds });
  }

  /** The run whose points are drawn; without points there is nothing to tell of. */
  #runOf(category: Category, frequency: Frequency): Run | null {
    const drawn = LANES.map((lane) => this.#contest.series(category, lane, frequency)).find(({ count }) => count > 0);
    const id = drawn?.run ?? null;
    return id === null ? null : this.#runs.find(id);
  }
}

/** What is measured and how the pages show it: category, frequency, data saving, freeze, clear. */

import { mayJudge } from "../contest/access.ts";
import {
  CATEGORIES,
  FREQUENCIES,
  LANES,
  type Contest,
  type Controller,
} from "../contest/model.ts";
import { element, setAttribute, setText } from "../view/dom.ts";
import { askClear } from "./clear.ts";
import { Command } from "./command.ts";
import type { Notice } from "./notice.ts";
import type { JudgeSpeech } from "./speech.ts";
import { shownOf, type Shown } from "./table.ts";

export class Controls {
  readonly element: HTMLElement;
  readonly realtime: Command;
  readonly freeze: Command;
  readonly clear: Command;
  readonly #contest: Contest;
  readonly #controller: Controller;
  readonly #speech: JudgeSpeech;
  readonly #notice: Notice;
  readonly #category: HTMLSelectElement;
  readonly #frequency: HTMLSelectElement;
  readonly #hint = element("p", { class: "hint", "data-testid": "hint" });
  /** What was chosen and is not answered yet; `false` afterwards if it was refused. */
  #choosing: Promise<boolean> | null = null;

  constructor(contest: Contest, controller: Controller, speech: JudgeSpeech, notice: Notice) {
    const { say } = speech;
    this.#contest = contest;
    this.#controller = controller;
    this.#speech = speech;
    this.#notice = notice;
    this.#category = this.#select("category", CATEGORIES.map((category) => [category, say(category)]));
    this.#frequency = this.#select("frequency", FREQUENCIES.map((frequency) => [`${frequency}`, say("hertz", { frequency })]));
    this.realtime = new Command("realtime", () => this.#toggleRealtime(), { "aria-keyshortcuts": "Shift+D" });
    this.freeze = new Command("freeze", () => this.#toggleFreeze(), { "aria-keyshortcuts": "Shift+F" });
    this.clear = new Command("clear", () => askClear(this.element, contest, controller, { speech, notice }));
    this.element = element(
      "section",
      { class: "panel-box controls", "aria-label": say("controls") },
      element(
        "div",
        { class: "fields" },
        element("label", {}, say("category"), this.#category),
        element("label", {}, say("frequency"), this.#frequency),
      ),
      element("div", { class: "commands" }, this.realtime.element, this.freeze.element, this.clear.element),
      this.#hint,
    );
  }

  show(): void {
    const { state } = this.#contest;
    const isRunning = state?.session != null;
    const { category, frequency } = shownOf(state);
    if (this.#choosing === null) {
      // A value that is set again would close the list under the judge's hand.
      if (this.#category.value !== category) this.#category.value = category;
      if (this.#frequency.value !== `${frequency}`) this.#frequency.value = `${frequency}`;
    }
    for (const select of [this.#category, this.#frequency]) {
      select.disabled = !this.#isOpen() || isRunning;
      setAttribute(select, "title", isRunning ? this.#speech.say("locked") : null);
    }
    this.#showCommands();
    this.#showHint(isRunning);
  }

  #showCommands(): void {
    const { say } = this.#speech;
    const { state } = this.#contest;
    const isSaving = state?.realtime.enabled === true;
    const isFrozen = state?.frozen === true;
    this.realtime.show(say(isSaving ? "realtimeStop" : "realtimeStart"), this.#isOpen());
    setAttribute(this.realtime.element, "data-tone", isSaving ? "bad" : "good");
    this.freeze.show(say(isFrozen ? "unfreeze" : "freeze"), this.#isOpen());
    setAttribute(this.freeze.element, "data-tone", isFrozen ? "info" : null);
    this.clear.show(say("clear"), this.#isOpen());
  }

  #isOpen(): boolean {
    return this.#contest.state !== null && mayJudge(this.#contest.access);
  }

  #showHint(isRunning: boolean): void {
    const { say, count } = this.#speech;
    const { state } = this.#contest;
    const { category, frequency } = shownOf(state);
    const values = { category: say(category), frequency, seconds: state?.run_seconds ?? 60 };
    const points = LANES.reduce((sum, lane) => sum + this.#contest.series(category, lane, frequency).count, 0);
    const isWatching = this.#contest.access.phase === "granted" && !mayJudge(this.#contest.access);
    const isWarning = isWatching || (state !== null && !state.realtime.enabled);
    let text = say("hintReady", values);
    if (state === null) text = say("hintNoState");
    else if (isWatching) text = say("hintWatching");
    else if (isWarning) text = say("hintRealtimeOff");
    else if (isRunning) text = say("hintRecording", values);
    else if (points > 0 && this.#isOlder(shownOf(state))) text = say("hintOlder", { ...values, points: count(points) });
    else if (points > 0) text = say("hintRecordedBefore", { ...values, points: count(points) });
    setText(this.#hint, text);
    setAttribute(this.#hint, "data-tone", isWarning ? "warning" : "neutral");
  }

  /** Whether the latest run has no points, so that the charts show the one before; nobody is to take it for the latest. */
  #isOlder({ category, frequency }: Shown): boolean {
    const last = this.#contest.state?.last ?? null;
    const isLatest = last?.category === category && last.frequency === frequency;
    return isLatest && this.#contest.series(category, LANES[0], frequency).run !== last.session_id;
  }

  #select(name: "category" | "frequency", options: readonly (readonly [string, string])[]): HTMLSelectElement {
    const made = element(
      "select",
      { "data-testid": name },
      ...options.map(([value, label]) => element("option", { value }, label)),
    );
    made.addEventListener("change", () => void this.#choose());
    return made;
  }

  /** What the judge sees as chosen, once the broker has it too; `null` if it was refused. */
  async chosen(): Promise<Shown | null> {
    return (await this.#choosing) === false ? null : this.#selected();
  }

  #selected(): Shown | null {
    const category = CATEGORIES.find((one) => one === this.#category.value);
    const frequency = FREQUENCIES.find((one) => `${one}` === this.#frequency.value);
    return category === undefined || frequency === undefined ? null : { category, frequency };
  }

  async #choose(): Promise<void> {
    const wanted = this.#selected();
    if (wanted === null) return;
    const asked = this.#controller.select(wanted.category, wanted.frequency);
    const choosing = this.#notice.about(asked).then((state) => state !== null);
    this.#choosing = choosing;
    await choosing;
    // The other field may have been changed meanwhile.
    if (this.#choosing !== choosing) return;
    this.#choosing = null;
    this.show();
  }

  async #toggleRealtime(): Promise<void> {
    const isSaving = this.#contest.state?.realtime.enabled === true;
    await this.#notice.about(this.#controller.realtime(!isSaving));
  }

  async #toggleFreeze(): Promise<void> {
    const isFrozen = this.#contest.state?.frozen === true;
    await this.#notice.about(this.#controller.freeze(!isFrozen));
  }
}

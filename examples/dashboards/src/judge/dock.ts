/** Always in view: the timer, how the run goes, and what starts and ends it. */

import { mayJudge } from "../contest/access.ts";
import type { Contest, Controller, Run } from "../contest/model.ts";
import { statusKey } from "../contest/run-words.ts";
import { element, setText } from "../view/dom.ts";
import { Command } from "./command.ts";
import { ask } from "./dialog.ts";
import { Pill, type Notice } from "./notice.ts";
import type { JudgeSpeech } from "./speech.ts";
import { shownOf, type Shown } from "./table.ts";

/** What the dock starts: asked when the button is pressed. */
export type Chosen = () => Promise<Shown | null>;

export class Dock {
  readonly element: HTMLElement;
  readonly start: Command;
  readonly stop: Command;
  readonly collapse: Command;
  readonly #contest: Contest;
  readonly #controller: Controller;
  readonly #speech: JudgeSpeech;
  readonly #notice: Notice;
  readonly #chosen: Chosen;
  readonly #timer = element("strong", { class: "timer", "data-testid": "timer", role: "timer", "aria-live": "off" });
  readonly #status = new Pill("status");
  readonly #saving = new Pill("saving");
  readonly #run = element("span", { class: "run", "data-testid": "run" });

  constructor(contest: Contest, controller: Controller, speech: JudgeSpeech, notice: Notice, chosen: Chosen) {
    this.#contest = contest;
    this.#controller = controller;
    this.#speech = speech;
    this.#notice = notice;
    this.#chosen = chosen;
    this.start = new Command("start", () => this.#start(), { "aria-keyshortcuts": "Shift+R", "data-tone": "good" });
    this.stop = new Command("stop", () => this.#stop(), { "aria-keyshortcuts": "Shift+S", "data-tone": "bad" });
    this.collapse = new Command("collapse", () => this.#collapse(), {
      "aria-keyshortcuts": "Shift+B",
      "data-tone": "warning",
    });
    const { say } = speech;
    this.#timer.setAttribute("aria-label", say("timer"));
    this.element = element(
      "section",
      { class: "dock", "aria-label": say("timer") },
      this.#timer,
      this.#run,
      labelled(say("status"), this.#status.element),
      labelled(say("saving"), this.#saving.element),
      notice.element,
      element("div", { class: "commands" }, this.start.element, this.stop.element, this.collapse.element),
    );
  }

  show(): void {
    const { say, clock } = this.#speech;
    const { state } = this.#contest;
    const running = state?.session ?? null;
    const { category, frequency } = shownOf(state);
    setText(this.#timer, clock(this.#contest.elapsedMs()));
    setText(this.#run, `${say(category)} · ${say("hertz", { frequency })}`);
    this.#showStatus(running, state?.last ?? null);
    const isSaving = state?.realtime.enabled === true;
    if (state === null) this.#saving.show(say("loading"), "neutral");
    else this.#saving.show(say(isSaving ? "on" : "off"), isSaving ? "good" : "bad");
    const may = mayJudge(this.#contest.access);
    this.start.show(say("start"), may && state !== null && running === null, this.stop);
    this.stop.show(say("stop"), may && running !== null, this.start);
    this.collapse.show(say("collapse"), may && running !== null, this.start);
  }

  #showStatus(running: Run | null, last: Run | null): void {
    const tone = running !== null ? "good" : last === null ? "neutral" : last.collapsed ? "warning" : "info";
    this.#status.show(this.#speech.say(statusKey(this.#contest.state)), tone);
  }

  async #start(): Promise<void> {
    const chosen = await this.#chosen();
    if (chosen === null) return;
    const { category, frequency } = chosen;
    const outcome = await this.#controller.start(category, frequency);
    const other = outcome.ok ? null : outcome.failure.session;
    if (other === null || !(await this.#mayReplace(other))) {
      await this.#notice.about(Promise.resolve(outcome));
      return;
    }
    await this.#notice.about(this.#controller.start(category, frequency, true));
  }

  #mayReplace(other: Run): Promise<boolean> {
    const { say } = this.#speech;
    const body = say("replaceBody", { category: say(other.category), frequency: other.frequency });
    return ask(this.element, {
      title: say("replaceTitle"),
      content: [element("p", {}, body)],
      confirm: say("replaceConfirm"),
      cancel: say("cancel"),
    });
  }

  async #stop(): Promise<void> {
    const running = this.#contest.state?.session ?? null;
    if (running !== null) await this.#notice.about(this.#controller.stop(running.session_id));
  }

  async #collapse(): Promise<void> {
    const { say } = this.#speech;
    const running = this.#contest.state?.session ?? null;
    if (running === null) return;
    const body = say("collapseBody", { category: say(running.category), frequency: running.frequency });
    const isSure = await ask(this.element, {
      title: say("collapseTitle"),
      content: [element("p", {}, body)],
      confirm: say("collapseConfirm"),
      cancel: say("cancel"),
    });
    if (isSure) await this.#notice.about(this.#controller.collapse(running.session_id));
  }
}

function labelled(label: string, value: HTMLElement): HTMLElement {
  return element("span", { class: "labelled" }, element("span", { class: "muted" }, label), " ", value);
}

/** Tells that a run has ended by its time and offers the next frequency; nothing waits for it. */

import { FREQUENCIES, type Controller, type Frequency, type Run } from "../contest/model.ts";
import { button, element } from "../view/dom.ts";
import { dialog } from "./dialog.ts";
import type { Notice } from "./notice.ts";
import type { JudgeSpeech } from "./speech.ts";

export class Ended {
  readonly element = element("div", { class: "float" });
  readonly #controller: Controller;
  readonly #speech: JudgeSpeech;
  readonly #notice: Notice;
  #open: HTMLDialogElement | null = null;

  constructor(controller: Controller, speech: JudgeSpeech, notice: Notice) {
    this.#controller = controller;
    this.#speech = speech;
    this.#notice = notice;
  }

  close(): void {
    this.#open?.close();
    this.#open = null;
  }

  tell(run: Run, mayChoose: boolean): void {
    this.close();
    const { say } = this.#speech;
    const next = mayChoose ? nextFrequency(run.frequency) : null;
    const values = { category: say(run.category), frequency: run.frequency, seconds: run.duration_seconds ?? 0 };
    const text = say(!mayChoose ? "endedWatched" : next === null ? "endedLast" : "endedBody", values);
    const answers = element("div", { class: "answers" }, button(say("close"), () => this.close()));
    if (next !== null) answers.append(this.#choose(run, next));
    const made = dialog(say("endedTitle"), element("p", {}, text), answers);
    made.dataset["testid"] = "ended";
    made.addEventListener("keydown", ({ key }) => {
      if (key === "Escape") this.close();
    });
    this.element.append(made);
    this.#open = made;
    made.show();
  }

  #choose(run: Run, next: Frequency): HTMLElement {
    const made = button(this.#speech.say("endedNext", { frequency: next }), () => {
      this.close();
      void this.#notice.about(this.#controller.select(run.category, next));
    });
    made.className = "main";
    made.dataset["testid"] = "next-frequency";
    return made;
  }
}

/** Frequencies rise during a contest; `null` after the last. */
export function nextFrequency(frequency: Frequency): Frequency | null {
  return FREQUENCIES[FREQUENCIES.indexOf(frequency) + 1] ?? null;
}

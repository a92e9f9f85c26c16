/** What came of the last thing that was asked for; errors are spoken at once. */

import type { Outcome } from "../contest/model.ts";
import { element, setAttribute, setText } from "../view/dom.ts";
import type { JudgeSpeech } from "./speech.ts";

export class Notice {
  readonly element: HTMLElement;
  readonly #speech: JudgeSpeech;
  readonly #good = element("p", { class: "notice", role: "status", "data-tone": "good", "data-testid": "notice" });
  readonly #bad = element("p", { class: "notice", role: "alert", "data-tone": "bad", "data-testid": "problem" });

  constructor(speech: JudgeSpeech) {
    this.#speech = speech;
    this.element = element("div", { class: "notices" }, this.#good, this.#bad);
  }

  say(text: string): void {
    setText(this.#good, text);
    setText(this.#bad, "");
  }

  warn(text: string): void {
    setText(this.#good, "");
    setText(this.#bad, text);
  }

  clear(): void {
    this.say("");
  }

  /** Says how it went; returns the value, `null` if there is none. */
  async about<T>(asked: Promise<Outcome<T>>, said: (value: T) => string = () => ""): Promise<T | null> {
    const outcome = await asked;
    if (!outcome.ok) {
      this.warn(this.#speech.explain(outcome.failure));
      return null;
    }
    this.say(said(outcome.value));
    return outcome.value;
  }
}

/** A word with a coloured dot; the colour says nothing that the word does not. */
export class Pill {
  readonly element: HTMLElement;

  constructor(testId: string) {
    this.element = element("span", { class: "pill", "data-testid": testId, "data-tone": "neutral" });
  }

  show(text: string, tone: "good" | "info" | "warning" | "bad" | "neutral"): void {
    setText(this.element, text);
    setAttribute(this.element, "data-tone", tone);
  }
}

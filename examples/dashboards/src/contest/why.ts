/** The panel that answers "why do I see nothing?", with how many things are wrong already in its heading. */

import { element, setAttribute, setText } from "../view/dom.ts";
import { CHECKS, faults, type Check, type CheckName } from "./checks.ts";
import type { ContestSpeech } from "./speech.ts";

export class Why {
  readonly element: HTMLDetailsElement;
  readonly #speech: ContestSpeech;
  readonly #count = element("span", { class: "pill" });
  readonly #rows: Readonly<Record<CheckName, HTMLElement>>;

  constructor(speech: ContestSpeech) {
    const { say } = speech;
    this.#speech = speech;
    const rows = CHECKS.map((name) => [name, element("dd", { class: "check" })] as const);
    this.#rows = Object.fromEntries(rows) as Record<CheckName, HTMLElement>;
    this.element = element(
      "details",
      { class: "why panel-box", "data-testid": "why" },
      element("summary", {}, element("strong", {}, say("why")), " ", this.#count),
      element("dl", {}, ...rows.flatMap(([name, row]) => [element("dt", {}, say(`check_${name}`)), row])),
    );
  }

  show(checks: readonly Check[]): void {
    const { say } = this.#speech;
    const count = faults(checks);
    const text = count === 0 ? say("whyFine") : count === 1 ? say("whyOne") : say("whyMany", { count });
    setText(this.#count, text);
    setAttribute(this.#count, "data-tone", count === 0 ? "good" : "warning");
    for (const { name, tone, text } of checks) {
      setText(this.#rows[name], text);
      setAttribute(this.#rows[name], "data-tone", tone);
      setAttribute(this.#rows[name], "data-check", name);
    }
  }
}

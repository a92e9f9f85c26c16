/** The panel that answers "why do I see nothing?": the first problem at once, all of it when opened. */

import type { Contest } from "../contest/model.ts";
import type { Tone } from "../state/attention.ts";
import { element, setAttribute, setText } from "../view/dom.ts";
import type { JudgeSpeech } from "./speech.ts";
import { findings, firstProblem, type Finding } from "./why.ts";

const SIGNS: Readonly<Record<Tone, string>> = { good: "✓", info: "…", warning: "!", bad: "✗", neutral: "–" };

interface Line {
  readonly element: HTMLElement;
  readonly sign: HTMLElement;
  readonly word: HTMLElement;
  readonly text: HTMLElement;
}

export class WhyPanel {
  readonly element: HTMLElement;
  readonly #contest: Contest;
  readonly #speech: JudgeSpeech;
  readonly #first = element("p", { class: "first", "data-testid": "why-first" });
  readonly #list = element("ul");
  readonly #lines = new Map<Finding["name"], Line>();

  constructor(contest: Contest, speech: JudgeSpeech) {
    this.#contest = contest;
    this.#speech = speech;
    this.element = element(
      "details",
      { class: "panel-box why", "data-testid": "why" },
      element("summary", {}, element("h2", {}, speech.say("why")), this.#first),
      this.#list,
    );
  }

  show(): void {
    const { say } = this.#speech;
    const all = findings(this.#contest, this.#speech);
    const first = firstProblem(all);
    setText(this.#first, first?.text ?? say("whyAllGood"));
    setAttribute(this.element, "data-tone", first?.tone ?? "good");
    for (const finding of all) this.#showLine(finding);
  }

  #showLine({ name, tone, text }: Finding): void {
    const { say } = this.#speech;
    const line = this.#line(name);
    setText(line.sign, SIGNS[tone]);
    setText(line.word, `${say(tone === "info" || tone === "neutral" ? "unknown" : tone)}: `);
    setText(line.text, text);
    setAttribute(line.element, "data-tone", tone);
  }

  #line(name: Finding["name"]): Line {
    const known = this.#lines.get(name);
    if (known !== undefined) return known;
    const sign = element("span", { class: "sign", "aria-hidden": "true" });
    const [word, text] = [element("span", { class: "unseen" }), element("span")];
    const line = { element: element("li", { "data-testid": `why-${name}` }, sign, word, text), sign, word, text };
    this.#lines.set(name, line);
    this.#list.append(line.element);
    return line;
  }
}

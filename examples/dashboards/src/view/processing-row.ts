/** One processing request and how far it is. */

import { statusWord } from "../i18n/language.ts";
import { statusTone } from "../state/attention.ts";
import type { Processing } from "../state/model.ts";
import { element, setAttribute, setText } from "./dom.ts";
import type { Row } from "./rows.ts";
import type { Speech } from "./speech.ts";

export class ProcessingRow implements Row<Processing> {
  readonly element: HTMLElement;
  readonly #speech: Speech;
  readonly #nameOf: (id: string) => string;
  readonly #title = element("strong");
  readonly #status = element("span", { class: "pill" });
  readonly #message = element("p");
  readonly #facts = element("p", { class: "muted" });

  constructor(speech: Speech, nameOf: (id: string) => string) {
    this.#speech = speech;
    this.#nameOf = nameOf;
    this.element = element(
      "li",
      {},
      element("div", { class: "row-head" }, this.#title, this.#status),
      this.#message,
      this.#facts,
    );
  }

  show(request: Processing, now: number): void {
    const { say, format } = this.#speech;
    setText(this.#title, say("request", { id: request.key }));
    setText(this.#status, statusWord(say, request.status));
    setAttribute(this.#status, "data-tone", statusTone(request.status));
    setText(this.#message, request.message ?? "");
    const facts = [
      request.machine === null ? null : this.#nameOf(request.machine),
      request.type,
      request.priority === null ? null : say("priority", { priority: request.priority }),
      format.moment(request.at, now),
    ];
    setText(this.#facts, facts.filter((fact) => fact !== null).join(" · "));
  }
}

/** Somebody asked a device to sync; says whether the device did. */

import type { SyncRequest } from "../state/model.ts";
import { answer, type Answer } from "../state/timezones.ts";
import type { Tone } from "../state/attention.ts";
import { element, setAttribute, setText } from "./dom.ts";
import type { Row } from "./rows.ts";
import type { Speech } from "./speech.ts";

const TONES: Readonly<Record<Answer, Tone>> = {
  answered: "good",
  waiting: "info",
  unanswered: "warning",
};

export class SyncRequestRow implements Row<SyncRequest> {
  readonly element: HTMLElement;
  readonly #speech: Speech;
  readonly #device = element("strong");
  readonly #answer = element("span", { class: "pill" });
  readonly #facts = element("p", { class: "muted" });

  constructor(speech: Speech) {
    this.#speech = speech;
    this.element = element(
      "li",
      {},
      element("div", { class: "row-head" }, this.#device, this.#answer),
      this.#facts,
    );
  }

  show(request: SyncRequest, now: number): void {
    const { say, format } = this.#speech;
    setText(this.#device, request.device);
    setText(this.#answer, this.#answerText(request, now));
    setAttribute(this.#answer, "data-tone", TONES[answer(request, now)]);
    const trigger = request.trigger?.replaceAll("_", " ") ?? null;
    const asked = `${say("requested")} ${format.moment(request.requestedAt, now)}`;
    setText(this.#facts, [trigger, asked].filter((part) => part !== null).join(" · "));
  }

  #answerText(request: SyncRequest, now: number): string {
    const { say, format } = this.#speech;
    if (request.answeredAt !== null) {
      const seconds = Math.round((request.answeredAt - request.requestedAt) / 100) / 10;
      return say("syncAnswered", { seconds: format.count(seconds) });
    }
    return say(answer(request, now) === "waiting" ? "syncWaiting" : "syncUnanswered");
  }
}

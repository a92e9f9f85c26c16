/** What one machine saw on one picture. */

import type { DetectedObject, Detection } from "../state/model.ts";
import { element, setText } from "./dom.ts";
import type { Row } from "./rows.ts";
import type { Speech } from "./speech.ts";

export class DetectionRow implements Row<Detection> {
  readonly element: HTMLElement;
  readonly #speech: Speech;
  readonly #nameOf: (id: string) => string;
  readonly #machine = element("strong");
  readonly #time = element("time", { class: "muted" });

  constructor(detection: Detection, speech: Speech, nameOf: (id: string) => string) {
    this.#speech = speech;
    this.#nameOf = nameOf;
    this.#time.dateTime = new Date(detection.at).toISOString();
    const objects = detection.objects.map((object) => tag(object, speech));
    this.element = element(
      "li",
      {},
      element("div", { class: "row-head" }, this.#machine, this.#time),
      element("ul", { class: "tags" }, ...objects),
      element("p", { class: "muted" }, facts(detection, speech)),
    );
  }

  show(detection: Detection, now: number): void {
    setText(this.#machine, this.#nameOf(detection.machine));
    setText(this.#time, this.#speech.format.moment(detection.at, now));
  }
}

function tag({ label, confidence }: DetectedObject, { format }: Speech): HTMLElement {
  const name = label.replaceAll("_", " ");
  return element("li", {}, confidence === null ? name : `${name} ${format.percent(confidence * 100)}`);
}

function facts({ total, seconds, model }: Detection, { say, format }: Speech): string {
  const objects =
    total === 0 ? say("nothingFound") : total === 1 ? say("oneObject") : say("objects", { count: format.count(total) });
  const took = seconds === null ? null : format.seconds(seconds);
  return [objects, took, model].filter((part) => part !== null).join(" · ");
}

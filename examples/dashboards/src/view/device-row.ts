/** One device's time zone, with its clock running. */

import type { Device } from "../state/model.ts";
import { element, setText } from "./dom.ts";
import type { Row } from "./rows.ts";
import type { Speech } from "./speech.ts";

export class DeviceRow implements Row<Device> {
  readonly element: HTMLElement;
  readonly #speech: Speech;
  readonly #name = element("strong");
  readonly #clock = element("span", { class: "clock" });
  readonly #zone = element("p");
  readonly #facts = element("p", { class: "muted" });

  constructor(speech: Speech) {
    this.#speech = speech;
    this.element = element(
      "li",
      {},
      element("div", { class: "row-head" }, this.#name, this.#clock),
      this.#zone,
      this.#facts,
    );
  }

  show(device: Device, now: number): void {
    const { say, format } = this.#speech;
    setText(this.#name, device.id);
    setText(this.#clock, format.clock(now, device.timezone) ?? say("unknownTimezone"));
    setText(this.#zone, [device.timezone, device.place].filter((part) => part !== null).join(" · "));
    const synced = say("synced", { time: format.moment(device.syncedAt, now) });
    setText(this.#facts, [device.method, synced].filter((part) => part !== null).join(" · "));
  }
}

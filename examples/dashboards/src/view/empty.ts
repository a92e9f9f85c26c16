/** What the page says before the first event: what to do next, to the letter. */

import { SHIPPED_KEY, SHIPPED_PORT, isLoopback, type Address } from "../feed/address.ts";
import { CATALOGUE } from "../feed/catalogue.ts";
import { element, setText } from "./dom.ts";
import type { Speech } from "./speech.ts";

const COMMAND = ["python3", "examples/python/publish_events.py"];

export class EmptyState {
  readonly element: HTMLElement;
  readonly #speech: Speech;
  readonly #next = element("p");

  constructor(speech: Speech, address: Address) {
    const { say } = speech;
    this.#speech = speech;
    const channels = Object.entries(CATALOGUE).map(([channel, events]) =>
      element("li", {}, element("code", {}, channel), ` ${events.join(", ")}`),
    );
    this.element = element(
      "section",
      { class: "empty", "aria-labelledby": "empty-heading" },
      element("h2", { id: "empty-heading" }, say("emptyTitle")),
      this.#next,
      command(address.port === SHIPPED_PORT ? [] : ["--port", `${address.port}`], app(address)),
      element("p", { class: "muted" }, say("emptyNeeds")),
      element("p", {}, say("emptyElsewhere")),
      command(["--host", hostElsewhere(address, speech), "--port", `${address.port}`], app(address)),
      element("p", {}, say("emptyChannels")),
      element("ul", { class: "listening" }, ...channels),
    );
  }

  show(connected: boolean): void {
    setText(this.#next, this.#speech.say(connected ? "emptyReady" : "emptyOffline"));
  }
}

function app({ key }: Address): string[] {
  return key === SHIPPED_KEY ? [] : ["--key", key, "--app-id", "…"];
}

function hostElsewhere({ host }: Address, { say }: Speech): string {
  return isLoopback(host) ? say("emptyAddress") : host;
}

function command(...options: readonly (readonly string[])[]): HTMLElement {
  const words = [...COMMAND, ...options.flat()].flatMap((word) => [" ", element("span", {}, word)]);
  return element("pre", { tabindex: 0 }, element("code", {}, ...words.slice(1)));
}

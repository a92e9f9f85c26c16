/** The figures on top: machines, events, and when the last one came. */

import { CATALOGUE, EVENTS, type EventName } from "../feed/catalogue.ts";
import type { Key } from "../i18n/en.ts";
import { needsAttention } from "../state/attention.ts";
import type { Dashboard } from "../state/model.ts";
import { element, setHidden, setText } from "./dom.ts";
import type { Speech } from "./speech.ts";

export class Summary {
  readonly element: HTMLElement;
  readonly #speech: Speech;
  readonly #machines: Figure;
  readonly #attention: Figure;
  readonly #events: Figure;
  readonly #last: Figure;
  readonly #unreadable: Figure;
  readonly #counts: ReadonlyMap<EventName, HTMLElement>;

  constructor(speech: Speech) {
    const figure = (key: Key): Figure => new Figure(speech.say(key));
    this.#speech = speech;
    this.#machines = figure("machinesCount");
    this.#attention = figure("needAttention");
    this.#events = figure("events");
    this.#last = figure("lastEvent");
    this.#unreadable = figure("unreadable");
    this.#unreadable.element.title = speech.say("unreadableHint");
    this.#counts = new Map(EVENTS.map((event) => [event, element("b")]));
    const figures = [this.#machines, this.#attention, this.#events, this.#last, this.#unreadable];
    this.element = element(
      "section",
      { class: "summary", "aria-label": speech.say("summary") },
      element("dl", { class: "figures" }, ...figures.map((made) => made.element)),
      element("ul", { class: "counts", "aria-label": speech.say("events") }, ...this.#countItems()),
    );
  }

  show(dashboard: Dashboard, now: number): void {
    const { say, format } = this.#speech;
    const { lastEventAt, machines, unreadable } = dashboard;
    this.#machines.show(format.count(machines.length));
    this.#attention.show(format.count(machines.filter(needsAttention).length));
    this.#events.show(format.count(dashboard.total));
    this.#last.show(lastEventAt === null ? say("never") : format.ago(now - lastEventAt));
    this.#unreadable.show(format.count(unreadable));
    setHidden(this.#unreadable.element, unreadable === 0);
    for (const [event, count] of this.#counts) setText(count, format.count(dashboard.counts[event]));
  }

  #countItems(): HTMLElement[] {
    return Object.entries(CATALOGUE).flatMap(([channel, events]) =>
      events.map((event) =>
        element("li", { title: channel, "data-event": event }, `${event} `, this.#counts.get(event) ?? ""),
      ),
    );
  }
}

class Figure {
  readonly element: HTMLElement;
  readonly #value = element("dd");

  constructor(label: string) {
    this.element = element("div", {}, element("dt", {}, label), this.#value);
  }

  show(value: string): void {
    setText(this.#value, value);
  }
}

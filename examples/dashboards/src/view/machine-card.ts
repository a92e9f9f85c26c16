/** One machine: status, capacity, health. */

import { isCalm, isFillingUp, isHigh, statusTone } from "../state/attention.ts";
import { METRICS, type Machine, type Metric } from "../state/model.ts";
import { statusWord } from "../i18n/language.ts";
import { element, setAttribute, setHidden, setText } from "./dom.ts";
import type { Row } from "./rows.ts";
import { Sparkline } from "./sparkline.ts";
import type { Speech } from "./speech.ts";

export class MachineCard implements Row<Machine> {
  readonly element: HTMLElement;
  readonly #speech: Speech;
  readonly #name = element("h3");
  readonly #status = element("span", { class: "pill" });
  readonly #place = element("p", { class: "muted" });
  readonly #capacity: CapacityMeter;
  readonly #metrics: readonly MetricLine[];
  readonly #checks = element("ul", { class: "checks" });
  readonly #updated = element("p", { class: "muted updated" });
  #shown: Machine | null = null;

  constructor(speech: Speech) {
    this.#speech = speech;
    this.#capacity = new CapacityMeter(speech);
    this.#metrics = METRICS.map((metric) => new MetricLine(metric, speech));
    setAttribute(this.#checks, "aria-label", speech.say("checks"));
    this.element = element(
      "li",
      { class: "machine" },
      element("div", { class: "machine-head" }, this.#name, this.#status),
      this.#place,
      this.#capacity.element,
      element("dl", { class: "metrics" }, ...this.#metrics.map((line) => line.element)),
      this.#checks,
      this.#updated,
    );
  }

  show(machine: Machine, now: number): void {
    const { say, format } = this.#speech;
    setText(this.#updated, `${say("updated")} ${format.ago(now - machine.updatedAt)}`);
    if (machine === this.#shown) return;
    this.#shown = machine;
    setText(this.#name, machine.name ?? `#${machine.id}`);
    this.#showStatus(machine);
    this.#capacity.show(machine.capacity);
    for (const line of this.#metrics) line.show(machine.history);
    this.#showChecks(machine);
  }

  #showStatus({ status, previousStatus, location }: Machine): void {
    const { say } = this.#speech;
    setText(this.#status, status === null ? say("noStatus") : statusWord(say, status));
    setAttribute(this.#status, "data-tone", statusTone(status));
    setAttribute(this.element, "data-tone", statusTone(status));
    const before =
      previousStatus !== null && previousStatus !== status
        ? say("statusBefore", { status: statusWord(say, previousStatus) })
        : null;
    setText(this.#place, [location, before].filter((part) => part !== null).join(" · "));
  }

  #showChecks({ status, overall, checks }: Machine): void {
    const { say, format } = this.#speech;
    const whole = overall === null || overall === status ? [] : [[say("health"), overall] as const];
    const alarming = [...whole, ...checks].filter(([, condition]) => !isCalm(condition));
    const calm = checks.filter(([, condition]) => isCalm(condition)).length;
    const share = { calm: format.count(calm), all: format.count(checks.length) };
    const items = alarming.map(([part, condition]) =>
      element("li", { "data-tone": "warning" }, `${part.replaceAll("_", " ")}: ${statusWord(say, condition)}`),
    );
    if (checks.length > 0) items.push(element("li", {}, say("checksCalm", share)));
    this.#checks.replaceChildren(...items);
    setHidden(this.#checks, items.length === 0);
  }
}

class CapacityMeter {
  readonly element: HTMLElement;
  readonly #speech: Speech;
  readonly #value = element("span", { class: "value" });
  readonly #fill = element("span");
  readonly #bar: HTMLElement;

  constructor(speech: Speech) {
    const label = speech.say("capacity");
    this.#speech = speech;
    this.#bar = element(
      "div",
      { class: "bar", role: "meter", "aria-label": label, "aria-valuemin": 0, "aria-valuemax": 100 },
      this.#fill,
    );
    this.element = element("div", { class: "capacity" }, element("span", {}, label), this.#value, this.#bar);
  }

  show(capacity: number | null): void {
    setHidden(this.element, capacity === null);
    if (capacity === null) return;
    const shown = Math.min(100, Math.max(0, capacity));
    setText(this.#value, this.#speech.format.percent(capacity));
    setAttribute(this.#bar, "aria-valuenow", `${shown}`);
    setAttribute(this.#bar, "data-tone", isFillingUp(capacity) ? "warning" : "good");
    this.#fill.style.inlineSize = `${shown}%`;
  }
}

class MetricLine {
  readonly element: HTMLElement;
  readonly #metric: Metric;
  readonly #speech: Speech;
  readonly #value = element("span");
  readonly #high: HTMLElement;
  readonly #sparkline = new Sparkline();

  constructor(metric: Metric, speech: Speech) {
    this.#metric = metric;
    this.#speech = speech;
    this.#high = element(
      "span",
      {},
      element("span", { "aria-hidden": "true" }, " ▲"),
      element("span", { class: "unseen" }, speech.say("high")),
    );
    this.element = element(
      "div",
      { class: "metric" },
      element("dt", {}, speech.say(metric)),
      element("dd", { class: "value" }, this.#value, this.#high),
      element("dd", { class: "trend" }, this.#sparkline.element),
    );
  }

  show(history: Machine["history"]): void {
    const { format } = this.#speech;
    const values = history[this.#metric];
    const newest = values.at(-1);
    setHidden(this.element, newest === undefined);
    if (newest === undefined) return;
    const high = isHigh(this.#metric, newest);
    const write = this.#metric === "temperature" ? format.temperature : format.percent;
    setText(this.#value, write(newest));
    setHidden(this.#high, !high);
    setAttribute(this.element, "data-tone", high ? "warning" : "good");
    this.#sparkline.show(values);
  }
}

/** One light for each camera, with words and numbers beside the colour, and how the store is. */

import { LANES, type Contest, type Lane, type LaneHealth, type StoreHealth } from "../contest/model.ts";
import type { Tone } from "../state/attention.ts";
import { element, setAttribute, setText } from "../view/dom.ts";
import { LIGHT_TONES, agoText, lightOf, lossPercent, type Light } from "./light.ts";
import { Pill } from "./notice.ts";
import type { JudgeSpeech } from "./speech.ts";
import { shownOf } from "./table.ts";

interface Cells {
  readonly element: HTMLElement;
  readonly alias: HTMLElement;
  readonly state: HTMLElement;
  readonly numbers: HTMLElement;
  readonly seen: HTMLElement;
}

export class LaneLights {
  readonly element: HTMLElement;
  readonly #contest: Contest;
  readonly #speech: JudgeSpeech;
  readonly #cells = new Map<Lane, Cells>();
  readonly #store = new Pill("store");

  constructor(contest: Contest, speech: JudgeSpeech) {
    const { say } = speech;
    this.#contest = contest;
    this.#speech = speech;
    for (const lane of LANES) this.#cells.set(lane, cells(lane));
    this.element = element(
      "section",
      { class: "panel-box lanes", "aria-labelledby": "lanes-heading" },
      element("div", { class: "panel-head" }, element("h2", { id: "lanes-heading" }, say("lanes"))),
      element("ul", { class: "lights" }, ...[...this.#cells.values()].map((one) => one.element)),
      element("p", { class: "store" }, element("span", { class: "muted" }, say("store")), " ", this.#store.element),
    );
  }

  show(): void {
    const { category } = shownOf(this.#contest.state);
    for (const [lane, found] of this.#cells) {
      const health = this.#contest.health(lane);
      const ago = this.#contest.lastPointAgoMs(lane);
      const light = lightOf(health, ago, this.#contest.markers(lane));
      setText(found.alias, this.#contest.team(category, lane).alias);
      setText(found.state, this.#stateText(light));
      setText(found.numbers, this.#numbersText(health, ago));
      setText(found.seen, this.#seenText(health));
      setAttribute(found.element, "data-tone", LIGHT_TONES[light.kind]);
      setAttribute(found.element, "data-light", light.kind);
    }
    const store = this.#contest.lanes?.store ?? null;
    this.#store.show(storeText(store, this.#speech), storeTone(store));
  }

  #stateText(light: Light): string {
    const { say } = this.#speech;
    switch (light.kind) {
      case "away":
        return say("laneAway");
      case "silent":
        return say("laneSilent");
      case "markerLost":
        return say("laneMarkerLost");
      case "alive":
        return say("laneAlive");
      case "refused":
        return say("laneRefused", { reason: say(`refusal_${light.health.last_refusal ?? "invalid"}`) });
    }
  }

  #numbersText(health: LaneHealth | null, agoMs: number | null): string {
    const { say } = this.#speech;
    if (health === null || agoMs === null) return say("laneNoPoint");
    const parts = [say("laneRate", { rate: health.rate_hz.toFixed(1) }), agoText(agoMs, this.#speech)];
    const loss = lossPercent(health);
    if (loss > 0) parts.push(say("laneLoss", { percent: loss < 0.1 ? "< 0.1" : loss.toFixed(1) }));
    return parts.join(" · ");
  }

  #seenText(health: LaneHealth | null): string {
    const mark = (isSeen: boolean | null | undefined): string => (isSeen == null ? "–" : isSeen ? "✓" : "✗");
    return this.#speech.say("laneSeen", { a: mark(health?.is_a_detected), b: mark(health?.is_b_detected) });
  }
}

function cells(lane: Lane): Cells {
  const [alias, state] = [element("strong"), element("span", { class: "state" })];
  const [numbers, seen] = [element("span", { class: "muted" }), element("span", { class: "muted" })];
  const made = element("li", { "data-testid": `lane-light-${lane}` }, alias, state, numbers, seen);
  return { element: made, alias, state, numbers, seen };
}

export function storeTone(store: StoreHealth | null): Tone {
  if (store === null) return "neutral";
  if (store.full) return "bad";
  return store.database === "ok" ? "good" : "warning";
}

export function storeText(store: StoreHealth | null, { say, count }: JudgeSpeech): string {
  if (store === null) return say("storeUnknown");
  if (store.full) return say("storeFull");
  const points = count(store.behind);
  if (store.database === "ok") return say("storeOk");
  if (store.database === "behind") return say("storeBehind", { points });
  const limit = Math.max(1, store.journal_limit_bytes);
  return say("storeAway", { points, percent: Math.round((store.journal_bytes / limit) * 100) });
}

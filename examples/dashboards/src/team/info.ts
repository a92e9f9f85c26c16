/** The bar of a team's page: category, frequency, status, timer, data saving, and the live number. */

import { SILENT_AFTER_MS } from "../contest/checks.ts";
import type { Contest } from "../contest/model.ts";
import { hertz, statusKey } from "../contest/run-words.ts";
import type { ContestSpeech } from "../contest/speech.ts";
import type { Category, Lane } from "../contest/wire.ts";
import type { Tone } from "../state/attention.ts";
import { element, setAttribute, setText } from "../view/dom.ts";

const NOTHING = "-";

export class Info {
  readonly element: HTMLElement;
  readonly #speech: ContestSpeech;
  readonly #lane: Lane;
  readonly #category = figure("category");
  readonly #frequency = figure("frequency");
  readonly #status = figure("status", "toned");
  readonly #timer = figure("timer", "timer");
  readonly #saving = figure("saving", "toned");
  readonly #live: HTMLElement;
  readonly #mode = element("span", { class: "mode muted", "data-testid": "mode" });

  constructor(speech: ContestSpeech, lane: Lane) {
    const { say } = speech;
    this.#speech = speech;
    this.#lane = lane;
    this.#live = figure(`realtime-${lane}`, "live");
    const pair = (name: string, value: HTMLElement, ...more: readonly HTMLElement[]): HTMLElement =>
      element("div", {}, element("dt", {}, name), value, ...more);
    this.element = element(
      "dl",
      { class: "figures info panel-box" },
      pair(say("category"), this.#category),
      pair(say("frequency"), this.#frequency),
      pair(say("status"), this.#status),
      pair(say("timer"), this.#timer),
      pair(say("saving"), this.#saving),
      pair(say("top"), this.#live, element("dd", {}, this.#mode)),
    );
  }

  show(contest: Contest, category: Category): void {
    const { say, clock } = this.#speech;
    const { state } = contest;
    setText(this.#category, say(category));
    setText(this.#frequency, state?.session == null ? NOTHING : hertz(state.session.frequency));
    const status = statusKey(state);
    setText(this.#status, say(status));
    const tones: Partial<Record<typeof status, Tone>> = { recording: "bad", collapsed: "warning" };
    setAttribute(this.#status, "data-tone", tones[status] ?? "neutral");
    setText(this.#timer, clock(contest.elapsedMs()));
    const isSaving = state?.realtime.enabled === true;
    setText(this.#saving, state === null ? say("loading") : say(isSaving ? "on" : "off"));
    setAttribute(this.#saving, "data-tone", state === null ? "neutral" : isSaving ? "good" : "bad");
    this.#showLive(contest);
  }

  #showLive(contest: Contest): void {
    const { say, mm } = this.#speech;
    const live = contest.live(this.#lane);
    const ago = contest.lastPointAgoMs(this.#lane);
    const isFresh = live !== null && ago !== null && (ago < SILENT_AFTER_MS || contest.state?.frozen === true);
    setText(this.#live, isFresh ? mm(Math.abs(live.distb)) : NOTHING);
    const mode = !isFresh ? "" : live.session_id === null ? say("freeMode") : hertz(live.frequency ?? 0);
    const lost = isFresh && !live.is_b_detected ? `, ${say("markerLost")}` : "";
    setText(this.#mode, mode + lost);
    setAttribute(this.#mode, "title", isFresh && live.session_id === null ? say("freeModeHint") : null);
  }
}

function figure(testId: string, kind = ""): HTMLElement {
  return element("dd", { "data-testid": testId, class: kind });
}

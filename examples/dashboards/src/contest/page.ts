/** The list of the contest's pages, what to do next, and the files that everybody may have. */

import { element, setAttribute, setText } from "../view/dom.ts";
import type { Tone } from "../state/attention.ts";
import { SILENT_AFTER_MS } from "./checks.ts";
import { downloads } from "./downloads.ts";
import type { SharedKey } from "./i18n/en.ts";
import type { Contest, Controller, View } from "./model.ts";
import { steps } from "./next.ts";
import type { ContestSpeech } from "./speech.ts";
import { CATEGORIES, LANES, type Category, type Lane } from "./wire.ts";

interface Card {
  readonly lane: Lane;
  readonly element: HTMLElement;
  readonly names: ReadonlyMap<Category, HTMLElement>;
  readonly light: HTMLElement;
}

const STEPS = 4;

export class ContestPage implements View {
  readonly elements: readonly HTMLElement[];
  readonly #speech: ContestSpeech;
  readonly #steps = Array.from({ length: STEPS }, () => element("li"));
  readonly #cards: readonly Card[];

  constructor(controller: Controller, speech: ContestSpeech) {
    const { say } = speech;
    this.#speech = speech;
    this.#cards = LANES.map((lane) => card(lane, speech));
    const judge = element(
      "a",
      { href: "../judge/", class: "card", "data-testid": "judge-link" },
      element("strong", {}, say("judgePage")),
      element("span", {}, say("judgePageHint")),
    );
    const cards = [element("li", {}, judge), ...this.#cards.map((one) => one.element)];
    this.elements = [
      section(say("nextTitle"), element("ol", { class: "steps", "data-testid": "next" }, ...this.#steps)),
      section(say("allPages"), element("ul", { class: "cards" }, ...cards)),
      section(
        say("exports"),
        downloads(speech, controller, [
          { label: say("exportRealtime"), testId: "export-realtime", what: () => ({ file: "realtime.csv" }) },
          { label: say("exportSession"), testId: "export-session", what: () => ({ file: "session.csv" }) },
          ...CATEGORIES.map((category) => ({
            label: `${say("exportRanking")} ${say(category)}`,
            testId: `export-ranking-${category}`,
            what: () => ({ file: "ranking.xlsx", category }) as const,
          })),
        ]),
      ),
    ];
  }

  show(contest: Contest): void {
    const { say } = this.#speech;
    for (const [at, step] of steps(contest, this.#speech).entries()) {
      const row = this.#steps[at];
      if (row === undefined) continue;
      setText(row, step.text);
      setAttribute(row, "data-done", `${step.isDone}`);
      setAttribute(row, "aria-label", `${step.isDone ? "✓" : "○"} ${step.text}`);
    }
    for (const { lane, names, light } of this.#cards) {
      for (const [category, name] of names) {
        const { alias, nama_tim } = contest.team(category, lane);
        setText(name, `${alias} ${nama_tim}`);
      }
      const [key, tone] = liveliness(contest.lastPointAgoMs(lane));
      setText(light, say(key));
      setAttribute(light, "data-tone", tone);
    }
  }
}

function liveliness(ago: number | null): readonly [SharedKey, Tone] {
  if (ago === null) return ["lane_never", "neutral"];
  return ago < SILENT_AFTER_MS ? ["lane_alive", "good"] : ["lane_silent", "warning"];
}

function card(lane: Lane, { say }: ContestSpeech): Card {
  const names = new Map(CATEGORIES.map((category) => [category, element("span", {})] as const));
  const light = element("span", { class: "pill", "data-testid": `lane-light-${lane}` });
  const head = element("span", { class: "card-head" }, element("strong", {}, say("teamPage", { lane })), light);
  const link = element("a", { href: `../team/?lane=${lane}`, class: "card" }, head, ...names.values());
  return { lane, element: element("li", {}, link), names, light };
}

function section(heading: string, content: HTMLElement): HTMLElement {
  return element("section", { class: "list-section" }, element("h2", {}, heading), content);
}

/** A team's page: one lane, in the judge's category or in the other one. */

import { checksOf } from "../contest/checks.ts";
import { downloads } from "../contest/downloads.ts";
import { CATEGORIES, FREQUENCIES, type Category, type Contest, type Controller, type Lane, type View } from "../contest/model.ts";
import type { ContestSpeech } from "../contest/speech.ts";
import { Why } from "../contest/why.ts";
import { button, element, setAttribute, setText } from "../view/dom.ts";
import { Charts } from "./charts.ts";
import { Info } from "./info.ts";
import { isProjector, Screen } from "./screen.ts";

/** What the visitor looks at; `null` follows the judge. Outlives a change of language. */
export interface Choice {
  category: Category | null;
}

export function shownCategory(choice: Choice, contest: Contest): Category {
  return choice.category ?? contest.state?.session?.category ?? contest.state?.category ?? "baja";
}

export class TeamPage implements View {
  readonly elements: readonly HTMLElement[];
  readonly #speech: ContestSpeech;
  readonly #lane: Lane;
  readonly #choice: Choice;
  readonly #info: Info;
  readonly #charts: Charts;
  readonly #why: Why;
  readonly #screen = new Screen();
  readonly #switch: ReadonlyMap<Category, HTMLButtonElement>;
  readonly #whose = element("span");
  readonly #empty = element("span", { "data-testid": "empty" });
  readonly #projector: HTMLButtonElement;
  readonly #awake = element("span", { class: "muted" });

  constructor(contest: Contest, controller: Controller, speech: ContestSpeech, lane: Lane, choice: Choice) {
    const { say } = speech;
    this.#speech = speech;
    this.#lane = lane;
    this.#choice = choice;
    this.#info = new Info(speech, lane);
    this.#charts = new Charts(controller, speech, lane);
    this.#why = new Why(speech);
    this.#switch = new Map(CATEGORIES.map((category) => [category, this.#choiceButton(category, contest)]));
    this.#projector = button("", () => this.#turn(!this.#screen.isOn));
    setAttribute(this.#projector, "data-testid", "projector");
    const view = element(
      "section",
      { class: "view-switch", "aria-label": say("shownCategory") },
      element("div", { class: "choices", role: "group", "aria-label": say("category") }, ...this.#switch.values()),
      element("p", { class: "muted whose", role: "status" }, this.#whose, this.#empty),
      element("div", { class: "screen" }, this.#awake, this.#projector),
    );
    const exports = downloads(speech, controller, [
      { label: say("exportRealtime"), testId: "export-realtime", what: () => ({ file: "realtime.csv", lane }) },
      { label: say("exportSession"), testId: "export-session", what: () => ({ file: "session.csv", lane }) },
      {
        label: say("exportTeam"),
        testId: "export-team",
        what: () => ({ file: "team.csv", lane, category: shownCategory(this.#choice, contest) }),
      },
    ]);
    this.elements = [this.#info.element, view, this.#why.element, this.#charts.element, exports];
    this.#turn(isProjector(new URL(window.location.href)));
  }

  show(contest: Contest): void {
    const category = shownCategory(this.#choice, contest);
    this.#info.show(contest, category);
    this.#charts.show(contest, category);
    this.#why.show(checksOf(contest, category, this.#lane, this.#speech));
    this.#showSwitch(contest, category);
    const isEmpty = FREQUENCIES.every((frequency) => contest.series(category, this.#lane, frequency).count === 0);
    const isWaiting = isEmpty && contest.backfill.phase === "done" && contest.state?.session == null;
    setText(this.#empty, isWaiting ? ` · ${this.#speech.say("waitingTitle")}. ${this.#speech.say("waitingNext")}` : "");
    setText(this.#awake, this.#screen.isAwake ? this.#speech.say("staysAwake") : "");
  }

  close(): void {
    this.#charts.close();
    this.#screen.close();
  }

  #showSwitch(contest: Contest, shown: Category): void {
    const { say } = this.#speech;
    for (const [category, choice] of this.#switch) setAttribute(choice, "aria-pressed", `${category === shown}`);
    const judged = shownCategory({ category: null }, contest);
    const text = shown === judged ? say("followsJudge") : say("otherCategory", { shown: say(shown), judged: say(judged) });
    setText(this.#whose, contest.state === null ? "" : text);
  }

  #choiceButton(category: Category, contest: Contest): HTMLButtonElement {
    const choice = button(this.#speech.say(category), () => {
      // Choosing what the judge has chosen is following again.
      const isJudges = category === shownCategory({ category: null }, contest);
      this.#choice.category = isJudges ? null : category;
      this.show(contest);
    });
    setAttribute(choice, "data-testid", `show-${category}`);
    return choice;
  }

  #turn(isOn: boolean): void {
    this.#screen.turn(isOn);
    setText(this.#projector, this.#speech.say(isOn ? "projectorLeave" : "projector"));
    setAttribute(this.#projector, "aria-pressed", `${isOn}`);
  }
}

/** What is needed around the runs: exports, the team list, the self-test. */

import { mayJudge } from "../contest/access.ts";
import type { Contest, Controller, Export, SelfTest } from "../contest/model.ts";
import { element, setAttribute, setText } from "../view/dom.ts";
import { Command } from "./command.ts";
import type { Notice } from "./notice.ts";
import type { JudgeSpeech } from "./speech.ts";
import { shownOf } from "./table.ts";
import { TeamEditor } from "./teams.ts";

export class Office {
  readonly element: HTMLElement;
  readonly #contest: Contest;
  readonly #controller: Controller;
  readonly #speech: JudgeSpeech;
  readonly #notice: Notice;
  readonly #teams: Command;
  readonly #selfTest: Command;
  readonly #result = element("ul", { class: "self-test", "data-testid": "self-test-result", "aria-live": "polite" });

  constructor(contest: Contest, controller: Controller, speech: JudgeSpeech, notice: Notice) {
    const { say } = speech;
    this.#contest = contest;
    this.#controller = controller;
    this.#speech = speech;
    this.#notice = notice;
    this.#teams = new Command("teams", () => this.#editTeams());
    this.#selfTest = new Command("self-test", () => this.#test());
    const category = () => shownOf(contest.state).category;
    this.element = element(
      "section",
      { class: "panel-box office", "aria-labelledby": "exports-heading" },
      element("h2", { id: "exports-heading" }, say("exports")),
      element(
        "div",
        { class: "commands" },
        this.#export("export-realtime", say("exportRealtime"), () => ({ file: "realtime.csv" })),
        this.#export("export-session", say("exportSession"), () => ({ file: "session.csv" })),
        this.#export("export-points", say("exportPoints"), () => ({ file: "points.csv" })),
        this.#export("export-ranking", say("exportRanking"), () => ({ file: "ranking.xlsx", category: category() })),
      ),
      element("div", { class: "commands" }, this.#teams.element, this.#selfTest.element),
      this.#result,
    );
  }

  show(): void {
    const { say } = this.#speech;
    const may = mayJudge(this.#contest.access);
    this.#teams.show(say("teams"), may);
    this.#selfTest.show(say("selfTest"), may);
  }

  #export(testId: string, label: string, what: () => Export): HTMLElement {
    const { say } = this.#speech;
    const made = new Command(testId, async () => {
      this.#notice.say(say("exportBusy"));
      await this.#notice.about(this.#controller.download(what()), (name) => say("exportDone", { name }));
    });
    made.show(label, true);
    return made.element;
  }

  async #editTeams(): Promise<void> {
    new TeamEditor(this.#contest, this.#controller, this.#speech, this.#notice).open(this.element);
  }

  async #test(): Promise<void> {
    const { say } = this.#speech;
    this.#notice.say(say("selfTestRunning"));
    const result = await this.#notice.about(this.#controller.selfTest());
    this.#result.replaceChildren(...(result?.steps ?? []).map((step) => this.#step(step)));
    if (result?.ok === true) this.#notice.say(say("selfTestGood"));
    else if (result !== null) this.#notice.warn(say("selfTestBad"));
  }

  #step({ name, ok, ms, detail }: SelfTest["steps"][number]): HTMLElement {
    const { say } = this.#speech;
    const made = element("li", {}, element("span", { class: "pill" }, say(ok ? "good" : "bad")), " ", say(`step_${name}`), " ");
    const time = element("span", { class: "muted" });
    setText(time, [say("milliseconds", { value: ms.toFixed(1) }), detail].filter((part) => part !== "").join(" · "));
    setAttribute(made, "data-tone", ok ? "good" : "bad");
    made.append(time);
    return made;
  }
}

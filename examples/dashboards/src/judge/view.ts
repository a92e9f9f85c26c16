/** The judge's page: puts its parts together and draws them all from one `Contest`. */

import { mayJudge } from "../contest/access.ts";
import type { Contest, Controller, News, View } from "../contest/model.ts";
import { element } from "../view/dom.ts";
import { Charts } from "./charts.ts";
import { Controls } from "./controls.ts";
import { Dock } from "./dock.ts";
import { Ended } from "./ended.ts";
import { LaneLights } from "./lanes.ts";
import { Notice } from "./notice.ts";
import { Office } from "./office.ts";
import { RunList } from "./runs.ts";
import { Shortcuts } from "./shortcuts.ts";
import type { JudgeSpeech } from "./speech.ts";
import { Statistics } from "./statistics.ts";
import { UndoBar } from "./undo.ts";
import { WhyPanel } from "./why-panel.ts";

export class JudgeView implements View {
  readonly elements: readonly HTMLElement[];
  readonly #contest: Contest;
  readonly #runs: RunList;
  readonly #charts: Charts;
  readonly #dock: Dock;
  readonly #ended: Ended;
  readonly #undo: UndoBar;
  readonly #shortcuts: Shortcuts;
  readonly #parts: readonly { show(): void }[];

  constructor(contest: Contest, controller: Controller, speech: JudgeSpeech) {
    const notice = new Notice(speech);
    this.#contest = contest;
    this.#runs = new RunList(contest, controller);
    const controls = new Controls(contest, controller, speech, notice);
    const statistics = new Statistics(contest, speech);
    const lights = new LaneLights(contest, speech);
    const why = new WhyPanel(contest, speech);
    const office = new Office(contest, controller, speech, notice);
    this.#charts = new Charts(contest, this.#runs, speech);
    this.#dock = new Dock(contest, controller, speech, notice, () => controls.chosen());
    this.#undo = new UndoBar(contest, controller, speech, notice);
    this.#ended = new Ended(controller, speech, notice);
    this.#shortcuts = this.#keys(controls, speech);
    this.#parts = [controls, office, this.#dock, why, statistics, lights, this.#undo, this.#charts];
    const side = element("div", { class: "judge-side" }, controls.element, why.element, statistics.element, lights.element);
    side.append(office.element, this.#shortcuts.element);
    this.elements = [
      element("div", { class: "judge" }, side, this.#charts.element),
      element("div", { class: "floats" }, this.#ended.element, this.#undo.element, this.#dock.element),
    ];
  }

  show({ access }: Contest): void {
    // The sign-in takes the place of this page, and an open dialog would keep people out of it.
    if (access.phase === "none" || access.phase === "denied") this.#closeDialogs();
    this.#runs.follow(performance.now());
    for (const part of this.#parts) part.show();
  }

  happened(news: News): void {
    if (news.kind === "ended" && news.run.ended_by === "time") this.#ended.tell(news.run, mayJudge(this.#contest.access));
    if (news.kind === "started" || news.kind === "category") this.#ended.close();
  }

  close(): void {
    this.#charts.close();
    this.#shortcuts.close();
  }

  #closeDialogs(): void {
    for (const part of this.elements) {
      for (const open of part.querySelectorAll("dialog")) open.close();
    }
  }

  #keys(controls: Controls, speech: JudgeSpeech): Shortcuts {
    const { say } = speech;
    const press = (command: { readonly element: HTMLButtonElement }) => () => command.element.click();
    return new Shortcuts(
      [
        { letter: "D", label: `${say("realtimeStart")} / ${say("realtimeStop")}`, press: press(controls.realtime) },
        { letter: "R", label: say("start"), press: press(this.#dock.start) },
        { letter: "S", label: say("stop"), press: press(this.#dock.stop) },
        { letter: "B", label: say("collapse"), press: press(this.#dock.collapse) },
        { letter: "F", label: `${say("freeze")} / ${say("unfreeze")}`, press: press(controls.freeze) },
        { letter: "Z", label: say("undo"), press: () => this.#undo.press() },
      ],
      speech,
    );
  }
}

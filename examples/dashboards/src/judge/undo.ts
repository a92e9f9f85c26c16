/** What has been cleared and can still be taken back, with the seconds that are left. */

import { mayJudge } from "../contest/access.ts";
import type { Contest, Controller, Undo } from "../contest/model.ts";
import { element, setHidden, setText } from "../view/dom.ts";
import { Command } from "./command.ts";
import type { Notice } from "./notice.ts";
import type { JudgeSpeech } from "./speech.ts";

interface Entry {
  readonly element: HTMLElement;
  readonly text: HTMLElement;
  readonly command: Command;
}

export class UndoBar {
  readonly element: HTMLElement;
  readonly #contest: Contest;
  readonly #controller: Controller;
  readonly #speech: JudgeSpeech;
  readonly #notice: Notice;
  readonly #list = element("ul");
  readonly #entries = new Map<number, Entry>();

  constructor(contest: Contest, controller: Controller, speech: JudgeSpeech, notice: Notice) {
    this.#contest = contest;
    this.#controller = controller;
    this.#speech = speech;
    this.#notice = notice;
    this.element = element(
      "section",
      { class: "float undo-bar", "data-tone": "warning", "aria-label": speech.say("undoTitle"), hidden: "" },
      this.#list,
    );
  }

  show(): void {
    const now = this.#contest.serverNow() ?? 0;
    const open = (this.#contest.state?.undo ?? []).filter(({ until_ms }) => until_ms > now);
    for (const [id, { element }] of this.#entries) {
      if (open.some(({ clear_id }) => clear_id === id)) continue;
      element.remove();
      this.#entries.delete(id);
    }
    const newest = Math.max(...open.map(({ clear_id }) => clear_id));
    for (const undo of open) this.#showEntry(undo, now, undo.clear_id === newest);
    setHidden(this.element, open.length === 0);
  }

  /** Takes the last clear back. */
  press(): void {
    const last = Math.max(...this.#entries.keys());
    this.#entries.get(last)?.command.element.click();
  }

  #showEntry(undo: Undo, now: number, isNewest: boolean): void {
    const { say, count } = this.#speech;
    const entry = this.#entry(undo.clear_id);
    const seconds = Math.ceil((undo.until_ms - now) / 1000);
    setText(entry.text, say("undoEntry", { what: this.#what(undo), points: count(undo.points), seconds }));
    entry.command.element.dataset["testid"] = isNewest ? "undo" : `undo-${undo.clear_id}`;
    entry.command.show(say("undo"), mayJudge(this.#contest.access));
  }

  #what({ scope, session_id, laptop_id }: Undo): string {
    const { say } = this.#speech;
    if (scope === "run") return say("undoRun", { run: session_id ?? "" });
    return scope === "lane" ? say("undoLane", { lane: laptop_id ?? "" }) : say("undoAll");
  }

  #entry(id: number): Entry {
    const known = this.#entries.get(id);
    if (known !== undefined) return known;
    const text = element("span");
    const command = new Command("undo", () => this.#undo(id), { "aria-keyshortcuts": "Shift+Z" });
    const entry = { element: element("li", {}, text, command.element), text, command };
    this.#entries.set(id, entry);
    this.#list.append(entry.element);
    return entry;
  }

  async #undo(id: number): Promise<void> {
    const { say, count } = this.#speech;
    await this.#notice.about(this.#controller.undo(id), ({ points }) => say("undoDone", { points: count(points) }));
  }
}

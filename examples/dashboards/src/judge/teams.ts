/** Edits the list of the sixteen teams, by hand or from a file. */

import { CATEGORIES, LANES, type Contest, type Controller, type Team, type TeamEntry } from "../contest/model.ts";
import { button, element, setText } from "../view/dom.ts";
import { dialog } from "./dialog.ts";
import type { Notice } from "./notice.ts";
import type { JudgeSpeech } from "./speech.ts";

interface Field {
  readonly team: Team;
  readonly input: HTMLInputElement;
}

export class TeamEditor {
  readonly #controller: Controller;
  readonly #speech: JudgeSpeech;
  readonly #notice: Notice;
  readonly #fields: readonly Field[];
  readonly #dialog: HTMLDialogElement;
  readonly #problem = element("p", { class: "notice", role: "alert", "data-tone": "bad" });

  constructor(contest: Contest, controller: Controller, speech: JudgeSpeech, notice: Notice) {
    const { say } = speech;
    this.#controller = controller;
    this.#speech = speech;
    this.#notice = notice;
    this.#fields = CATEGORIES.flatMap((category) => LANES.map((lane) => this.#field(contest.team(category, lane))));
    const columns = CATEGORIES.map((category) =>
      element(
        "fieldset",
        {},
        element("legend", {}, say(category)),
        ...this.#fields.filter(({ team }) => team.category === category).map(({ team, input }) =>
          element("label", {}, element("strong", {}, team.alias), input),
        ),
      ),
    );
    const save = element("button", { type: "submit", class: "main", "data-testid": "teams-save" }, say("teamsSave"));
    const form = element(
      "form",
      { class: "teams-form" },
      element("div", { class: "team-columns" }, ...columns),
      this.#problem,
      element("div", { class: "answers" }, this.#fileInput(), button(say("cancel"), () => this.#dialog.close()), save),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#save();
    });
    this.#dialog = dialog(say("teamsTitle"), form);
  }

  open(place: HTMLElement): void {
    place.append(this.#dialog);
    this.#dialog.showModal();
  }

  #field(team: Team): Field {
    const label = this.#speech.say("teamsName", { alias: team.alias });
    const input = element("input", {
      type: "text",
      value: team.nama_tim,
      maxlength: 200,
      "aria-label": label,
      "data-testid": `team-${team.alias}`,
    });
    return { team, input };
  }

  #fileInput(): HTMLElement {
    const { say } = this.#speech;
    const input = element("input", { type: "file", accept: ".csv,text/csv", class: "unseen", "data-testid": "teams-file" });
    input.addEventListener("change", () => void this.#import(input));
    const help = element("span", { class: "muted" }, say("teamsImportHelp"));
    return element("label", { class: "file" }, input, element("span", { class: "button" }, say("teamsImport")), " ", help);
  }

  async #import(input: HTMLInputElement): Promise<void> {
    const file = input.files?.[0];
    if (file === undefined) return;
    const csv = await file.text();
    // The same file may be chosen again once it has been corrected.
    input.value = "";
    await this.#finish(await this.#controller.saveTeamsCsv(csv));
  }

  async #save(): Promise<void> {
    const { say } = this.#speech;
    const empty = this.#fields.find(({ input }) => input.value.trim() === "");
    if (empty !== undefined) {
      setText(this.#problem, say("teamsEmpty", { alias: empty.team.alias }));
      empty.input.focus();
      return;
    }
    const changed = changedTeams(this.#fields.map(({ team, input }) => ({ team, name: input.value })));
    if (changed.length === 0) setText(this.#problem, say("teamsNothing"));
    else await this.#finish(await this.#controller.saveTeams(changed));
  }

  async #finish(outcome: Awaited<ReturnType<Controller["saveTeams"]>>): Promise<void> {
    if (!outcome.ok) {
      setText(this.#problem, this.#speech.explain(outcome.failure));
      return;
    }
    this.#dialog.close();
    this.#notice.say(this.#speech.say("teamsSaved"));
  }
}

/** What another judge has changed meanwhile stays, unless it was changed here as well. */
export function changedTeams(names: readonly { readonly team: Team; readonly name: string }[]): TeamEntry[] {
  return names
    .filter(({ team, name }) => name.trim() !== team.nama_tim)
    .map(({ team, name }) => ({ laptop_id: team.laptop_id, category: team.category, nama_tim: name.trim() }));
}

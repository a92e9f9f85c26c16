/** Asks what to clear, and says beforehand what goes and what stays. */

import {
  CATEGORIES,
  LANES,
  aliasOf,
  type ClearRequest,
  type Contest,
  type Controller,
  type Lane,
  type Run,
  type Statistics,
} from "../contest/model.ts";
import { element, setHidden } from "../view/dom.ts";
import { ask } from "./dialog.ts";
import type { Notice } from "./notice.ts";
import type { JudgeSpeech } from "./speech.ts";

export interface Around {
  readonly speech: JudgeSpeech;
  readonly notice: Notice;
}

export async function askClear(
  place: HTMLElement,
  contest: Contest,
  controller: Controller,
  { speech, notice }: Around,
): Promise<void> {
  const runs = await notice.about(controller.runs());
  const statistics = runs === null ? null : await notice.about(controller.statistics());
  if (runs === null || statistics === null) return;
  const { say, count } = speech;
  const form = new ClearForm(contest, { runs: [...runs].reverse(), statistics }, speech);
  const isSure = await ask(place, {
    title: say("clearTitle"),
    content: [form.element],
    confirm: say("clearConfirm"),
    cancel: say("cancel"),
    check: () => form.request() !== null,
  });
  const request = form.request();
  if (!isSure || request === null) return;
  await notice.about(controller.clear(request), ({ points }) => say("clearDone", { points: count(points) }));
}

/** How many of the points that the broker has a clear takes away. */
export function pointsOf(statistics: readonly Statistics[], request: ClearRequest): number {
  return statistics.filter((one) => covers(request, one)).reduce((sum, { count }) => sum + count, 0);
}

function covers(request: ClearRequest, { session_id, laptop_id, category }: Statistics): boolean {
  if (request.scope === "all") return true;
  if (request.scope === "run") return session_id === request.session_id;
  return laptop_id === request.laptop_id && (request.category === undefined || request.category === category);
}

/** What the broker had when the dialog was opened. */
interface Stored {
  readonly runs: readonly Run[];
  readonly statistics: readonly Statistics[];
}

type Scope = ClearRequest["scope"];
const SCOPES = ["run", "lane", "all"] as const;

class ClearForm {
  readonly element: HTMLElement;
  readonly #contest: Contest;
  readonly #runs: readonly Run[];
  readonly #statistics: readonly Statistics[];
  readonly #speech: JudgeSpeech;
  readonly #run: HTMLSelectElement;
  readonly #lane: HTMLSelectElement;
  readonly #category: HTMLSelectElement;
  readonly #runField: HTMLElement;
  readonly #laneField: HTMLElement;
  readonly #goes = element("ul", { class: "goes" });
  readonly #stays = element("ul", { class: "stays" });
  readonly #scopes: readonly HTMLInputElement[];

  constructor(contest: Contest, { runs, statistics }: Stored, speech: JudgeSpeech) {
    const { say } = speech;
    this.#contest = contest;
    this.#runs = runs;
    this.#statistics = statistics;
    this.#speech = speech;
    this.#run = select("clear-run", runs.map((run) => [`${run.session_id}`, this.#runText(run)]));
    this.#lane = select("clear-lane", LANES.map((lane) => [`${lane}`, this.#laneText(lane)]));
    this.#category = select("clear-category", [["", say("clearBoth")], ...CATEGORIES.map((one) => [one, say(one)] as const)]);
    this.#runField = element("label", {}, say("clearRun"), runs.length === 0 ? element("span", {}, say("clearNoRuns")) : this.#run);
    this.#laneField = element("div", { class: "fields" }, element("label", {}, say("clearLane"), this.#lane), element("label", {}, say("category"), this.#category));
    this.#scopes = SCOPES.map((scope) => element("input", { type: "radio", name: "scope", value: scope, "data-testid": `clear-${scope}` }));
    this.element = element(
      "div",
      { class: "clear-form" },
      element("fieldset", {}, element("legend", {}, say("clearScope")), ...this.#choices()),
      this.#runField,
      this.#laneField,
      element("h3", {}, say("clearGoes")),
      this.#goes,
      element("h3", {}, say("clearStays")),
      this.#stays,
      element("p", { class: "muted" }, say("clearUndoable")),
    );
    const first = this.#scopes[runs.length === 0 ? 2 : 0];
    if (first !== undefined) first.checked = true;
    this.element.addEventListener("change", () => this.#show());
    this.#show();
  }

  /** `null` while the choice is not complete. */
  request(): ClearRequest | null {
    const scope = this.#scope();
    if (scope === "all") return { scope };
    if (scope === "run") {
      const session = this.#runs.find(({ session_id }) => `${session_id}` === this.#run.value)?.session_id;
      return session === undefined ? null : { scope, session_id: session };
    }
    const lane = LANES.find((one) => `${one}` === this.#lane.value) ?? 1;
    const category = CATEGORIES.find((one) => one === this.#category.value);
    return category === undefined ? { scope, laptop_id: lane } : { scope, laptop_id: lane, category };
  }

  #scope(): Scope {
    const value = this.#scopes.find(({ checked }) => checked)?.value;
    return SCOPES.find((scope) => scope === value) ?? "all";
  }

  #choices(): HTMLElement[] {
    const { say } = this.#speech;
    const labels = [say("clearScopeRun"), say("clearScopeLane"), say("clearScopeAll")];
    return this.#scopes.map((input, at) => element("label", { class: "choice" }, input, labels[at] ?? ""));
  }

  #show(): void {
    const { say, count } = this.#speech;
    const request = this.request();
    const scope = this.#scope();
    setHidden(this.#runField, scope !== "run");
    setHidden(this.#laneField, scope !== "lane");
    if (request === null) {
      this.#goes.replaceChildren();
      this.#stays.replaceChildren();
      return;
    }
    const points = count(pointsOf(this.#statistics, request));
    const goes = [say("clearGoesPoints", { points }), say("clearGoesStatistics")];
    if (this.#endsRun(request)) goes.push(say("clearGoesRunning"));
    const stays = [say("clearStaysTeams"), say("clearStaysRuns")];
    if (scope !== "all") stays.push(say(scope === "run" ? "clearStaysOthers" : "clearStaysLanes"));
    this.#goes.replaceChildren(...goes.map((text) => element("li", {}, text)));
    this.#stays.replaceChildren(...stays.map((text) => element("li", {}, text)));
  }

  #endsRun(request: ClearRequest): boolean {
    const running = this.#contest.state?.session ?? null;
    if (running === null) return false;
    return request.scope === "all" || (request.scope === "run" && request.session_id === running.session_id);
  }

  #runText({ session_id, category, frequency, started_at }: Run): string {
    const { say } = this.#speech;
    return say("clearRunOption", { run: session_id, category: say(category), frequency, started: started_at });
  }

  #laneText(lane: Lane): string {
    return `${lane} (${CATEGORIES.map((category) => aliasOf(lane, category)).join(", ")})`;
  }
}

function select(testId: string, options: readonly (readonly [string, string])[]): HTMLSelectElement {
  return element("select", { "data-testid": testId }, ...options.map(([value, label]) => element("option", { value }, label)));
}

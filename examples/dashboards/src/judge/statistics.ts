/** The table of the eight teams. */

import { LANES, type Contest, type Lane } from "../contest/model.ts";
import { element, setAttribute, setText } from "../view/dom.ts";
import { teamColour } from "../chart/palette.ts";
import type { JudgeSpeech } from "./speech.ts";
import { shortName, shownOf, tableOf, type TableRow } from "./table.ts";

interface Cells {
  readonly row: HTMLElement;
  readonly team: HTMLElement;
  readonly alias: HTMLElement;
  readonly short: HTMLElement;
  readonly note: HTMLElement;
  readonly name: HTMLElement;
  readonly realtime: HTMLElement;
  readonly max: HTMLElement;
  readonly avg: HTMLElement;
}

export class Statistics {
  readonly element: HTMLElement;
  readonly #contest: Contest;
  readonly #speech: JudgeSpeech;
  readonly #of = element("p", { class: "note" });
  readonly #cells = new Map<Lane, Cells>();

  constructor(contest: Contest, speech: JudgeSpeech) {
    const { say } = speech;
    this.#contest = contest;
    this.#speech = speech;
    for (const lane of LANES) this.#cells.set(lane, cells(lane));
    const heads = [say("team"), say("realtime"), say("max"), say("avg")];
    const table = element(
      "table",
      { class: "statistics", "aria-labelledby": "statistics-heading" },
      element("thead", {}, element("tr", {}, ...heads.map((head) => element("th", { scope: "col" }, head)))),
      element("tbody", {}, ...[...this.#cells.values()].map(({ row }) => row)),
    );
    this.element = element(
      "section",
      { class: "panel-box statistics-panel" },
      element("div", { class: "panel-head" }, element("h2", { id: "statistics-heading" }, say("top")), this.#of),
      table,
    );
  }

  show(): void {
    const { say } = this.#speech;
    const shown = shownOf(this.#contest.state);
    setText(this.#of, say("statisticsOf", { category: say(shown.category), frequency: shown.frequency }));
    for (const row of tableOf(this.#contest, shown)) this.#showRow(row);
  }

  #showRow(row: TableRow): void {
    const { mm } = this.#speech;
    const found = this.#cells.get(row.lane);
    if (found === undefined) return;
    setAttribute(found.team, "title", row.name);
    setText(found.alias, row.alias);
    setText(found.short, shortName(row.name));
    setText(found.name, row.name);
    setText(found.realtime, mm(row.realtime));
    setText(found.max, mm(row.max));
    setText(found.avg, mm(row.avg));
    setText(found.note, this.#note(row));
    setAttribute(found.row, "data-place", row.place);
    setAttribute(found.row, "data-source", row.source);
  }

  #note({ place, lost, source }: TableRow): string {
    const { say, count } = this.#speech;
    const parts: string[] = [];
    if (place !== null) parts.push(say(place === "best" ? "stable" : "largest"));
    if (source === "free") parts.push(say("free"));
    if (lost > 0) parts.push(say("lost", { points: count(lost) }));
    return parts.length === 0 && source === "none" ? say("noPoints") : parts.join(" · ");
  }
}

function cells(lane: Lane): Cells {
  const value = (name: string): HTMLElement => element("td", { class: "number", "data-testid": `${name}-${lane}` });
  const swatch = element("span", { class: "swatch", "aria-hidden": "true" });
  swatch.style.backgroundColor = teamColour(lane);
  const [alias, short, note, name] = [element("strong"), element("span"), element("span", { class: "mark" }), element("span")];
  const [realtime, max, avg] = [value("realtime"), value("max"), value("avg")];
  const team = element(
    "th",
    { scope: "row" },
    element("div", {}, swatch, alias, " ", short),
    element("div", { class: "second" }, note, " ", name),
  );
  const row = element("tr", { "data-testid": `stats-row-${lane}` }, team, realtime, max, avg);
  return { row, team, alias, short, note, name, realtime, max, avg };
}

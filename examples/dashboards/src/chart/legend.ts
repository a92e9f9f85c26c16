/** Who is who in a chart: as text beside the colour, with the marks of the best and the worst. */

import { element, setAttribute, setHidden, setText } from "../view/dom.ts";
import { extremes, lostCount, placeOf, type Line } from "./line.ts";
import { signColour, teamColour } from "./palette.ts";
import { millimetres, type ChartWords } from "./words.ts";

interface Entry {
  readonly element: HTMLElement;
  readonly label: HTMLElement;
  readonly mark: HTMLElement;
  readonly lost: HTMLElement;
}

export class TeamLegend {
  readonly element = element("ul", { class: "chart-legend" });
  readonly #words: ChartWords;
  readonly #bit: number;
  readonly #entries = new Map<number, Entry>();

  constructor(words: ChartWords, detectedBit: number) {
    this.#words = words;
    this.#bit = detectedBit;
  }

  show(lines: readonly Line[]): void {
    const found = extremes(lines.map(({ max }) => max));
    for (const line of lines) {
      const entry = this.#entry(line.key);
      const place = placeOf(line.max, found);
      const lost = lostCount(line, this.#bit);
      setText(entry.label, line.label);
      setAttribute(entry.element, "title", line.name);
      setAttribute(entry.element, "data-place", place);
      setText(entry.mark, place === null ? "" : this.#words[place](millimetres(line.max)));
      setText(entry.lost, lost === 0 ? "" : this.#words.lost(lost));
    }
  }

  #entry(key: number): Entry {
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const [label, mark, lost] = [element("span"), element("strong"), element("span", { class: "lost" })];
    const entry = { element: element("li", {}, swatch(teamColour(key)), label, mark, lost), label, mark, lost };
    this.#entries.set(key, entry);
    this.element.append(entry.element);
    return entry;
  }
}

/** For one team's own chart: which colour is which side. */
export class SignLegend {
  readonly element: HTMLElement;
  readonly #words: ChartWords;
  readonly #bit: number;
  readonly #lost = element("li", { class: "lost" });

  constructor(words: ChartWords, detectedBit: number) {
    this.#words = words;
    this.#bit = detectedBit;
    this.element = element(
      "ul",
      { class: "chart-legend" },
      element("li", {}, swatch(signColour("positive")), words.towards),
      element("li", {}, swatch(signColour("negative")), words.away),
      this.#lost,
    );
  }

  show(lines: readonly Line[]): void {
    const lost = lines.reduce((sum, line) => sum + lostCount(line, this.#bit), 0);
    setText(this.#lost, this.#words.lost(lost));
    setHidden(this.#lost, lost === 0);
  }
}

function swatch(colour: string): HTMLElement {
  const made = element("span", { class: "swatch", "aria-hidden": "true" });
  made.style.backgroundColor = colour;
  return made;
}

/** A titled section with a list, and a sentence in its place while the list is empty. */

import { element, setHidden, setText } from "./dom.ts";
import { Rows, type Row } from "./rows.ts";

export interface Panel<T> {
  readonly title: string;
  readonly empty: string;
  /** Class of the section, and with `-list` of its list. */
  readonly name: string;
  /** Said beside the title while there are items. */
  note(items: readonly T[]): string;
  key(item: T): string;
  row(item: T): Row<T>;
}

export class PanelView<T> {
  readonly element: HTMLElement;
  readonly #panel: Panel<T>;
  readonly #note = element("span", { class: "note" });
  readonly #empty: HTMLElement;
  readonly #list: HTMLElement;
  readonly #rows: Rows<T>;

  constructor(panel: Panel<T>) {
    const heading = `${panel.name}-heading`;
    this.#panel = panel;
    this.#empty = element("p", { class: "panel-empty" }, panel.empty);
    this.#list = element("ul", {
      class: `${panel.name}-list`,
      // Lists scroll by themselves; with a place in the tab order the keyboard can scroll them too.
      tabindex: 0,
      "aria-labelledby": heading,
    });
    this.#rows = new Rows(this.#list, panel.key, panel.row);
    this.element = element(
      "section",
      { class: `panel ${panel.name}`, "aria-labelledby": heading },
      element("div", { class: "panel-head" }, element("h2", { id: heading }, panel.title), this.#note),
      this.#empty,
      this.#list,
    );
  }

  show(items: readonly T[], now: number): void {
    setText(this.#note, items.length > 0 ? this.#panel.note(items) : "");
    setHidden(this.#empty, items.length > 0);
    setHidden(this.#list, items.length === 0);
    this.#rows.show(items, now);
  }
}

/** A button that asks the broker for something: once at a time, and never twice by a double click. */

import { element, setAttribute, setText } from "../view/dom.ts";

export class Command {
  readonly element: HTMLButtonElement;
  readonly #work: () => Promise<void>;
  #isBusy = false;

  constructor(testId: string, work: () => Promise<void>, attributes: Readonly<Record<string, string>> = {}) {
    this.#work = work;
    this.element = element("button", { type: "button", "data-testid": testId, ...attributes });
    const keys = attributes["aria-keyshortcuts"];
    if (keys !== undefined) this.element.title = keys.replace("+", " + ");
    this.element.addEventListener("click", () => void this.#press());
  }

  /** `successor` takes the keyboard over when this one cannot be pressed any more. */
  show(label: string, isEnabled: boolean, successor?: Command): void {
    setText(this.element, label);
    if (this.element.disabled === !isEnabled) return;
    const hadFocus = document.activeElement === this.element;
    this.element.disabled = !isEnabled;
    if (!isEnabled && hadFocus) setTimeout(() => successor?.element.focus());
  }

  async #press(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    setAttribute(this.element, "aria-busy", "true");
    try {
      await this.#work();
    } finally {
      this.#isBusy = false;
      setAttribute(this.element, "aria-busy", null);
    }
  }
}

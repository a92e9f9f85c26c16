/** Keys for what a judge does often. All take Shift, and can be turned off for people who speak to their device. */

import { element } from "../view/dom.ts";
import type { JudgeSpeech } from "./speech.ts";

const MEMORY_KEY = "saluran.shortcuts";

export interface Shortcut {
  /** The letter that is pressed together with Shift. */
  readonly letter: string;
  readonly label: string;
  press(): void;
}

export class Shortcuts {
  readonly element: HTMLElement;
  readonly #shortcuts: readonly Shortcut[];
  readonly #switch = element("input", { type: "checkbox" });
  readonly #listener = (event: KeyboardEvent): void => this.#pressed(event);

  constructor(shortcuts: readonly Shortcut[], { say }: JudgeSpeech) {
    this.#shortcuts = shortcuts;
    this.#switch.checked = remembered() !== "off";
    this.#switch.addEventListener("change", () => remember(this.#switch.checked ? "on" : "off"));
    this.element = element(
      "details",
      { class: "panel-box shortcuts" },
      element("summary", {}, element("h2", {}, say("shortcuts"))),
      element("label", { class: "choice" }, this.#switch, say("shortcutsOn")),
      element("ul", {}, ...shortcuts.map(({ letter, label }) => element("li", {}, element("kbd", {}, `Shift + ${letter}`), " ", label))),
    );
    document.addEventListener("keydown", this.#listener);
  }

  close(): void {
    document.removeEventListener("keydown", this.#listener);
  }

  #pressed(event: KeyboardEvent): void {
    if (!this.#switch.checked || !isShortcut(event) || isTyping(event.target)) return;
    if (document.querySelector("dialog:modal") !== null) return;
    const shortcut = this.#shortcuts.find(({ letter }) => event.code === `Key${letter}`);
    if (shortcut === undefined) return;
    event.preventDefault();
    shortcut.press();
  }
}

function isShortcut({ shiftKey, ctrlKey, altKey, metaKey, repeat, isComposing }: KeyboardEvent): boolean {
  return shiftKey && !ctrlKey && !altKey && !metaKey && !repeat && !isComposing;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input:not([type=checkbox], [type=radio]), textarea, select");
}

function remembered(): string | null {
  try {
    return window.localStorage.getItem(MEMORY_KEY);
  } catch {
    return null;
  }
}

function remember(choice: "on" | "off"): void {
  try {
    window.localStorage.setItem(MEMORY_KEY, choice);
  } catch {
    // Storage is blocked or full: the choice lasts as long as the page.
  }
}

/** Tells screen readers what changed: politely, and a few things at once at most. */

import { element } from "./dom.ts";

const PAUSE = 2000;
const AT_ONCE = 3;

export class Announcer {
  readonly element = element("div", { class: "unseen", role: "status", "aria-live": "polite" });
  #waiting: string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** What does not fit in one breath is dropped, oldest first: the page shows it all the same. */
  say(...messages: readonly string[]): void {
    this.#waiting = [...this.#waiting, ...messages].slice(-AT_ONCE);
    if (this.#waiting.length > 0) this.#timer ??= setTimeout(() => this.#speak(), PAUSE);
  }

  #speak(): void {
    this.#timer = undefined;
    this.element.textContent = this.#waiting.join(". ");
    this.#waiting = [];
  }
}

/**
 * Whether the cameras see their markers, without the flicker of single frames: what is said changes once it
 * has been otherwise for a while. Pure: times are arguments, of a monotonic clock in milliseconds.
 */

import type { Lane } from "./wire.ts";

/** A camera at 2 Hz may miss a marker twice in a row without a word. */
export const MARKER_HOLD_MS = 1500;

/** `null` while it is not known. */
export interface Seen {
  readonly a: boolean | null;
  readonly b: boolean | null;
}

class Steady {
  #said: boolean | null = null;
  #otherwiseSince: number | null = null;

  heard(value: boolean, now: number): void {
    this.at(now);
    // A marker that is seen is no news to anybody; one that is lost may be found in the next frame.
    if (this.#said === null && value) this.#said = value;
    if (value === this.#said) this.#otherwiseSince = null;
    else this.#otherwiseSince ??= now;
  }

  at(now: number): boolean | null {
    if (this.#otherwiseSince !== null && now - this.#otherwiseSince >= MARKER_HOLD_MS) {
      this.#said = this.#said === false;
      this.#otherwiseSince = null;
    }
    return this.#said;
  }
}

export class Markers {
  readonly #lanes = new Map<Lane, { readonly a: Steady; readonly b: Steady }>();

  heard(lane: Lane, a: boolean | null, b: boolean | null, now: number): void {
    const known = this.#lanes.get(lane) ?? { a: new Steady(), b: new Steady() };
    this.#lanes.set(lane, known);
    if (a !== null) known.a.heard(a, now);
    if (b !== null) known.b.heard(b, now);
  }

  of(lane: Lane, now: number): Seen {
    const known = this.#lanes.get(lane);
    return { a: known?.a.at(now) ?? null, b: known?.b.at(now) ?? null };
  }
}

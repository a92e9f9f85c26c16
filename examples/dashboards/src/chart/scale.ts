/** One vertical range for all charts of a page, and of all pages, so that pictures can be compared by eye. Pure. */

/** Millimetres to either side of zero that are always shown. */
const SMALLEST_RANGE = 100;
/** The largest value stays this far from the edge. */
const HEADROOM = 1.05;
const STEPS = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10] as const;

/** The round number of millimetres that `largest` fits below, never under 100. */
export function niceRange(largest: number): number {
  if (!Number.isFinite(largest) || largest * HEADROOM <= SMALLEST_RANGE) return SMALLEST_RANGE;
  const wanted = largest * HEADROOM;
  const unit = 10 ** Math.floor(Math.log10(wanted));
  return unit * (STEPS.find((step) => step * unit >= wanted) ?? 10);
}

export class SharedScale {
  #range = SMALLEST_RANGE;
  readonly #followers = new Set<() => void>();

  /** Charts show from minus this to plus this, in millimetres. */
  get range(): number {
    return this.#range;
  }

  /** `largest` is the largest |value| of everything that shares the scale. */
  fit(largest: number): void {
    const range = niceRange(largest);
    if (range === this.#range) return;
    this.#range = range;
    for (const follower of this.#followers) follower();
  }

  /** Calls back at each change; returns how to end that. */
  follow(changed: () => void): () => void {
    this.#followers.add(changed);
    return () => this.#followers.delete(changed);
  }
}

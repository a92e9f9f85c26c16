/** The points of one run of one lane, in arrays that a chart draws as they are. Pure. */

import type { Category, Frequency, Lane } from "./wire.ts";

/** Bits of `Series.flags` and of the broker's rows. */
export const A_DETECTED = 1;
export const B_DETECTED = 2;

/** One point of a run. */
export interface Point {
  readonly serial: number;
  /** Seconds since the run's start. */
  readonly t: number;
  readonly a: number;
  readonly b: number;
  readonly flags: number;
}

/** A minute at 30 Hz fits without growing. */
const FIRST_CAPACITY = 2048;

/** Largest and summed |value| of one sensor, in mm. */
export interface Extent {
  readonly max: number;
  readonly sum: number;
}

const NOTHING: Extent = { max: 0, sum: 0 };

export class Series {
  readonly category: Category;
  readonly lane: Lane;
  readonly frequency: Frequency;
  /** The run whose points these are. */
  run: number | null = null;
  /** How many entries of the arrays are filled. */
  count = 0;
  /** Seconds since the run's start, rising. */
  t = new Float64Array(FIRST_CAPACITY);
  a = new Float64Array(FIRST_CAPACITY);
  b = new Float64Array(FIRST_CAPACITY);
  flags = new Uint8Array(FIRST_CAPACITY);
  /** Rises with every change, so that a view knows what it has drawn. */
  version = 0;
  #a = NOTHING;
  #b = NOTHING;
  readonly #serials = new Set<number>();

  constructor(category: Category, lane: Lane, frequency: Frequency) {
    this.category = category;
    this.lane = lane;
    this.frequency = frequency;
  }

  /** Largest |b|: what the contest is decided by. */
  get max(): number {
    return this.#b.max;
  }

  get sum(): number {
    return this.#b.sum;
  }

  /** Mean of |b|; 0 without points. */
  get mean(): number {
    return this.count === 0 ? 0 : this.#b.sum / this.count;
  }

  /** The latest `b`, signed; `null` without points. */
  get last(): number | null {
    return this.count === 0 ? null : (this.b[this.count - 1] ?? null);
  }

  /** The same of the other sensor. */
  get extentA(): Extent {
    return this.#a;
  }

  /** Forgets all points, and holds those of `run` from now on. */
  reset(run: number | null): void {
    this.run = run;
    this.count = 0;
    this.#a = NOTHING;
    this.#b = NOTHING;
    this.#serials.clear();
    this.version += 1;
  }

  /** Puts a point in its place; `false` for one that is here already. */
  add(point: Point): boolean {
    if (this.#serials.has(point.serial)) return false;
    this.#serials.add(point.serial);
    if (this.count === this.t.length) this.#grow();
    const at = this.#placeOf(point.t);
    if (at < this.count) this.#makeRoom(at);
    this.t[at] = point.t;
    this.a[at] = point.a;
    this.b[at] = point.b;
    this.flags[at] = point.flags;
    this.count += 1;
    this.#a = extended(this.#a, point.a);
    this.#b = extended(this.#b, point.b);
    this.version += 1;
    return true;
  }

  /** Behind all points that are not later: late ones are few, and belong near the end. */
  #placeOf(t: number): number {
    let at = this.count;
    while (at > 0 && (this.t[at - 1] ?? 0) > t) at -= 1;
    return at;
  }

  #makeRoom(at: number): void {
    for (const array of [this.t, this.a, this.b, this.flags]) array.copyWithin(at + 1, at, this.count);
  }

  #grow(): void {
    const capacity = this.t.length * 2;
    this.t = enlarged(this.t, capacity);
    this.a = enlarged(this.a, capacity);
    this.b = enlarged(this.b, capacity);
    const flags = new Uint8Array(capacity);
    flags.set(this.flags);
    this.flags = flags;
  }
}

function extended({ max, sum }: Extent, value: number): Extent {
  const size = Math.abs(value);
  return { max: Math.max(max, size), sum: sum + size };
}

function enlarged(array: Float64Array<ArrayBuffer>, capacity: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(capacity);
  larger.set(array);
  return larger;
}

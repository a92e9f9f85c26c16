/**
 * All points that a page knows: one series for each category, lane and frequency, and each lane's newest
 * point. Pure.
 *
 * The lanes of a frequency always show the same run: the latest that has points, or that has begun.
 * While the judge has frozen the pages, what comes waits beside the series and is shown afterwards.
 */

import { A_DETECTED, B_DETECTED, Series, type Point } from "./series.ts";
import {
  CATEGORIES,
  FREQUENCIES,
  LANES,
  type Category,
  type Frequency,
  type Item,
  type Lane,
  type Row,
  type Run,
} from "./wire.ts";

/** Which run the lanes of a frequency show. */
export interface Shown {
  readonly category: Category;
  readonly frequency: Frequency;
  /** `null`: none has points. */
  readonly run: number | null;
}

/** Eight lanes at 30 Hz for more than six minutes; what is beyond is fetched again afterwards. */
const HELD_LIMIT = 100_000;

export class Book {
  readonly #series = new Map<string, Series>();
  readonly #runs = new Map<string, number | null>();
  readonly #newest = new Map<Lane, Item>();
  /** What came while frozen; `null` while not. */
  #held: Item[] | null = null;
  #hasOverflowed = false;
  /** Points since the page began to ask again for what it has; see `recall`. */
  #meanwhile: Item[] | null = null;
  #lastSerial = 0;

  constructor() {
    for (const category of CATEGORIES)
      for (const lane of LANES)
        for (const frequency of FREQUENCIES) {
          this.#series.set(keyOf(category, frequency, lane), new Series(category, lane, frequency));
        }
  }

  series(category: Category, lane: Lane, frequency: Frequency): Series {
    const found = this.#series.get(keyOf(category, frequency, lane));
    return found ?? new Series(category, lane, frequency);
  }

  newest(lane: Lane): Item | null {
    return this.#newest.get(lane) ?? null;
  }

  shown(category: Category, frequency: Frequency): number | null {
    return this.#runs.get(keyOf(category, frequency)) ?? null;
  }

  get lastSerial(): number {
    return this.#lastSerial;
  }

  get isFrozen(): boolean {
    return this.#held !== null;
  }

  get held(): number {
    return this.#held?.length ?? 0;
  }

  /** A point as the broker publishes it. */
  take(item: Item): void {
    this.#lastSerial = Math.max(this.#lastSerial, item.serial);
    this.#meanwhile?.push(item);
    if (this.#held === null) this.#show(item);
    else if (this.#held.length < HELD_LIMIT) this.#held.push(item);
    else this.#hasOverflowed = true;
  }

  /** A run has begun: its lanes are empty until its points come. */
  begin({ category, frequency, session_id }: Pick<Run, "category" | "frequency" | "session_id">): void {
    if (this.#held !== null) return;
    if (session_id > (this.shown(category, frequency) ?? 0)) this.#turnTo(category, frequency, session_id);
  }

  freeze(): void {
    this.#held ??= [];
  }

  /** Shows what was held back. `false` when it was too much, and the rest has to be asked for. */
  unfreeze(): boolean {
    const held = this.#held ?? [];
    const isWhole = !this.#hasOverflowed;
    this.#held = null;
    this.#hasOverflowed = false;
    for (const item of held) this.#show(item);
    return isWhole;
  }

  /** Points of a run that the broker has kept, added to those that are here. */
  merge({ category, frequency, run }: Shown, rows: readonly Row[]): void {
    if (run === null) return;
    if (this.shown(category, frequency) !== run) this.#turnTo(category, frequency, run);
    for (const row of rows) this.#keep(category, frequency, row);
  }

  /** From here on `replace` knows which points came after the broker was asked. */
  recall(): void {
    this.#meanwhile = [];
  }

  /** All points of a run that the broker has kept, instead of those that are here. */
  replace({ category, frequency, run }: Shown, rows: readonly Row[]): void {
    this.#turnTo(category, frequency, run);
    for (const row of rows) this.#keep(category, frequency, row);
    if (this.#held !== null) return;
    for (const item of this.#meanwhile ?? []) {
      if (item.category === category && item.frequency === frequency) this.#show(item);
    }
  }

  recalled(): void {
    this.#meanwhile = null;
  }

  /** Takes away what `matches`, at once and also from what is held back. */
  drop(matches: (series: Series) => boolean): void {
    for (const series of this.#series.values()) if (matches(series)) series.reset(series.run);
    this.#held = this.#held?.filter((item) => !matches(this.#seriesOf(item))) ?? null;
    for (const [lane, item] of this.#newest) if (matches(this.#seriesOf(item))) this.#newest.delete(lane);
  }

  #seriesOf({ category, laptop_id, frequency }: Item): Series {
    return this.series(category, laptop_id, frequency ?? FREQUENCIES[0]);
  }

  #show(item: Item): void {
    const { category, frequency, session_id, laptop_id, relative_seconds } = item;
    const newest = this.#newest.get(laptop_id);
    if (newest === undefined || isNewer(item, newest)) this.#newest.set(laptop_id, item);
    if (frequency === null || session_id === null || relative_seconds === null) return;
    this.begin({ category, frequency, session_id });
    const series = this.series(category, laptop_id, frequency);
    if (series.run === session_id) series.add(pointOf(item, relative_seconds));
  }

  #keep(category: Category, frequency: Frequency, row: Row): void {
    const [serial, lane, run, t, a, b, flags] = row;
    this.#lastSerial = Math.max(this.#lastSerial, serial);
    const series = this.series(category, lane, frequency);
    if (t !== null && series.run === run) series.add({ serial, t, a, b, flags });
  }

  #turnTo(category: Category, frequency: Frequency, run: number | null): void {
    this.#runs.set(keyOf(category, frequency), run);
    for (const lane of LANES) this.series(category, lane, frequency).reset(run);
  }
}

/** What a camera held back while it was offline is never older than this; the broker's clock was set back. */
const OLDEST_MS = 300_000;

function isNewer(item: Item, newest: Item): boolean {
  const behind = newest.timestamp_ms - item.timestamp_ms;
  return behind <= 0 || behind > OLDEST_MS;
}

function keyOf(category: Category, frequency: Frequency, lane?: Lane): string {
  return lane === undefined ? `${category} ${frequency}` : `${category} ${frequency} ${lane}`;
}

function pointOf(item: Item, t: number): Point {
  const flags = (item.is_a_detected ? A_DETECTED : 0) | (item.is_b_detected ? B_DETECTED : 0);
  return { serial: item.serial, t, a: item.dista, b: item.distb, flags };
}

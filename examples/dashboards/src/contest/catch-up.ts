/**
 * Asks the broker for the points that the page has missed: of each frequency those of its latest run.
 *
 * One task at a time; what is asked for meanwhile waits. Points that come live at the same time are told
 * apart by their serial, so none is missing and none is there twice.
 */

import { retryDelay } from "../feed/status.ts";
import type { Shown } from "./book.ts";
import type { Client } from "./client.ts";
import type { Known } from "./known.ts";
import type { Failure, Outcome } from "./model.ts";
import { CATEGORIES, FREQUENCIES, type Category, type Frequency, type Lane, type Points, type Row, type Run, type Statistics } from "./wire.ts";

/** A frequency of a category. */
export interface Place {
  readonly category: Category;
  readonly frequency: Frequency;
}

export const PLACES: readonly Place[] = CATEGORIES.flatMap((category) =>
  FREQUENCIES.map((frequency) => ({ category, frequency })),
);

/** As many rows as the broker gives at once. */
const PAGE = 10_000;
/** Channels are not in step with each other: the last points of some lanes may be behind those of others. */
const OVERLAP = 2000;

/** `keep` adds to what is here; `renew` replaces it, where something may have been taken away. */
export type Way = "keep" | "renew";

export class CatchUp {
  readonly #client: Client;
  readonly #known: Known;
  /** Empty on pages that draw nothing. */
  readonly #lanes: readonly Lane[];
  readonly #changed: (failure: Failure | null) => void;
  #waiting = new Map<Place, Way>();
  #isWorking = false;
  /** Something was asked for since the runs were listed: some may have come or gone. */
  #isNew = false;
  /** The last serial before the connection was lost; `null` while nothing is missing. */
  #mark: number | null = null;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStopped = false;

  constructor(client: Client, known: Known, lanes: readonly Lane[], changed: (failure: Failure | null) => void) {
    this.#client = client;
    this.#known = known;
    this.#lanes = lanes;
    this.#changed = changed;
  }

  ask(places: readonly Place[], way: Way): void {
    for (const place of places) {
      const here = PLACES.find(({ category, frequency }) => category === place.category && frequency === place.frequency);
      if (here !== undefined && this.#waiting.get(here) !== "renew") this.#waiting.set(here, way);
    }
    this.#isNew = true;
    void this.#work();
  }

  /** From now on points may be missed. */
  lost(): void {
    this.#mark = Math.min(this.#mark ?? Infinity, this.#known.book.lastSerial);
  }

  /** Nothing is tried again by itself any more. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#waiting.clear();
  }

  async #work(): Promise<void> {
    if (this.#isWorking) return;
    this.#isWorking = true;
    clearTimeout(this.#timer);
    const failure = await this.#all();
    this.#isWorking = false;
    if (this.#isStopped) return;
    this.#failures = failure === null ? 0 : this.#failures + 1;
    if (failure === null) this.#mark = null;
    this.#known.backfill = failure === null ? { phase: "done" } : { phase: "failed", failure };
    this.#changed(failure);
    if (failure !== null && failure.status !== 401 && failure.status !== 403) {
      this.#timer = setTimeout(() => void this.#work(), retryDelay(this.#failures, Math.random()));
    }
  }

  async #all(): Promise<Failure | null> {
    if (this.#lanes.length === 0) return null;
    this.#progress(0);
    let runs: readonly Run[] | null = null;
    let points = 0;
    for (let next = this.#next(); next !== null; next = this.#next()) {
      const [place, way] = next;
      if (runs === null || this.#isNew) {
        this.#isNew = false;
        const listed = await this.#client.get<{ sessions: readonly Run[] }>("runs");
        if (!listed.ok) return listed.failure;
        runs = listed.value.sessions;
      }
      this.#waiting.delete(place);
      const got = await this.#catchUp(place, way, runs ?? []);
      if (!got.ok) {
        this.#waiting.set(place, way);
        return got.failure;
      }
      points += got.value;
      this.#progress(points);
    }
    return null;
  }

  /** What is on the screen comes first. */
  #next(): [Place, Way] | null {
    const { state } = this.#known;
    const distance = ({ category, frequency }: Place): number =>
      (category === state?.category ? 0 : 2) + (frequency === state?.frequency ? 0 : 1);
    const waiting = [...this.#waiting].sort(([one], [other]) => distance(one) - distance(other));
    return waiting[0] ?? null;
  }

  async #catchUp(place: Place, way: Way, runs: readonly Run[]): Promise<Outcome<number>> {
    const { book } = this.#known;
    book.recall();
    try {
      const chosen = await this.#choose(place, runs);
      if (!chosen.ok) return chosen;
      const run = chosen.value;
      const shown: Shown = { ...place, run };
      const isSame = run !== null && book.shown(place.category, place.frequency) === run;
      const after = way === "keep" && isSame ? Math.max(0, (this.#mark ?? 0) - OVERLAP) : 0;
      const rows = run === null ? [] : await this.#rows(run, after);
      if (!Array.isArray(rows)) return rows;
      if (way === "keep" && isSame) book.merge(shown, rows);
      else book.replace(shown, rows);
      return { ok: true, value: rows.length };
    } finally {
      book.recalled();
    }
  }

  /** The latest run of a place that is going on, or has points of any lane. */
  async #choose({ category, frequency }: Place, runs: readonly Run[]): Promise<Outcome<number | null>> {
    // One that has begun since the runs were listed is not among them.
    const current = this.#known.state?.session;
    if (current?.category === category && current.frequency === frequency) {
      return { ok: true, value: current.session_id };
    }
    const mine = runs
      .filter((run) => run.category === category && run.frequency === frequency)
      .sort((one, other) => other.session_id - one.session_id);
    const newest = mine[0];
    if (newest === undefined) return { ok: true, value: null };
    const probe = await this.#client.get<Points>(`points?session_id=${newest.session_id}&limit=1`);
    if (!probe.ok) return probe;
    if (probe.value.points.length > 0) return { ok: true, value: newest.session_id };
    return this.#chooseOlder(category, mine.slice(1));
  }

  async #chooseOlder(category: Category, older: readonly Run[]): Promise<Outcome<number | null>> {
    if (older.length === 0) return { ok: true, value: null };
    const counted = await this.#client.get<{ statistics: readonly Statistics[] }>(`statistics?category=${category}`);
    if (!counted.ok) return counted;
    const filled = new Set(counted.value.statistics.filter(({ count }) => count > 0).map(({ session_id }) => session_id));
    return { ok: true, value: older.find(({ session_id }) => filled.has(session_id))?.session_id ?? null };
  }

  async #rows(run: number, first: number): Promise<Row[] | { ok: false; failure: Failure }> {
    const lanes = this.#lanes.length === 8 ? "" : `&laptop_id=${this.#lanes.join(",")}`;
    const rows: Row[] = [];
    for (let after: number | null = first; after !== null; ) {
      const path: string = `points?session_id=${run}${lanes}&after=${after}&limit=${PAGE}`;
      const page: Outcome<Points> = await this.#client.get<Points>(path);
      if (!page.ok) return page;
      for (const row of page.value.points) rows.push(row);
      // A page that leads nowhere would be asked for without end.
      const { next }: Points = page.value;
      after = next !== null && next > after ? next : null;
    }
    return rows;
  }

  #progress(points: number): void {
    this.#known.backfill = { phase: "loading", points };
    this.#changed(null);
  }
}

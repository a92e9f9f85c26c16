/**
 * How far the other lanes went, so that every team's page has the same axis as all others and the judge's.
 *
 * A team's page has only its own points. Of the others it asks the broker for the largest values: at once when
 * something has changed, now and then during a run, and seldom otherwise, as late points may come at any time.
 * Without an answer the page goes on with what it knows.
 */

import type { Category, Contest, Controller, Statistics } from "../contest/model.ts";

/** Between two questions, whatever happens. */
const PAUSE_MS = 1500;
const IDLE_MS = 10_000;

export class Others {
  readonly #controller: Pick<Controller, "statistics">;
  #rows: readonly Statistics[] = [];
  #answered = "";
  #isAsking = false;
  #askedAt = -Infinity;

  constructor(controller: Pick<Controller, "statistics">) {
    this.#controller = controller;
  }

  /** Asks if it is time to. `now` is of a monotonic clock in milliseconds. */
  follow(contest: Contest, category: Category, now: number): void {
    const { state, connection } = contest;
    // While frozen nothing on the page moves, its axis neither.
    if (state === null || state.frozen || connection.status.phase !== "connected" || this.#isAsking) return;
    const wanted = `${category}/${state.revision}`;
    const isSoon = wanted !== this.#answered || state.session?.category === category;
    if (now - this.#askedAt >= (isSoon ? PAUSE_MS : IDLE_MS)) void this.#ask(category, wanted, now);
  }

  /** Millimetres, over all lanes and the runs that the page shows; 0 if nothing is known. */
  largest(contest: Contest, category: Category): number {
    let largest = 0;
    for (const { session_id, category: its, frequency, laptop_id, max_distb } of this.#rows) {
      if (its !== category || frequency === null || session_id === null) continue;
      if (contest.series(category, laptop_id, frequency).run === session_id) largest = Math.max(largest, max_distb);
    }
    return largest;
  }

  async #ask(category: Category, wanted: string, now: number): Promise<void> {
    this.#isAsking = true;
    this.#askedAt = now;
    const outcome = await this.#controller.statistics(category);
    this.#isAsking = false;
    if (!outcome.ok) return;
    this.#rows = outcome.value;
    this.#answered = wanted;
  }
}

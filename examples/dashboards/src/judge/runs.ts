/** The list of runs, asked for again whenever one has begun or ended. */

import type { Contest, Controller, Run, State } from "../contest/model.ts";

const PAUSE_AFTER_FAILURE_MS = 5000;

export class RunList {
  readonly #contest: Contest;
  readonly #controller: Controller;
  #runs: readonly Run[] = [];
  #known = "";
  #isAsking = false;
  #askAgainAt = 0;

  constructor(contest: Contest, controller: Controller) {
    this.#contest = contest;
    this.#controller = controller;
  }

  find(id: number): Run | null {
    const { state } = this.#contest;
    const ended = state?.last?.session_id === id ? state.last : null;
    return ended ?? this.#runs.find(({ session_id }) => session_id === id) ?? null;
  }

  /** Asks if the state tells of other runs than those in the list. */
  follow(now: number): void {
    const { state } = this.#contest;
    if (state === null || this.#isAsking || now < this.#askAgainAt) return;
    const wanted = mark(state);
    if (wanted !== this.#known) void this.#ask(wanted, now);
  }

  async #ask(wanted: string, now: number): Promise<void> {
    this.#isAsking = true;
    const outcome = await this.#controller.runs();
    this.#isAsking = false;
    if (outcome.ok) {
      this.#runs = outcome.value;
      this.#known = wanted;
    } else {
      this.#askAgainAt = now + PAUSE_AFTER_FAILURE_MS;
    }
  }
}

function mark({ session, last, undo }: State): string {
  return `${session?.session_id}/${last?.session_id}/${undo.map(({ clear_id }) => clear_id).join()}`;
}

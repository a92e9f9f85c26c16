/**
 * The broker's clock, followed with this device's monotonic one. Pure: times are arguments.
 *
 * A message is never newer than its arrival, so each gives a lower bound of how far the broker is ahead,
 * and the highest is the best. Cached events give low bounds and do no harm. An answer to a question is
 * a fresh start: only it can tell that the broker's clock was set back.
 */
export class Clock {
  #ahead: number | null = null;

  /** A message with the broker's time came in at `local`. */
  heard(server: number, local: number): void {
    const bound = server - local;
    this.#ahead = this.#ahead === null ? bound : Math.max(this.#ahead, bound);
  }

  /** An answer with the broker's time; asked at `asked`, here at `answered`. */
  answered(server: number, asked: number, answered: number): void {
    const measured = server - (asked + answered) / 2;
    const slack = (answered - asked) / 2;
    // Within its own accuracy an answer does not move the clock, so that timers do not twitch.
    if (this.#ahead === null || Math.abs(this.#ahead - measured) > slack) this.#ahead = measured;
  }

  /** Milliseconds since the epoch by the broker; `null` before it has said anything. */
  at(local: number): number | null {
    return this.#ahead === null ? null : local + this.#ahead;
  }
}

/** What the page says about its connection, and what pusher-js's errors mean for it. Pure. */

/** Why the broker turned the connection away: its close code and its own words. */
export interface Reason {
  readonly code: number | null;
  readonly message: string;
}

export type Status =
  /** `again` after an attempt that failed. */
  | { readonly phase: "connecting"; readonly again: boolean }
  | { readonly phase: "connected" }
  /** Not connected; the next attempt is at `retryAt`. */
  | { readonly phase: "waiting"; readonly retryAt: number; readonly reason: Reason | null }
  /** Turned away for good; only a person can help. */
  | { readonly phase: "stopped"; readonly reason: Reason | null }
  /** This browser has no WebSockets. */
  | { readonly phase: "unsupported" };

export type Advice =
  | "tlsOnly"
  | "unknownKey"
  | "disabled"
  | "overQuota"
  | "unauthorized"
  | "refused"
  | "unreachable";

const ADVICE: Readonly<Record<number, Advice>> = {
  4000: "tlsOnly",
  4001: "unknownKey",
  4003: "disabled",
  4004: "overQuota",
  4009: "unauthorized",
};

/** What a person can do about a lost connection. */
export function advice(status: Status): Advice | null {
  if (status.phase === "stopped") return ADVICE[status.reason?.code ?? 0] ?? "refused";
  const failed = status.phase === "waiting" || (status.phase === "connecting" && status.again);
  return failed ? "unreachable" : null;
}

/** Finds code and message in what pusher-js emits as `error`, whatever it is wrapped in. */
export function reasonOf(error: unknown): Reason | null {
  if (typeof error !== "object" || error === null) return null;
  const { data, error: inner } = error as { data?: unknown; error?: unknown };
  if (typeof data !== "object" || data === null) return reasonOf(inner);
  const { code, message } = data as { code?: unknown; message?: unknown };
  if (typeof message !== "string") return null;
  return { code: typeof code === "number" ? code : null, message };
}

/** Errors without a code, and those from 4300, leave the connection open. */
export function endsConnection(reason: Reason): boolean {
  return reason.code !== null && reason.code < 4300;
}

const FIRST_DELAY = 1000;
const LONGEST_DELAY = 10_000;

/**
 * Milliseconds before the next attempt, after `failures` in a row. Grows to ten seconds; `chance`
 * (0 to 1) spreads the pages, so that they do not all return at once after a restart.
 */
export function retryDelay(failures: number, chance: number): number {
  const ceiling = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** failures);
  return Math.round(ceiling * (0.75 + chance / 4));
}

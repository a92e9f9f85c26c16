/** What the judge's page knows in its tests: a real `Known`, filled by hand. */

import { contestSpeech } from "../src/contest/speech.ts";
import { Known } from "../src/contest/known.ts";
import { LANES, type Frequency, type Item, type LaneHealth, type Lane, type Run, type State, type Statistics } from "../src/contest/model.ts";
import { JUDGE_WORDS } from "../src/judge/speech.ts";

export const NOW = 1_700_000_000_000;
export const speech = contestSpeech("en", JUDGE_WORDS);

export function run(session_id: number, frequency: Frequency, more: Partial<Run> = {}): Run {
  return {
    session_id,
    category: "baja",
    frequency,
    status: "stopped",
    started_at: "2025-11-10 14:30:00",
    started_at_ms: NOW,
    elapsed_ms: 60_000,
    stopped_at: "2025-11-10 14:31:00",
    duration_seconds: 60,
    auto_stopped: true,
    collapsed: false,
    ended_by: "time",
    ...more,
  };
}

export function state(more: Partial<State> = {}): State {
  return {
    revision: 1,
    server_time_ms: NOW,
    timestamp: "",
    category: "baja",
    frequency: 1.5,
    realtime: { enabled: true, session_id: null, since: null },
    frozen: false,
    run_seconds: 60,
    session: null,
    last: null,
    undo: [],
    teams_revision: 1,
    ...more,
  };
}

export function health(lane: Lane, more: Partial<LaneHealth> = {}): LaneHealth {
  return {
    laptop_id: lane,
    connected: 1,
    last_point_ms_ago: 35,
    rate_hz: 29.9,
    received: 1000,
    stored: 1000,
    refused: 0,
    late: 0,
    duplicates: 0,
    out_of_order: 0,
    lost: 0,
    is_a_detected: true,
    is_b_detected: true,
    last_refusal: null,
    path: "gateway",
    ...more,
  };
}

/** Of `count` points of a lane that went as far as `max`. */
export function statistics(session_id: number | null, laptop_id: Lane, count: number, max = 1): Statistics {
  const frequency = session_id === null ? null : 1.5;
  return { session_id, category: "baja", frequency, laptop_id, count, max_dista: 0, max_distb: max, avg_dista: 0, avg_distb: max };
}

/** A contest where all is well and eight cameras send. `local` is the page's own clock. */
export function known(local: () => number = () => 0): Known {
  const made = new Known(10, local);
  made.clock.heard(NOW, 0);
  made.connection = { status: { phase: "connected" }, ready: 10, all: 10, refused: null };
  made.access = { phase: "granted", role: "judge", expiresAt: null };
  made.backfill = { phase: "done" };
  made.reachable = true;
  made.apply(state({ session: run(7, 1.5, { status: "running" }) }));
  report(made);
  return made;
}

export function report(contest: Known, ...changed: readonly LaneHealth[]): void {
  const lanes = LANES.map((lane) => changed.find(({ laptop_id }) => laptop_id === lane) ?? health(lane));
  const store = { database: "ok", behind: 0, journal_bytes: 0, journal_limit_bytes: 100, full: false } as const;
  contest.report({ server_time_ms: NOW, lanes, store });
}

let serial = 0;

export function fill(contest: Known, lane: Lane, frequency: Frequency, values: readonly number[], session = 7): void {
  const series = contest.series("baja", lane, frequency);
  if (series.run !== session) series.reset(session);
  for (const [t, b] of values.entries()) series.add({ serial: (serial += 1), t, a: 0, b, flags: 3 });
}

/** A point outside of all runs, newer than those of `fill`. */
export function freeItem(lane: Lane, distb: number): Item {
  return {
    laptop_id: lane,
    dista: 0,
    distb,
    is_a_detected: true,
    is_b_detected: true,
    session_id: null,
    category: "baja",
    frequency: null,
    relative_time: null,
    elapsed_seconds: null,
    timestamp: "",
    nama_tim: "",
    timestamp_ms: NOW,
    relative_seconds: null,
    serial: (serial += 1),
  };
}

/** What the broker says about the contest: events and answers of `/api/v2/contest`, as they come. */

export const LANES = [1, 2, 3, 4, 5, 6, 7, 8] as const;
export type Lane = (typeof LANES)[number];

export const CATEGORIES = ["baja", "beton"] as const;
export type Category = (typeof CATEGORIES)[number];

/** Hertz. */
export const FREQUENCIES = [1.5, 2.5, 3.5, 4.5, 5.5] as const;
export type Frequency = (typeof FREQUENCIES)[number];

/** One measured point. `dista` (floor 3) and `distb` (top) in millimetres, signed. */
export interface Item {
  readonly laptop_id: Lane;
  readonly dista: number;
  readonly distb: number;
  readonly is_a_detected: boolean;
  readonly is_b_detected: boolean;
  /** `null` outside a run, like all that is counted from a run's start. */
  readonly session_id: number | null;
  readonly category: Category;
  readonly frequency: Frequency | null;
  readonly relative_time: number | null;
  readonly elapsed_seconds: number | null;
  readonly timestamp: string;
  readonly nama_tim: string;
  readonly timestamp_ms: number;
  /** Seconds since the run's start, with three decimals. */
  readonly relative_seconds: number | null;
  /** Rises over all points of the contest. */
  readonly serial: number;
}

export interface Run {
  readonly session_id: number;
  readonly category: Category;
  readonly frequency: Frequency;
  readonly status: "running" | "stopped";
  readonly started_at: string;
  readonly started_at_ms: number;
  /** At the `server_time_ms` of the state around it; the duration once stopped. */
  readonly elapsed_ms: number;
  readonly stopped_at: string | null;
  readonly duration_seconds: number | null;
  readonly auto_stopped: boolean;
  readonly collapsed: boolean;
  readonly ended_by: null | "time" | "judge" | "collapse" | "replaced" | "clear" | "restart";
}

/** What a clear took away. */
export interface ClearScope {
  readonly clear_id: number;
  readonly scope: "run" | "lane" | "all";
  readonly session_id: number | null;
  readonly laptop_id: Lane | null;
  readonly category: Category | null;
}

/** A clear that can still be taken back. */
export interface Undo extends ClearScope {
  readonly points: number;
  /** The server's clock. */
  readonly until_ms: number;
}

export interface State {
  readonly revision: number;
  readonly server_time_ms: number;
  readonly timestamp: string;
  readonly category: Category;
  readonly frequency: Frequency;
  readonly realtime: {
    readonly enabled: boolean;
    readonly session_id: number | null;
    readonly since: string | null;
  };
  readonly frozen: boolean;
  readonly run_seconds: number;
  /** The running one. */
  readonly session: Run | null;
  /** The one that ended last. */
  readonly last: Run | null;
  readonly undo: readonly Undo[];
  readonly teams_revision: number;
}

export interface Team {
  readonly laptop_id: Lane;
  readonly category: Category;
  readonly nama_tim: string;
  /** `A-3` for lane 3 of `baja`, `B-3` for lane 3 of `beton`. */
  readonly alias: string;
}

/** A team as it is saved. */
export type TeamEntry = Omit<Team, "alias">;

export type RefusalReason = "realtime_off" | "invalid" | "too_late" | "store_full" | "busy" | "key";

export interface LaneHealth {
  readonly laptop_id: Lane;
  /** How many sockets send for this lane. */
  readonly connected: number;
  /** At the `server_time_ms` of the report. */
  readonly last_point_ms_ago: number | null;
  readonly rate_hz: number;
  readonly received: number;
  readonly stored: number;
  readonly refused: number;
  readonly late: number;
  readonly duplicates: number;
  readonly out_of_order: number;
  readonly lost: number;
  readonly is_a_detected: boolean | null;
  readonly is_b_detected: boolean | null;
  readonly last_refusal: RefusalReason | null;
  readonly path: "gateway" | "http" | "trigger" | "relay" | null;
}

export interface StoreHealth {
  readonly database: "ok" | "behind" | "away";
  /** Points that wait in the journal. */
  readonly behind: number;
  readonly journal_bytes: number;
  readonly journal_limit_bytes: number;
  readonly full: boolean;
}

export interface Lanes {
  readonly server_time_ms: number;
  readonly lanes: readonly LaneHealth[];
  readonly store: StoreHealth;
}

export interface Overview {
  readonly state: State;
  readonly teams: readonly Team[];
  readonly lanes: Lanes;
}

export interface TeamList {
  readonly revision: number;
  readonly teams: readonly Team[];
}

/** `[serial, laptop_id, session_id, relative_seconds, dista, distb, flags, timestamp_ms]` */
export type Row = readonly [number, Lane, number | null, number | null, number, number, number, number];

export interface Points {
  readonly fields: readonly string[];
  readonly points: readonly Row[];
  /** More follow after this serial. */
  readonly next: number | null;
}

export type ClearRequest =
  | { readonly scope: "run"; readonly session_id: number }
  | { readonly scope: "lane"; readonly laptop_id: Lane; readonly category?: Category }
  | { readonly scope: "all" };

export interface Cleared {
  readonly clear_id: number;
  readonly points: number;
  readonly sessions_stopped: number;
  readonly until_ms: number;
}

export interface Undone {
  readonly clear_id: number;
  readonly points: number;
}

/** Of the points of one lane and run, in mm of |value|; those of a category outside of runs have no run. */
export interface Statistics {
  readonly session_id: number | null;
  readonly category: Category;
  readonly frequency: Frequency | null;
  readonly laptop_id: Lane;
  readonly count: number;
  readonly max_dista: number;
  readonly max_distb: number;
  readonly avg_dista: number;
  readonly avg_distb: number;
}

export interface SelfTest {
  readonly ok: boolean;
  readonly steps: readonly {
    readonly name: "journal" | "database" | "channels" | "gateway";
    readonly ok: boolean;
    readonly ms: number;
    readonly detail: string;
  }[];
}

/** `A-3` */
export function aliasOf(lane: Lane, category: Category): string {
  return `${category === "baja" ? "A" : "B"}-${lane}`;
}

/** What the fake broker knows of the contest: a state, teams, runs and points. No clock of its own but `now`. */

import {
  aliasOf,
  CATEGORIES,
  LANES,
  type Category,
  type ClearScope,
  type Frequency,
  type Item,
  type Lane,
  type LaneHealth,
  type Lanes,
  type Row,
  type Run,
  type State,
  type Statistics,
  type Team,
  type Undo,
} from "../src/contest/model.ts";

const UNDO_MS = 60_000;

export class FakeContest {
  revision = 1;
  category: Category = "baja";
  frequency: Frequency = 1.5;
  isSaving = true;
  isFrozen = false;
  running: Run | null = null;
  last: Run | null = null;
  runs: Run[] = [];
  undo: Undo[] = [];
  items: Item[] = [];
  #serial = 0;
  readonly #cleared = new Map<number, Item[]>();

  now(): number {
    return Date.now();
  }

  get state(): State {
    const now = this.now();
    const running = this.running;
    return {
      revision: this.revision,
      server_time_ms: now,
      timestamp: stamp(now),
      category: this.category,
      frequency: this.frequency,
      realtime: { enabled: this.isSaving, session_id: null, since: this.isSaving ? stamp(now) : null },
      frozen: this.isFrozen,
      run_seconds: 60,
      session: running === null ? null : { ...running, elapsed_ms: now - running.started_at_ms },
      last: this.last,
      undo: this.undo,
      teams_revision: 1,
    };
  }

  get teams(): Team[] {
    return CATEGORIES.flatMap((category) =>
      // As long as the longest that people have.
      LANES.map((lane) => ({
        laptop_id: lane,
        category,
        nama_tim: `Institut Teknologi Nasional ${lane}_Tim Peserta ${category}`,
        alias: aliasOf(lane, category),
      })),
    );
  }

  get lanes(): Lanes {
    const now = this.now();
    return {
      server_time_ms: now,
      lanes: LANES.map((lane) => this.#health(lane, now)),
      store: { database: "ok", behind: 0, journal_bytes: 1000, journal_limit_bytes: 1e9, full: false },
    };
  }

  start(category: Category, frequency: Frequency, ago = 0): Run {
    const at = this.now() - ago;
    this.running = {
      session_id: this.runs.length + 1,
      category,
      frequency,
      status: "running",
      started_at: stamp(at),
      started_at_ms: at,
      elapsed_ms: 0,
      stopped_at: null,
      duration_seconds: null,
      auto_stopped: false,
      collapsed: false,
      ended_by: null,
    };
    this.runs.push(this.running);
    this.category = category;
    this.frequency = frequency;
    this.revision += 1;
    return this.running;
  }

  stop(collapsed = false): Run | null {
    const running = this.running;
    if (running === null) return null;
    const elapsed = this.now() - running.started_at_ms;
    const ended_by = collapsed ? "collapse" : elapsed >= 60_000 ? "time" : "judge";
    this.last = {
      ...running,
      status: "stopped",
      elapsed_ms: elapsed,
      stopped_at: stamp(this.now()),
      duration_seconds: Math.round(elapsed / 1000),
      auto_stopped: ended_by === "time",
      collapsed,
      ended_by,
    };
    this.runs[this.runs.length - 1] = this.last;
    this.running = null;
    this.revision += 1;
    return this.last;
  }

  /** A point of the running run, or of none. */
  measure(lane: Lane, distb: number, seconds?: number): Item {
    const run = this.running;
    const now = this.now();
    const t = run === null ? null : (seconds ?? (now - run.started_at_ms) / 1000);
    this.#serial += 1;
    const item: Item = {
      laptop_id: lane,
      dista: distb / 2,
      distb,
      is_a_detected: true,
      is_b_detected: this.#serial % 50 !== 0,
      session_id: run?.session_id ?? null,
      category: run?.category ?? this.category,
      frequency: run?.frequency ?? null,
      relative_time: t === null ? null : Math.floor(t),
      elapsed_seconds: t === null ? null : Math.floor(t),
      timestamp: stamp(now),
      nama_tim: "",
      timestamp_ms: now,
      relative_seconds: t === null ? null : Math.round(t * 1000) / 1000,
      serial: this.#serial,
    };
    this.items.push(item);
    return item;
  }

  clear(scope: Omit<ClearScope, "clear_id">): Undo {
    const goes = (item: Item): boolean =>
      scope.scope === "all" ||
      (scope.scope === "run" && item.session_id === scope.session_id) ||
      (scope.scope === "lane" && item.laptop_id === scope.laptop_id && (scope.category ?? item.category) === item.category);
    const gone = this.items.filter(goes);
    this.items = this.items.filter((item) => !goes(item));
    const clear: Undo = { ...scope, clear_id: this.#cleared.size + 1, points: gone.length, until_ms: this.now() + UNDO_MS };
    this.#cleared.set(clear.clear_id, gone);
    this.undo = [...this.undo, clear];
    this.revision += 1;
    return clear;
  }

  takeBack(id: number): Undo | null {
    const clear = this.undo.find(({ clear_id }) => clear_id === id);
    if (clear === undefined) return null;
    this.items = [...this.items, ...(this.#cleared.get(id) ?? [])].sort((one, other) => one.serial - other.serial);
    this.undo = this.undo.filter(({ clear_id }) => clear_id !== id);
    this.revision += 1;
    return clear;
  }

  points(query: URLSearchParams): { fields: string[]; points: Row[]; next: number | null } {
    const run = query.get("session_id");
    const lanes = query.get("laptop_id")?.split(",");
    const limit = Number(query.get("limit") ?? 5000);
    const after = Number(query.get("after") ?? 0);
    const found = this.items.filter(
      (item) =>
        (run === null || `${item.session_id}` === run) &&
        (lanes === undefined || lanes.includes(`${item.laptop_id}`)) &&
        item.serial > after,
    );
    const given = found.slice(0, limit);
    return {
      fields: ["serial", "laptop_id", "session_id", "relative_seconds", "dista", "distb", "flags", "timestamp_ms"],
      points: given.map(rowOf),
      next: found.length > limit ? (given.at(-1)?.serial ?? null) : null,
    };
  }

  statistics(query: URLSearchParams): Statistics[] {
    const asked = query.get("category");
    const kept = this.items.filter(({ category }) => asked === null || asked === category);
    const groups = new Map(kept.map((item) => [groupOf(item), item]));
    return [...groups].map(([group, { session_id, category, frequency, laptop_id }]) => {
      const items = kept.filter((item) => groupOf(item) === group);
      const [a, b] = [items.map(({ dista }) => Math.abs(dista)), items.map(({ distb }) => Math.abs(distb))];
      const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
      const most = { max_dista: Math.max(...a), max_distb: Math.max(...b), avg_dista: mean(a), avg_distb: mean(b) };
      return { session_id, category, frequency, laptop_id, count: items.length, ...most };
    });
  }

  #health(lane: Lane, now: number): LaneHealth {
    const newest = this.items.findLast((item) => item.laptop_id === lane);
    return {
      laptop_id: lane,
      connected: newest === undefined ? 0 : 1,
      last_point_ms_ago: newest === undefined ? null : now - newest.timestamp_ms,
      rate_hz: newest === undefined ? 0 : 10,
      received: 0,
      stored: 0,
      refused: 0,
      late: 0,
      duplicates: 0,
      out_of_order: 0,
      lost: 0,
      is_a_detected: newest?.is_a_detected ?? null,
      is_b_detected: newest?.is_b_detected ?? null,
      last_refusal: null,
      path: newest === undefined ? null : "gateway",
    };
  }
}

function groupOf({ session_id, category, laptop_id }: Item): string {
  return `${session_id} ${category} ${laptop_id}`;
}

function rowOf(item: Item): Row {
  const flags = (item.is_a_detected ? 1 : 0) + (item.is_b_detected ? 2 : 0);
  return [item.serial, item.laptop_id, item.session_id, item.relative_seconds, item.dista, item.distb, flags, item.timestamp_ms];
}

function stamp(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replace("T", " ");
}

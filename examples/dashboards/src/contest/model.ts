/** What the pages of the contest read, and what they can ask for. Views need nothing else of the feed. */

import type { Language } from "../i18n/language.ts";
import type { Connection } from "../view/connection.ts";
import type { Seen } from "./markers.ts";
import type { Series } from "./series.ts";
import type {
  Category,
  Cleared,
  ClearRequest,
  ClearScope,
  Frequency,
  Item,
  Lane,
  LaneHealth,
  Lanes,
  Run,
  SelfTest,
  State,
  Statistics,
  Team,
  TeamEntry,
  Undo,
  Undone,
} from "./wire.ts";

export * from "./wire.ts";
export type { Seen } from "./markers.ts";
export { A_DETECTED, B_DETECTED, Series, type Extent, type Point } from "./series.ts";

/** Whether the broker knows the person at the page. */
export type Access =
  /** Nobody has signed in. */
  | { readonly phase: "none" }
  | { readonly phase: "checking"; readonly role: string | null }
  | { readonly phase: "granted"; readonly role: string | null; readonly expiresAt: number | null }
  /** `expired`: was good once; `refused`: the broker does not take it; `forbidden`: may not do this. */
  | { readonly phase: "denied"; readonly why: "expired" | "refused" | "forbidden" };

/** How far the page has caught up with what it has missed. */
export type Backfill =
  | { readonly phase: "waiting" }
  | { readonly phase: "loading"; readonly points: number }
  | { readonly phase: "done" }
  | { readonly phase: "failed"; readonly failure: Failure };

/** What a view reads. Always the newest; nothing here is to be kept between two draws. */
export interface Contest {
  /** `null` until the broker has said. */
  readonly state: State | null;
  readonly teams: readonly Team[];
  readonly lanes: Lanes | null;
  readonly connection: Connection;
  readonly access: Access;
  readonly backfill: Backfill;
  /** Whether the broker answers the page's requests over HTTP. */
  readonly reachable: boolean;
  /** Points that came while the judge has frozen the pages; they appear afterwards. */
  readonly heldBack: number;
  /** The broker's clock, in ms since the epoch; `null` until it has said. */
  serverNow(): number | null;
  /** Of the running run, at most its full length; 0 without one. Never from this device's time of day. */
  elapsedMs(): number;
  /** Latest run of that frequency that has points. The same object for ever; see its `version`. */
  series(category: Category, lane: Lane, frequency: Frequency): Series;
  /** The newest point of a lane, in a run or outside. */
  live(lane: Lane): Item | null;
  team(category: Category, lane: Lane): Team;
  /** Age of the report counted in. */
  health(lane: Lane): LaneHealth | null;
  /** Whether a lane's camera sees its markers, without the flicker of single frames. */
  markers(lane: Lane): Seen;
  /** How long ago the broker got the last point of a lane, by now. */
  lastPointAgoMs(lane: Lane): number | null;
}

/** Why something that was asked for did not happen. */
export interface Failure {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** The broker's code, or `unreachable`, `timeout`, `malformed`. */
  readonly reason: string;
  /** The broker's own sentence, or empty. */
  readonly message: string;
  /** The running one, where that is the reason. */
  readonly session: Run | null;
}

export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: Failure };

export type Export =
  | { readonly file: "realtime.csv"; readonly lane?: Lane }
  | { readonly file: "session.csv"; readonly lane?: Lane; readonly frequency?: Frequency }
  | { readonly file: "points.csv"; readonly run?: number; readonly lane?: Lane; readonly category?: Category }
  | { readonly file: "team.csv"; readonly lane: Lane; readonly category: Category }
  | { readonly file: "ranking.xlsx"; readonly category?: Category };

/** What a person at the page can ask for. Nothing here throws; `Contest` has changed when it resolves. */
export interface Controller {
  start(category: Category, frequency: Frequency, replace?: boolean): Promise<Outcome<Run>>;
  /** Of the run that the person sees, so that it never ends another judge's next run. */
  stop(session: number): Promise<Outcome<Run>>;
  collapse(session: number): Promise<Outcome<Run>>;
  realtime(enabled: boolean): Promise<Outcome<State>>;
  freeze(frozen: boolean): Promise<Outcome<State>>;
  select(category: Category, frequency?: Frequency): Promise<Outcome<State>>;
  clear(what: ClearRequest): Promise<Outcome<Cleared>>;
  undo(clear: number): Promise<Outcome<Undone>>;
  saveTeams(teams: readonly TeamEntry[]): Promise<Outcome<readonly Team[]>>;
  /** The text of a file with the header `laptop_id,category,nama_tim`. */
  saveTeamsCsv(csv: string): Promise<Outcome<readonly Team[]>>;
  runs(category?: Category, frequency?: Frequency): Promise<Outcome<readonly Run[]>>;
  /** Of all runs, and of what belongs to none. */
  statistics(category?: Category): Promise<Outcome<readonly Statistics[]>>;
  selfTest(): Promise<Outcome<SelfTest>>;
  /** Hands the file to the browser; resolves to its name. */
  download(what: Export): Promise<Outcome<string>>;
  /** Connects and loads again at once. */
  retry(): void;
  choose(language: Language): void;
  signIn(token: string): void;
  signOut(): void;
}

/** What has just changed, for notices and screen readers; found by comparing states. */
export type News =
  | { readonly kind: "started"; readonly run: Run }
  | { readonly kind: "ended"; readonly run: Run }
  | { readonly kind: "realtime"; readonly enabled: boolean }
  | { readonly kind: "frozen"; readonly frozen: boolean }
  | { readonly kind: "category"; readonly category: Category }
  | { readonly kind: "cleared"; readonly undo: Undo }
  | { readonly kind: "undone"; readonly undo: ClearScope };

/** A page's content. The shell makes a new one for each language and draws it at most once a frame. */
export interface View {
  readonly elements: readonly HTMLElement[];
  show(contest: Contest): void;
  /** Before the `show` that follows it. */
  happened?(news: News): void;
  /** The view is taken down: timers and observers end here. */
  close?(): void;
}

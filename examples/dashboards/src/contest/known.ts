/** What the page knows of the contest: what comes in is put in its place, and views read it. */

import type { Connection } from "../view/connection.ts";
import { Book } from "./book.ts";
import { Clock } from "./clock.ts";
import { Markers, type Seen } from "./markers.ts";
import type { Access, Backfill, Contest, News } from "./model.ts";
import { newsBetween } from "./news.ts";
import type { Series } from "./series.ts";
import {
  aliasOf,
  type Category,
  type Frequency,
  type Item,
  type Lane,
  type LaneHealth,
  type Lanes,
  type State,
  type Team,
} from "./wire.ts";

export class Known implements Contest {
  readonly book = new Book();
  readonly clock = new Clock();
  state: State | null = null;
  teams: readonly Team[] = [];
  lanes: Lanes | null = null;
  connection: Connection;
  access: Access = { phase: "none" };
  backfill: Backfill = { phase: "waiting" };
  reachable = false;
  /** Which team list `teams` is. */
  teamsRevision: number | null = null;
  /** An earlier process of the broker may have counted further. */
  #isStateOld = true;
  readonly #markers = new Markers();
  readonly #local: () => number;

  /** `local` is a monotonic clock in milliseconds, as `performance.now`. */
  constructor(channels: number, local: () => number) {
    this.#local = local;
    this.connection = { status: { phase: "connecting", again: false }, ready: 0, all: channels, refused: null };
  }

  get heldBack(): number {
    return this.book.held;
  }

  serverNow(): number | null {
    return this.clock.at(this.#local());
  }

  elapsedMs(): number {
    const { state } = this;
    const now = this.serverNow();
    if (state === null || state.session === null || now === null) return 0;
    const since = state.session.elapsed_ms + Math.max(0, now - state.server_time_ms);
    return Math.min(state.run_seconds * 1000, since);
  }

  series(category: Category, lane: Lane, frequency: Frequency): Series {
    return this.book.series(category, lane, frequency);
  }

  live(lane: Lane): Item | null {
    return this.book.newest(lane);
  }

  team(category: Category, lane: Lane): Team {
    const found = this.teams.find((team) => team.category === category && team.laptop_id === lane);
    return found ?? { laptop_id: lane, category, nama_tim: "", alias: aliasOf(lane, category) };
  }

  health(lane: Lane): LaneHealth | null {
    return this.lanes?.lanes.find(({ laptop_id }) => laptop_id === lane) ?? null;
  }

  markers(lane: Lane): Seen {
    return this.#markers.of(lane, this.#local());
  }

  lastPointAgoMs(lane: Lane): number | null {
    const ago = this.health(lane)?.last_point_ms_ago ?? null;
    const now = this.serverNow();
    const seen = this.live(lane)?.timestamp_ms ?? null;
    const reported = ago === null || now === null ? null : now - (this.lanes?.server_time_ms ?? now) + ago;
    const watched = seen === null || now === null ? null : now - seen;
    if (reported === null || watched === null) return reported ?? watched;
    return Math.max(0, Math.min(reported, watched));
  }

  /** The connection was lost: the next state counts, whatever its number. */
  lost(): void {
    this.#isStateOld = true;
  }

  /** Takes a state over, unless a newer one is here; tells what is new. */
  apply(state: State): News[] {
    const before = this.state;
    if (before !== null && !this.#isStateOld && state.revision < before.revision) return [];
    this.#isStateOld = false;
    this.state = state;
    if (state.frozen) this.book.freeze();
    if (state.session !== null) this.book.begin(state.session);
    return newsBetween(before, state);
  }

  /** A point as the broker publishes it. */
  take(item: Item): void {
    this.book.take(item);
    this.#markers.heard(item.laptop_id, item.is_a_detected, item.is_b_detected, this.#local());
  }

  /** A report of the lanes, unless a newer one is here. */
  report(lanes: Lanes): void {
    const newest = this.lanes?.server_time_ms ?? 0;
    if (lanes.server_time_ms < newest && newest - lanes.server_time_ms <= REPORT_ORDER) return;
    this.lanes = lanes;
    for (const { laptop_id, is_a_detected, is_b_detected } of lanes.lanes) {
      this.#markers.heard(laptop_id, is_a_detected, is_b_detected, this.#local());
    }
  }

  /** Names of teams as of a revision. */
  rename(teams: readonly Team[], revision: number): void {
    this.teams = teams;
    this.teamsRevision = revision;
  }
}

/** Reports that come in the wrong order are close together; one from far back tells of a changed clock. */
const REPORT_ORDER = 60_000;

/**
 * The page's one line to the broker: brings what is published to `Known`, and after each break what was
 * missed. The state is also asked for now and then: clocks drift, and a lost event would stay lost.
 */

import type { Address } from "../feed/address.ts";
import { Feed, type Authorization, type Listener } from "../feed/feed.ts";
import type { Reason, Status } from "../feed/status.ts";
import { CatchUp, PLACES, type Place } from "./catch-up.ts";
import { channelsOf, type EventName } from "./channels.ts";
import type { Client } from "./client.ts";
import { isClear, isItem, isLanes, isState } from "./guards.ts";
import type { Known } from "./known.ts";
import type { Failure, News, Outcome } from "./model.ts";
import { LANES, type ClearScope, type Lane, type Overview, type Run, type TeamList } from "./wire.ts";

const STATE_EVERY = 30_000;
const ASK_AGAIN = 2000;

export interface Ear {
  /** Something is different: draw. */
  changed(): void;
  news(news: readonly News[]): void;
  /** The broker knows who asks. */
  granted(): void;
  /** The broker does not let this page in, by the status of its answer. */
  denied(status: number): void;
}

export class Link implements Listener<string, EventName> {
  readonly #known: Known;
  readonly #client: Client;
  readonly #ear: Ear;
  readonly #catchUp: CatchUp;
  readonly #feed: Feed<string, EventName>;
  readonly #ready = new Set<string>();
  readonly #local: () => number;
  readonly #timer: ReturnType<typeof setInterval>;
  #why: ReturnType<typeof setTimeout> | undefined;
  /** The state's number when the connection was lost: with the same one, nothing was taken away. */
  #revisionBefore: number | null = null;
  /** While frozen, nothing is fetched: it would move what stands still. */
  #owesCatchUp = false;
  #lastClear: number | null = null;
  #isClosed = false;

  constructor(address: Address, lanes: readonly Lane[], authorization: Authorization, parts: Parts) {
    this.#known = parts.known;
    this.#client = parts.client;
    this.#ear = parts.ear;
    this.#local = parts.local;
    this.#catchUp = new CatchUp(parts.client, parts.known, lanes, (failure) => this.#progressed(failure));
    this.#feed = new Feed(address, channelsOf(lanes), this, authorization);
    this.#timer = setInterval(() => void this.refresh(), STATE_EVERY);
    void this.refresh();
  }

  get readyState(): 0 | 1 | 3 {
    return this.#feed.readyState;
  }

  retry(): void {
    this.#feed.retry();
    void this.refresh();
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    clearTimeout(this.#why);
    this.#catchUp.stop();
    this.#feed.close();
  }

  /** Asks for state, teams and lanes. */
  async refresh(): Promise<Outcome<Overview>> {
    const asked = this.#local();
    const answer = await this.#client.get<Overview>("state");
    if (this.#isClosed) return answer;
    const known = this.#known;
    known.reachable = answer.ok || answer.failure.status !== 0;
    if (answer.ok) {
      const { state, teams, lanes } = answer.value;
      known.clock.answered(state.server_time_ms, asked, this.#local());
      known.rename(teams, state.teams_revision);
      known.report(lanes);
      this.#ear.granted();
      this.apply(state);
    } else this.#refusedBy(answer.failure);
    this.#ear.changed();
    return answer;
  }

  /** A state that was published or answered. */
  apply(state: Overview["state"]): void {
    const known = this.#known;
    const news = known.apply(state);
    for (const item of news) {
      if (item.kind === "cleared") this.#cleared(item.undo);
      if (item.kind === "ended") this.#ended(item.run);
    }
    this.#thaw();
    if (known.state !== null && known.state.teams_revision !== known.teamsRevision) void this.#loadTeams();
    if (news.length > 0) this.#ear.news(news);
    this.#ear.changed();
  }

  status(status: Status): void {
    const known = this.#known;
    this.#ready.clear();
    if (status.phase !== "connected" && known.connection.status.phase === "connected") {
      this.#revisionBefore = known.state?.revision ?? null;
      this.#catchUp.lost();
      known.lost();
    }
    known.connection = { ...known.connection, status, ready: 0, refused: null };
    // A token that has ended also ends the connection; the answer over HTTP says so.
    if (status.phase === "stopped") this.#askWhy();
    this.#ear.changed();
  }

  /** Twice: in the second in which a token ends, connections end already and answers are still good. */
  #askWhy(): void {
    void this.refresh();
    clearTimeout(this.#why);
    this.#why = setTimeout(() => {
      if (this.#known.connection.status.phase === "stopped") void this.refresh();
    }, ASK_AGAIN);
  }

  subscribed(channel: string): void {
    this.#ready.add(channel);
    const { connection } = this.#known;
    this.#known.connection = { ...connection, ready: this.#ready.size };
    if (this.#ready.size === connection.all) void this.#resume();
    this.#ear.changed();
  }

  refused(reason: Reason): void {
    this.#known.connection = { ...this.#known.connection, refused: reason };
    this.#ear.changed();
  }

  denied(channel: string, status: number): void {
    if (status !== 0) this.refused({ code: status, message: channel });
    // The channel's answer does not say whether the token or only this channel is the matter.
    if (status === 401 || status === 403) void this.refresh();
  }

  event(event: EventName, data: unknown): void {
    const known = this.#known;
    if (event === "new-data") {
      if (isItem(data)) known.take(data);
    } else if (event === "lanes") {
      if (isLanes(data)) {
        known.clock.heard(data.server_time_ms, this.#local());
        known.report(data);
      }
    } else if (event === "state") {
      if (isState(data)) {
        known.clock.heard(data.server_time_ms, this.#local());
        this.apply(data);
      }
    } else if (isClear(data)) {
      if (event === "clear-data") this.#cleared(data);
      else this.#restored(data);
    }
    this.#ear.changed();
  }

  async #resume(): Promise<void> {
    await this.refresh();
    if (this.#isClosed) return;
    const { state, book } = this.#known;
    if (book.isFrozen && this.#known.backfill.phase === "done") this.#owesCatchUp = true;
    else this.#catchUp.ask(PLACES, state?.revision === this.#revisionBefore ? "keep" : "renew");
  }

  /** A run without any points counts for nothing: the one before comes back, as for a page that opens now. */
  #ended({ session_id, category, frequency }: Run): void {
    const { book } = this.#known;
    const isOurs = book.shown(category, frequency) === session_id;
    if (!isOurs || LANES.some((lane) => book.series(category, lane, frequency).count > 0)) return;
    if (book.isFrozen) this.#owesCatchUp = true;
    else this.#catchUp.ask([{ category, frequency }], "renew");
  }

  #cleared(clear: ClearScope): void {
    if (clear.clear_id === this.#lastClear) return;
    this.#lastClear = clear.clear_id;
    const { book } = this.#known;
    const places = this.#placesOf(clear);
    book.drop(({ run, lane, category }) => {
      if (clear.scope === "run") return run === clear.session_id;
      if (clear.scope === "all") return true;
      return lane === clear.laptop_id && (clear.category === null || clear.category === category);
    });
    // Points that were on their way when it happened are gone from the broker, too.
    this.#catchUp.ask(places, "renew");
  }

  #restored(undo: ClearScope): void {
    this.#lastClear = null;
    const places = PLACES.filter(({ category }) => undo.category === null || undo.category === category);
    this.#catchUp.ask(places, "renew");
    this.#ear.news([{ kind: "undone", undo }]);
  }

  #placesOf({ scope, session_id, category }: ClearScope): readonly Place[] {
    const { book } = this.#known;
    if (scope === "run") {
      return PLACES.filter((place) => book.shown(place.category, place.frequency) === session_id);
    }
    return PLACES.filter((place) => category === null || category === place.category);
  }

  #thaw(): void {
    const { book, state } = this.#known;
    if (!book.isFrozen || state === null || state.frozen) return;
    const isWhole = book.unfreeze();
    if (state.session !== null) book.begin(state.session);
    if (!isWhole || this.#owesCatchUp) this.#catchUp.ask(PLACES, "renew");
    this.#owesCatchUp = false;
  }

  async #loadTeams(): Promise<void> {
    const answer = await this.#client.get<TeamList>("teams");
    if (answer.ok) this.#known.rename(answer.value.teams, answer.value.revision);
    this.#ear.changed();
  }

  #progressed(failure: Failure | null): void {
    if (failure !== null) this.#refusedBy(failure);
    this.#ear.changed();
  }

  #refusedBy({ status }: Failure): void {
    if (status === 401 || status === 403) this.#ear.denied(status);
  }
}

export interface Parts {
  readonly known: Known;
  readonly client: Client;
  readonly ear: Ear;
  /** A monotonic clock in milliseconds. */
  readonly local: () => number;
}

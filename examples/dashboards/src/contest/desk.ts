/** Does what a person at the page asks for: over HTTP, and then the page knows what came of it. */

import type { Address } from "../feed/address.ts";
import type { Language } from "../i18n/language.ts";
import { claimsOf, cleaned, denial } from "./access.ts";
import { Client, json, type Body, type Method } from "./client.ts";
import { Known } from "./known.ts";
import { Link, type Ear } from "./link.ts";
import type { Access, Controller, Export, News, Outcome } from "./model.ts";
import type {
  Category,
  Cleared,
  ClearRequest,
  Frequency,
  Lane,
  Run,
  SelfTest,
  State,
  Statistics,
  Team,
  TeamEntry,
  TeamList,
  Undone,
} from "./wire.ts";

/** What the page around it does. */
export interface Surroundings {
  changed(): void;
  news(news: readonly News[]): void;
  choose(language: Language): void;
  /** Keeps the token for the next visit, or forgets it. */
  remember(token: string | null): void;
  /** Hands a file to the browser. */
  save(name: string, content: Blob): void;
}

export interface Place {
  readonly address: Address;
  /** The folder that holds the pages' folders. */
  readonly root: URL;
  readonly lanes: readonly Lane[];
}

export class Desk implements Controller, Ear {
  readonly known: Known;
  readonly #place: Place;
  readonly #around: Surroundings;
  readonly #client: Client;
  readonly #local: () => number;
  #token: string | null = null;
  #link: Link | null = null;

  constructor(place: Place, channels: number, around: Surroundings) {
    this.#place = place;
    this.#around = around;
    this.#local = () => performance.now();
    this.known = new Known(channels, this.#local);
    this.#client = new Client(place.root, () => this.#token, window.fetch.bind(window));
  }

  get readyState(): 0 | 1 | 3 {
    return this.#link?.readyState ?? 3;
  }

  /** Begins with what an earlier visit left; `null` waits for a sign-in. */
  open(token: string | null): void {
    this.#link?.close();
    this.#link = null;
    this.#token = token;
    this.#setAccess(token === null ? { phase: "none" } : { phase: "checking", role: claimsOf(token).role });
    if (token === null) return;
    const { address, root, lanes } = this.#place;
    const endpoint = new URL("broadcasting/auth", root).href;
    const parts = { known: this.known, client: this.#client, ear: this, local: this.#local };
    this.#link = new Link(address, lanes, { endpoint, token: () => this.#token ?? "" }, parts);
  }

  signIn(pasted: string): void {
    const token = cleaned(pasted);
    this.#around.remember(token);
    this.open(token);
  }

  signOut(): void {
    this.#around.remember(null);
    this.open(null);
  }

  retry(): void {
    this.#link?.retry();
  }

  choose(language: Language): void {
    this.#around.choose(language);
  }

  changed(): void {
    this.#around.changed();
  }

  granted(): void {
    if (this.known.access.phase === "granted") return;
    const { role, expiresAt } = claimsOf(this.#token ?? "");
    this.#setAccess({ phase: "granted", role, expiresAt });
  }

  news(news: readonly News[]): void {
    this.#around.news(news);
  }

  denied(status: number): void {
    this.#link?.close();
    this.#link = null;
    this.#setAccess(denial(status, claimsOf(this.#token ?? ""), this.known.serverNow() ?? Date.now()));
  }

  start(category: Category, frequency: Frequency, replace = false): Promise<Outcome<Run>> {
    return this.#command("POST", "runs", json({ frequency, category, replace }));
  }

  stop(session: number): Promise<Outcome<Run>> {
    return this.#command("POST", `runs/${session}/stop`, json({ collapsed: false }));
  }

  collapse(session: number): Promise<Outcome<Run>> {
    return this.#command("POST", `runs/${session}/stop`, json({ collapsed: true }));
  }

  realtime(enabled: boolean): Promise<Outcome<State>> {
    return this.#setting("realtime", { enabled });
  }

  freeze(frozen: boolean): Promise<Outcome<State>> {
    return this.#setting("frozen", { frozen });
  }

  select(category: Category, frequency?: Frequency): Promise<Outcome<State>> {
    return this.#setting("category", frequency === undefined ? { category } : { category, frequency });
  }

  clear(what: ClearRequest): Promise<Outcome<Cleared>> {
    return this.#command("POST", "clears", json(what));
  }

  undo(clear: number): Promise<Outcome<Undone>> {
    return this.#command("POST", `clears/${clear}/undo`, json({}));
  }

  saveTeams(teams: readonly TeamEntry[]): Promise<Outcome<readonly Team[]>> {
    return this.#putTeams(json({ teams }));
  }

  saveTeamsCsv(csv: string): Promise<Outcome<readonly Team[]>> {
    return this.#putTeams({ type: "text/csv", text: csv });
  }

  async runs(category?: Category, frequency?: Frequency): Promise<Outcome<readonly Run[]>> {
    const answer = await this.#client.get<{ sessions: readonly Run[] }>(`runs${query({ category, frequency })}`);
    return answer.ok ? { ok: true, value: answer.value.sessions } : answer;
  }

  async statistics(category?: Category): Promise<Outcome<readonly Statistics[]>> {
    const answer = await this.#client.get<{ statistics: readonly Statistics[] }>(`statistics${query({ category })}`);
    return answer.ok ? { ok: true, value: answer.value.statistics } : answer;
  }

  selfTest(): Promise<Outcome<SelfTest>> {
    return this.#client.ask("POST", "self-test", json({}));
  }

  async download(what: Export): Promise<Outcome<string>> {
    const answer = await this.#client.file(pathOf(what));
    if (!answer.ok) return answer;
    this.#around.save(answer.value.name, answer.value.content);
    return { ok: true, value: answer.value.name };
  }

  /** The state is asked for afterwards, since the event that tells of it may come later than the answer. */
  async #command<T>(method: Method, path: string, body: Body): Promise<Outcome<T>> {
    const answer = await this.#client.ask<T>(method, path, body);
    await this.#link?.refresh();
    return answer;
  }

  async #setting(path: string, value: unknown): Promise<Outcome<State>> {
    const answer = await this.#client.ask<State>("PUT", path, json(value));
    if (answer.ok) this.#link?.apply(answer.value);
    else await this.#link?.refresh();
    return answer;
  }

  async #putTeams(body: Body): Promise<Outcome<readonly Team[]>> {
    const answer = await this.#client.ask<TeamList>("PUT", "teams", body);
    await this.#link?.refresh();
    return answer.ok ? { ok: true, value: this.known.teams } : answer;
  }

  #setAccess(access: Access): void {
    this.known.access = access;
    this.#around.changed();
  }
}

/** Where a file is, below the contest's own address. */
export function pathOf(what: Export): string {
  const { file, ...rest } = what as { file: string; lane?: Lane; frequency?: Frequency; run?: number; category?: Category };
  const { lane, frequency, run, category } = rest;
  return `exports/${file}${query({ session_id: run, laptop_id: lane, category, frequency })}`;
}

function query(values: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return given.length === 0 ? "" : `?${new URLSearchParams(given.map(([name, value]) => [name, `${value}`]))}`;
}

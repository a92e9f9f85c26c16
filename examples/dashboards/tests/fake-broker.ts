/** A broker for the pages' tests, and for looking at them: `FakeContest` over HTTP and the Pusher protocol. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

import { measurements } from "../src/contest/channels.ts";
import type { Category, Frequency, Item, Lane } from "../src/contest/model.ts";
import { FakeContest } from "./fake-contest.ts";
import { FakeSocket } from "./fake-socket.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

/** As `src/http/pages.rs` has it. */
const POLICY =
  "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

interface Connection {
  readonly socket: FakeSocket;
  readonly channels: Set<string>;
}

type Fields = Record<string, unknown>;

export class FakeBroker {
  readonly contest = new FakeContest();
  /** Paths of all requests, in their order. */
  readonly requests: string[] = [];
  /** Answered to everything; 0 for a broker that is well. */
  status = 0;
  readonly #folder: string | null;
  readonly #connections = new Set<Connection>();
  readonly #retained = new Map<string, unknown>();
  readonly #server: Server;

  /** `folder` holds the built pages, where somebody wants to look at them. */
  constructor(folder: string | null = null) {
    this.#folder = folder;
    this.#server = createServer((request, answer) => void this.#answer(request, answer));
    this.#server.on("upgrade", (request, stream) => this.#connect(request, stream));
  }

  async listen(port = 0): Promise<URL> {
    await new Promise<void>((resolve) => this.#server.listen(port, "127.0.0.1", resolve));
    return new URL(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`);
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get subscriptions(): number {
    return [...this.#connections].reduce((sum, { channels }) => sum + channels.size, 0);
  }

  /** All connections break. */
  cut(): void {
    for (const { socket } of this.#connections) socket.cut();
    this.#connections.clear();
  }

  publish(channel: string, event: string, data: unknown): void {
    for (const { socket, channels } of this.#connections) {
      if (channels.has(channel)) socket.send({ event, channel, data: JSON.stringify(data) });
    }
  }

  publishState(): void {
    this.#retained.set("private-session", this.contest.state);
    this.publish("private-session", "state", this.contest.state);
  }

  publishLanes(): void {
    this.publish("private-lanes", "lanes", this.contest.lanes);
  }

  measure(lane: Lane, distb: number, seconds?: number): Item {
    const item = this.contest.measure(lane, distb, seconds);
    this.publish(measurements(item.category, lane), "new-data", item);
    return item;
  }

  #connect(request: IncomingMessage, stream: import("node:stream").Duplex): void {
    const connection: Connection = {
      channels: new Set(),
      socket: new FakeSocket(request, stream, (text) => this.#hear(connection, text), () => this.#connections.delete(connection)),
    };
    this.#connections.add(connection);
    const data = JSON.stringify({ socket_id: `${this.#connections.size}.1`, activity_timeout: 30 });
    connection.socket.send({ event: "pusher:connection_established", data });
  }

  #hear({ socket, channels }: Connection, text: string): void {
    const { event, data } = JSON.parse(text) as { event: string; data: { channel: string } };
    if (event === "pusher:ping") socket.send({ event: "pusher:pong", data: "{}" });
    if (event !== "pusher:subscribe") return;
    const { channel } = data;
    channels.add(channel);
    socket.send({ event: "pusher_internal:subscription_succeeded", channel, data: "{}" });
    const retained = this.#retained.get(channel);
    if (retained !== undefined) socket.send({ event: "state", channel, data: JSON.stringify(retained) });
  }

  async #answer(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://fake");
    const body = await text(request);
    const path = url.pathname.slice(1);
    if (!path.startsWith("api/") && path !== "broadcasting/auth") {
      await this.#page(path, answer);
      return;
    }
    this.requests.push(`${request.method} ${path}${url.search}`);
    const isKnown = request.headers.authorization?.startsWith("Bearer ") === true;
    const [status, value] = this.status !== 0 ? [this.status, {}] : isKnown ? this.#decide(request.method ?? "", path, url, body) : [401, {}];
    answer.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(value));
  }

  #decide(method: string, path: string, url: URL, body: string): [number, unknown] {
    const { contest } = this;
    if (path === "broadcasting/auth") return [200, { auth: "key:signature" }];
    const name = path.replace("api/v2/contest/", "");
    if (method === "GET") {
      if (name === "state") return [200, { state: contest.state, teams: contest.teams, lanes: contest.lanes }];
      if (name === "teams") return [200, { revision: 1, teams: contest.teams }];
      if (name === "runs") return [200, { sessions: contest.runs }];
      if (name === "points") return [200, contest.points(url.searchParams)];
      if (name === "statistics") return [200, { statistics: contest.statistics(url.searchParams) }];
      return name.startsWith("exports/") ? [200, "laptop_id\n"] : [404, { error: "There is no such thing.", reason: "not_found" }];
    }
    return this.#change(name, body.startsWith("{") ? (JSON.parse(body) as Fields) : {});
  }

  #change(name: string, fields: Fields): [number, unknown] {
    const { contest } = this;
    const clear = /^clears\/(\d+)\/undo$/.exec(name)?.[1];
    let answer: [number, unknown] = [404, { error: "There is no such thing.", reason: "not_found" }];
    if (name === "runs") {
      if (contest.running !== null) return [409, { error: "A run is going on.", reason: "running", session: contest.running }];
      answer = [201, contest.start(fields["category"] as Category, fields["frequency"] as Frequency)];
    } else if (/^runs\/.*\/stop$/.test(name)) {
      const run = contest.stop(fields["collapsed"] === true);
      answer = run === null ? [409, { error: "No run is going on.", reason: "not_running" }] : [200, run];
    } else if (name === "clears") {
      const cleared = contest.clear({ session_id: null, laptop_id: null, category: null, ...fields } as never);
      this.publish("private-session", "clear-data", { message: "", ...cleared });
      answer = [201, { ...cleared, sessions_stopped: 0 }];
    } else if (clear !== undefined) {
      const undone = contest.takeBack(Number(clear));
      if (undone === null) return [409, { error: "Too late.", reason: "expired" }];
      this.publish("private-session", "clear-undone", undone);
      answer = [200, undone];
    } else if (name === "self-test") {
      const steps = ["journal", "database", "channels", "gateway"].map((step) => ({ name: step, ok: true, ms: 0.4, detail: "fine" }));
      return [200, { ok: true, steps }];
    } else if (this.#set(name, fields)) answer = [200, contest.state];
    this.publishState();
    return answer;
  }

  #set(name: string, fields: Fields): boolean {
    const { contest } = this;
    if (name === "realtime") contest.isSaving = fields["enabled"] === true;
    else if (name === "frozen") contest.isFrozen = fields["frozen"] === true;
    else if (name === "category") {
      contest.category = fields["category"] as Category;
      contest.frequency = (fields["frequency"] as Frequency | undefined) ?? contest.frequency;
    } else return false;
    contest.revision += 1;
    return true;
  }

  async #page(path: string, answer: ServerResponse): Promise<void> {
    if (path === "pages.json") {
      answer.writeHead(200, { "Content-Type": "application/json" }).end('{"key":"saluran-key"}');
      return;
    }
    try {
      const name = path === "" || path.endsWith("/") ? `${path}index.html` : path;
      const content = await readFile(join(this.#folder ?? "/nowhere", normalize(name)));
      const type = TYPES[extname(name)] ?? "application/octet-stream";
      answer.writeHead(200, { "Content-Type": type, "Content-Security-Policy": POLICY }).end(content);
    } catch {
      answer.writeHead(404).end();
    }
  }
}

async function text(request: IncomingMessage): Promise<string> {
  let all = "";
  for await (const part of request) all += String(part);
  return all;
}

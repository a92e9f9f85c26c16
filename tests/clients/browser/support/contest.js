/** A broker with the vibration contest, its judge, its viewers and its cameras. */

import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, connect } from "node:net";

import { Broker, HOST, ROOT } from "../../js/support/broker.js";

export const LANES = [1, 2, 3, 4, 5, 6, 7, 8];

const TOKEN_SECRET = "saluran-token-secret-for-trials-only";

export function token(role, claims = {}) {
  const now = Math.floor(Date.now() / 1000);
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const all = { sub: `${role}-1`, roles: [role], iat: now, exp: now + 3600, ...claims };
  const signed = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(all)}`;
  return `${signed}.${createHmac("sha256", TOKEN_SECRET).update(signed).digest("base64url")}`;
}

export class Contest {
  broker;
  gateway;

  static async open(t, settings = {}) {
    const contest = new Contest();
    const file = readFileSync(`${ROOT}/channels.toml`, "utf8");
    contest.broker = await Broker.declared(file, {
      SALURAN_CONTEST_ENABLED: "true",
      SALURAN_GATEWAY_LISTEN: `${HOST}:0`,
      SALURAN_SERVER_ANNOUNCE: "off",
      ...settings,
    });
    t.after(() => contest.broker.dispose());
    contest.#listen();
    return contest;
  }

  /** Ends the broker without a word, and starts it again on the same ports. */
  async kill() {
    await this.broker.stop("SIGKILL");
    this.broker.set({ SALURAN_GATEWAY_LISTEN: `${HOST}:${this.gateway}` });
    await this.broker.resume();
    this.#listen();
  }

  get url() {
    return this.broker.url;
  }

  page(path, role, base = this.url) {
    return `${base}/${path}#token=${token(role)}`;
  }

  async call(method, path, body, role = "judge") {
    const answer = await fetch(`${this.url}/api/v2/contest${path}`, {
      method,
      headers: { Authorization: `Bearer ${token(role)}`, "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return answer.headers.get("content-type").includes("json") ? JSON.parse(text) : text;
  }

  begin(frequency = 1.5, category = "baja") {
    return this.call("POST", "/runs", { frequency, category });
  }

  end(collapsed = false) {
    return this.call("POST", "/runs/current/stop", { collapsed });
  }

  /** One point by the cameras' old path; it must be taken. */
  async point(laptop_id, distb, more = {}) {
    const body = { laptop_id, dista: distb / 2, distb, is_a_detected: true, is_b_detected: true, ...more };
    const url = `http://${HOST}:${this.gateway}/detector-getaran/api/receive_camera_data.php`;
    const answer = await fetch(url, { method: "POST", body: JSON.stringify(body) });
    const told = await answer.json();
    if (!told.success) throw new Error(JSON.stringify(told));
    return told.data;
  }

  /** Each lane's camera, `hertz` times a second; resolves when all have sent `count`. */
  film(hertz, count, lanes = LANES) {
    return Promise.all(lanes.map((lane) => this.#film(lane, hertz, count)));
  }

  async #film(lane, hertz, count) {
    const begin = performance.now();
    for (let number = 0; number < count; number += 1) {
      const wait = begin + (number * 1000) / hertz - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      await this.point(lane, Number((Math.sin(number / 5 + lane) * (10 * lane + 5)).toFixed(4)));
    }
  }

  #listen() {
    this.gateway = Number(this.broker.found(/ listening .*gateway=127\.0\.0\.1:(\d+)/)[1]);
  }
}

/** The rows of a CSV file by their header; the contest's clean files quote nothing that has a comma. */
export function table(text) {
  const [header, ...lines] = text.trim().split(/\r?\n/).map((line) => line.split(","));
  return lines.map((line) => Object.fromEntries(header.map((name, index) => [name, line[index]])));
}

/** A way to the broker that can be cut: while it is, nobody gets through and what is open is closed. */
export class Line {
  #sockets = new Set();
  #isCut = false;

  static async open(t, port) {
    const line = new Line();
    const server = createServer((client) => line.#pass(client, port));
    await new Promise((resolve) => server.listen(0, HOST, resolve));
    t.after(() => {
      line.cut();
      server.close();
    });
    line.url = `http://${HOST}:${server.address().port}`;
    return line;
  }

  cut() {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend() {
    this.#isCut = false;
  }

  #pass(client, port) {
    if (this.#isCut) return client.destroy();
    const broker = connect(port, HOST);
    for (const [one, other] of [[client, broker], [broker, client]]) {
      this.#sockets.add(one);
      one.pipe(other);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
  }
}

/** Runs in the page before anything else: counts filled rectangles of each canvas since it was last cleared. */
export function countRectangles() {
  const drawn = new WeakMap();
  const pending = new WeakMap();
  const pen = CanvasRenderingContext2D.prototype;
  const wrap = (name, note) => {
    const original = pen[name];
    pen[name] = function (...given) {
      note(this, given);
      return original.apply(this, given);
    };
  };
  wrap("clearRect", (context) => drawn.set(context.canvas, []));
  wrap("beginPath", (context) => pending.set(context, []));
  wrap("rect", (context, given) => pending.get(context)?.push(given));
  wrap("fill", (context) => {
    const before = drawn.get(context.canvas) ?? [];
    drawn.set(context.canvas, before.concat(pending.get(context) ?? []));
    pending.set(context, []);
  });
  globalThis.rectanglesOf = (canvas) => drawn.get(canvas) ?? [];
}

/** What a chart shows: what it says of itself, and what was really drawn. */
export async function drawn(page, frequency) {
  const chart = page.getByTestId(`chart-${frequency}`);
  await chart.scrollIntoViewIfNeeded();
  return chart.evaluate((element) => {
    const said = (element.dataset.drawn ?? "").split(" ").filter(Boolean).map((part) => part.split(":").map(Number));
    const canvas = element.querySelector("canvas");
    const rectangles = globalThis.rectanglesOf(canvas);
    const xs = rectangles.map(([x, , width]) => x + width / 2);
    return {
      said: Object.fromEntries(said),
      total: said.reduce((sum, [, count]) => sum + count, 0),
      rectangles: rectangles.length,
      left: Math.min(...xs),
      right: Math.max(...xs),
      width: canvas.width,
    };
  });
}

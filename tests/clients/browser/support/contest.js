/** A broker with the vibration contest: its ports, its REST API, the cameras' old path. */

import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";

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

  static async open(t, settings = {}, port = 0) {
    const contest = new Contest();
    const file = readFileSync(`${ROOT}/channels.toml`, "utf8");
    contest.broker = await Broker.declared(file, {
      SALURAN_CONTEST_ENABLED: "true",
      SALURAN_GATEWAY_LISTEN: `${HOST}:0`,
      SALURAN_SERVER_ANNOUNCE: "off",
      ...settings,
    }, port);
    t.after(() => contest.broker.dispose());
    contest.#listen();
    return contest;
  }

  /** Ends the broker without a word. */
  async die() {
    await this.broker.stop("SIGKILL");
  }

  /** Starts the broker again on the same ports. */
  async revive() {
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

  /** The contest's state as the broker tells it. */
  async state() {
    return (await this.call("GET", "/state")).state;
  }

  /** The rows of the clean export; without a query of all runs and of what belongs to none. */
  async exported(query = "") {
    const text = await this.call("GET", `/exports/points.csv${query}`);
    // The clean file quotes nothing that these tests read.
    const [header, ...lines] = text.trim().split(/\r?\n/).map((line) => line.split(","));
    return lines.map((line) => Object.fromEntries(header.map((name, index) => [name, line[index]])));
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

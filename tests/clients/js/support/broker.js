/** The built broker as a child process, told through its environment and, where channels are declared, a file. */

import { spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { until, within } from "./wait.js";

export const APP = { id: "4242", key: "clients-key", secret: "clients-secret" };
export const HOST = "127.0.0.1";

export const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const LINES_KEPT = 40;

/** Loopback only; a drain short enough for tests; no admin listener. */
const PLACE = {
  SALURAN_SERVER_HOST: HOST,
  SALURAN_SERVER_ADMIN: "off",
  SALURAN_SERVER_DRAIN: "500ms",
  // The shipped file has the contest, whose gateway has one port.
  SALURAN_CONTEST_ENABLED: "false",
};

/** Without a file: client events and subscription counts on, too. */
const SETTINGS = {
  ...PLACE,
  SALURAN_APP_CLIENT_EVENTS: "true",
  SALURAN_APP_SUBSCRIPTION_COUNT: "true",
};

export class Broker {
  port;
  #settings;
  #arguments = ["serve"];
  #directory = mkdtempSync(join(tmpdir(), "saluran-clients-"));
  #process = null;
  #ended = Promise.resolve();
  #lines = [];

  /** On port 0 the system chooses a free one. `settings` are further environment variables. */
  static async start({ id, key, secret } = APP, port = 0, settings = {}) {
    const broker = new Broker();
    broker.port = port;
    const app = { SALURAN_APP_ID: id, SALURAN_APP_KEY: key, SALURAN_APP_SECRET: secret };
    broker.#settings = { ...SETTINGS, ...app, ...settings };
    await broker.resume();
    return broker;
  }

  /** A broker with this configuration file; `settings` win over what is in it. */
  static async declared(file, settings = {}, port = 0) {
    const broker = new Broker();
    broker.port = port;
    broker.#settings = { ...PLACE, ...settings };
    broker.#arguments = ["serve", "--config", broker.declare(file)];
    await broker.resume();
    return broker;
  }

  /** Puts another file in the place of the one the broker has read, at once; gives its path. */
  declare(file) {
    const path = join(this.#directory, "channels.toml");
    writeFileSync(`${path}.new`, file);
    renameSync(`${path}.new`, path);
    return path;
  }

  get url() {
    return `http://${HOST}:${this.port}`;
  }

  /** Starts the broker again, on the port it had. */
  async resume() {
    const child = spawn(executable(), this.#arguments, {
      // A directory of its own: no other configuration file lies about there.
      cwd: this.#directory,
      env: { ...this.#settings, SALURAN_SERVER_PORT: `${this.port}` },
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#process = child;
    this.#ended = new Promise((resolve) => child.once("close", resolve));
    const listening = this.#listen(child);
    try {
      this.port = await within(listening, "the broker listens");
    } catch (error) {
      await this.stop("SIGKILL");
      throw error;
    }
  }

  /** Other settings, from the next start on. */
  set(settings) {
    this.#settings = { ...this.#settings, ...settings };
  }

  /** The last line of its log that matches, as a match. */
  found(pattern) {
    return this.#lines.map((line) => pattern.exec(line)).filter(Boolean).at(-1);
  }

  /** Waits until a line of its log matches. */
  said(pattern) {
    return until(() => this.#lines.some((line) => pattern.test(line)), `the broker says ${pattern}`);
  }

  /** Ends the broker and waits until it is gone. */
  async stop(signal = "SIGTERM") {
    this.#process.kill(signal);
    await within(this.#ended, `the broker ends after ${signal}`);
  }

  /** Ends the broker for good. */
  async dispose() {
    await this.stop();
    rmSync(this.#directory, { recursive: true });
  }

  #listen(child) {
    return new Promise((resolve, reject) => {
      const fail = (why) => reject(new Error(`${why}; it wrote:\n${this.#lines.join("\n")}`));
      child.once("error", (error) => fail(`the broker did not start: ${error.message}`));
      child.once("exit", (code, signal) => fail(`the broker ended with ${code ?? signal}`));
      createInterface({ input: child.stderr }).on("line", (line) => {
        this.#lines = [...this.#lines, line].slice(-LINES_KEPT);
        const port = /listening.*?127\.0\.0\.1:(\d+)/.exec(line)?.[1];
        if (port !== undefined) resolve(Number(port));
      });
    });
  }
}

export function executable() {
  const named = process.env.SALURAN_BINARY;
  const candidates = named ? [named] : ["release", "debug"].map((kind) => join(ROOT, "target", kind, "saluran"));
  const found = candidates.find(isExecutable);
  if (found === undefined) {
    throw new Error(`no broker at ${candidates.join(" or ")}: build it with cargo build --release, or name it in SALURAN_BINARY`);
  }
  return found;
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

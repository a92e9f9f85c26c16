/** Debian's Chromium, with an empty profile, and an eye on what its pages do. */

import { accessSync, constants } from "node:fs";

import { chromium } from "playwright-core";

export const DEADLINE = 10_000;

const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";
const ARGUMENTS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export async function launch() {
  try {
    accessSync(EXECUTABLE, constants.X_OK);
  } catch {
    throw new Error(`no browser at ${EXECUTABLE}: install the package chromium, or name one in CHROMIUM`);
  }
  // Each launch gets a new profile directory, which goes with the browser.
  return chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS, timeout: 60_000 });
}

/** A tab in a context of its own. Its complaints and requests are kept; `t` closes it. */
export class Tab {
  /** Console errors, uncaught exceptions and failed requests. */
  complaints = [];
  /** Addresses of all requests and WebSockets. */
  addresses = [];

  static async open(t, browser, options = {}) {
    const tab = new Tab();
    const context = await browser.newContext({ locale: "en-US", ...options });
    context.setDefaultTimeout(DEADLINE);
    t.after(() => context.close());
    tab.page = await context.newPage();
    tab.#watch(tab.page);
    return tab;
  }

  origins() {
    return [...new Set(this.addresses.map((address) => new URL(address).host))];
  }

  #watch(page) {
    page.on("console", (message) => {
      if (message.type() === "error") this.complaints.push(message.text());
    });
    page.on("pageerror", (error) => this.complaints.push(error.message));
    page.on("request", (request) => this.addresses.push(request.url()));
    page.on("websocket", (socket) => this.addresses.push(socket.url()));
  }
}

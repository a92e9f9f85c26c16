/** A contest with people before its pages. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { until } from "../../js/support/wait.js";
import { launch, Tab } from "./browser.js";
import { Contest } from "./contest.js";
import { drawn, watchPens } from "./drawn.js";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
export const BEAMER = { viewport: { width: 1600, height: 900 } };

/** Stands for a test where hooks of a whole file open something; `end` closes it. */
export function context() {
  const endings = [];
  const end = async () => {
    for (const ending of endings.reverse()) await ending();
  };
  return { after: (ending) => endings.push(ending), end };
}

export class Hall {
  contest;
  browser;
  seats = [];
  #t;

  /** `settings` are further variables of the broker; on port 0 the system chooses a free one. */
  static async open(t, settings = {}, port = 0) {
    const hall = new Hall();
    hall.#t = t;
    hall.contest = await Contest.open(t, settings, port);
    hall.browser = await launch();
    t.after(() => hall.browser.close());
    return hall;
  }

  judge(options = BEAMER) {
    return this.sit(this.contest.page("judge/", "judge"), options);
  }

  team(lane, options = {}) {
    return this.sit(this.contest.page(`team/?lane=${lane}`, "viewer"), options);
  }

  /** `t` closes the page, if it is to go before the hall does. */
  async sit(address, options = {}, t = this.#t) {
    const seat = new Seat(await Tab.open(t, this.browser, options));
    this.seats.push(seat);
    await seat.page.addInitScript(watchPens);
    await seat.page.goto(address);
    return seat;
  }
}

/** One person's page. */
export class Seat {
  tab;
  page;

  constructor(tab) {
    this.tab = tab;
    this.page = tab.page;
  }

  at(id) {
    return this.page.getByTestId(id);
  }

  text(id) {
    return this.at(id).innerText();
  }

  click(id) {
    return this.at(id).click();
  }

  /** Waits until an element says this. */
  says(id, text, deadline) {
    return this.at(id).filter({ hasText: text }).waitFor(deadline === undefined ? {} : { timeout: deadline });
  }

  async connected(deadline) {
    await this.says("connection", /Connected|Terhubung/, deadline);
  }

  /** The timer in seconds. */
  async seconds() {
    const [minutes, rest] = (await this.text("timer")).split(":").map(Number);
    return minutes * 60 + rest;
  }

  /** The number before `mm`. */
  async millimetres(id) {
    return Number.parseFloat(await this.text(id));
  }

  drawn(frequency = "1.5") {
    return drawn(this.page, frequency);
  }

  /** Waits until the chart tells of so many points. */
  async shows(total, frequency = "1.5", deadline = 10_000) {
    let seen;
    const isThere = async () => (seen = (await this.drawn(frequency)).total) === total;
    await until(isThere, `${total} points at ${frequency} Hz`, deadline).catch((error) => {
      throw new Error(`${error.message}; the last were ${seen}`);
    });
  }

  /** Has the axe engine look for what keeps people out; as text, one for each rule. */
  async violations() {
    await this.page.evaluate(AXE);
    const found = await this.page.evaluate(() => window.axe.run());
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  }

  /** How far the page can be scrolled sideways. */
  overflow() {
    return this.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  }
}

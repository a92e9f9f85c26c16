/**
 * A broker and a browser for the tests of one file, and dashboards in it. Nothing is declared there, so data of
 * any shape reaches the pages.
 */

import { Stage } from "../../js/support/stage.js";
import { launch } from "./browser.js";
import { Dashboard } from "./dashboard.js";
import { dayEvents, fleetEvents } from "./fleet.js";

export class Theatre {
  stage;
  browser;

  static async open(Publisher, ...app) {
    const theatre = new Theatre();
    theatre.stage = await Stage.open(Publisher, ...app);
    try {
      theatre.browser = await launch();
    } catch (error) {
      await theatre.stage.close();
      throw error;
    }
    return theatre;
  }

  async close() {
    await this.browser.close();
    await this.stage.close();
  }

  get url() {
    return `${this.stage.broker.url}/`;
  }

  /** Publishes `[channel, event, data]`, one after the other, and says how many they were. */
  async publish(events) {
    for (const [channel, event, data] of events) await this.stage.publisher.trigger(channel, event, data);
    return events.length;
  }

  /** A dashboard that is connected and has heard nothing yet. */
  async empty(t, options) {
    const dashboard = await Dashboard.open(t, this.browser, this.url, options);
    await dashboard.connected();
    return dashboard;
  }

  /** A dashboard with all the events of the fleet on it. */
  async filled(t, options) {
    const dashboard = await this.empty(t, options);
    const now = Date.now();
    await dashboard.counted(await this.publish([...fleetEvents(now), ...dayEvents(now)]));
    return dashboard;
  }

  /** A dashboard that the broker has turned away. */
  async refused(t, options) {
    const dashboard = await Dashboard.open(t, this.browser, `${this.url}?key=no-such-key`, options);
    await dashboard.connection.filter({ hasText: "Disconnected" }).waitFor();
    return dashboard;
  }
}

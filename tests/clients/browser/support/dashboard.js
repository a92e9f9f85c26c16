/** The dashboard in a tab, and what a person finds on it. */

import { Tab } from "./browser.js";

export class Dashboard {
  static async open(t, browser, url, options = {}) {
    const dashboard = new Dashboard();
    dashboard.tab = await Tab.open(t, browser, { viewport: { width: 1280, height: 800 }, ...options });
    dashboard.page = dashboard.tab.page;
    await dashboard.page.goto(url);
    return dashboard;
  }

  /** The pill with the connection's state. */
  get connection() {
    return this.page.locator(".connection");
  }

  get banner() {
    return this.page.getByRole("region", { name: /^(Connection|Koneksi)$/ });
  }

  panel(title) {
    return this.page.getByRole("region", { name: title, exact: true });
  }

  /** Waits until the broker has confirmed all channels: what is published before that reaches no one. */
  async connected() {
    await this.connection.filter({ hasText: /(Connected|Terhubung) [\w.]+:\d+$/ }).waitFor();
  }

  /** Waits until the page has counted `total` events. */
  async counted(total) {
    const figure = this.page.locator(".figures div", { hasText: /^(Events|Peristiwa)\d/ });
    await figure.filter({ has: this.page.getByText(`${total}`, { exact: true }) }).waitFor();
  }

  /** How far the page can be scrolled sideways. */
  overflow() {
    return this.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  }
}

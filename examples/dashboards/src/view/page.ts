/** The whole page in one language; another language is another page over the same state. */

import type { Address } from "../feed/address.ts";
import type { Language } from "../i18n/language.ts";
import type { Dashboard } from "../state/model.ts";
import { ConnectionView, type Connection } from "./connection.ts";
import { element, setHidden } from "./dom.ts";
import { EmptyState } from "./empty.ts";
import { header } from "./header.ts";
import { Panels } from "./panels.ts";
import type { Speech } from "./speech.ts";
import { Summary } from "./summary.ts";

export interface Actions {
  retry(): void;
  choose(language: Language): void;
}

export class Page {
  readonly elements: readonly HTMLElement[];
  readonly #connection: ConnectionView;
  readonly #summary: Summary;
  readonly #empty: EmptyState;
  readonly #panels: Panels;

  constructor(speech: Speech, address: Address, actions: Actions) {
    this.#connection = new ConnectionView(speech, address, actions.retry);
    this.#summary = new Summary(speech);
    this.#empty = new EmptyState(speech, address);
    this.#panels = new Panels(speech);
    this.elements = [
      header(speech, this.#connection.pill, actions.choose),
      element(
        "main",
        {},
        this.#connection.banner,
        this.#summary.element,
        this.#empty.element,
        this.#panels.element,
      ),
    ];
  }

  show(dashboard: Dashboard, connection: Connection, now: number): void {
    const untouched = dashboard.total === 0;
    this.#connection.show(connection, !untouched, now);
    this.#summary.show(dashboard, now);
    this.#empty.show(connection.status.phase === "connected");
    this.#panels.show(dashboard, now);
    setHidden(this.#empty.element, !untouched);
    setHidden(this.#panels.element, untouched);
  }
}

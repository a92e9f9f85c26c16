/** The connection's state: a pill that is always there, and a banner when something is to be done. */

import type { Address } from "../feed/address.ts";
import { advice, type Reason, type Status } from "../feed/status.ts";
import type { Key } from "../i18n/en.ts";
import type { Tone } from "../state/attention.ts";
import { button, element, setAttribute, setHidden, setText } from "./dom.ts";
import type { Speech } from "./speech.ts";

/** What the page knows about its connection. */
export interface Connection {
  readonly status: Status;
  /** How many channels the broker has confirmed on this connection, of so many. */
  readonly ready: number;
  readonly all: number;
  /** What the broker refused on this connection without ending it. */
  readonly refused: Reason | null;
}

const TONES: Readonly<Record<Status["phase"], Tone>> = {
  connecting: "info",
  connected: "good",
  waiting: "warning",
  stopped: "bad",
  unsupported: "bad",
};

const WORDS: Readonly<Record<Status["phase"], Key>> = {
  connecting: "connecting",
  connected: "connected",
  waiting: "unavailable",
  stopped: "disconnected",
  unsupported: "disconnected",
};

export class ConnectionView {
  readonly pill: HTMLElement;
  readonly banner: HTMLElement;
  readonly #speech: Speech;
  readonly #address: Address;
  readonly #state = element("strong");
  readonly #detail = element("span");
  readonly #advice = element("p");
  readonly #said = element("p", { class: "said" });
  readonly #stale = element("p");
  readonly #retry: HTMLButtonElement;

  constructor(speech: Speech, address: Address, retry: () => void) {
    this.#speech = speech;
    this.#address = address;
    this.#retry = button("", retry);
    this.pill = element("p", { class: "pill connection" }, this.#state, " ", this.#detail);
    this.banner = element(
      "section",
      { class: "banner", "aria-label": speech.say("connection") },
      element("div", {}, this.#advice, this.#said, this.#stale),
      this.#retry,
    );
  }

  /** `stale` says that events of an earlier connection are on the page. */
  show(connection: Connection, stale: boolean, now: number): void {
    const { status } = connection;
    setText(this.#state, stateWord(status, this.#speech));
    setText(this.#detail, this.#detailText(connection, now));
    setAttribute(this.pill, "data-tone", TONES[status.phase]);
    this.#showBanner(connection, stale);
  }

  #detailText({ status, ready, all }: Connection, now: number): string {
    const { say } = this.#speech;
    const address = `${this.#address.host}:${this.#address.port}`;
    if (status.phase === "waiting") {
      return say("retryIn", { seconds: Math.max(0, Math.ceil((status.retryAt - now) / 1000)) });
    }
    if (status.phase !== "connected") return address;
    return ready === all ? address : say("channels", { ready, all });
  }

  #showBanner(connection: Connection, stale: boolean): void {
    const { say } = this.#speech;
    const { status } = connection;
    const advised = this.#adviceText(status);
    const said = this.#saidText(connection);
    setText(this.#advice, advised);
    setText(this.#said, said);
    setText(this.#stale, advised !== "" && stale ? say("stale") : "");
    setText(this.#retry, say(status.phase === "stopped" ? "connectAgain" : "retryNow"));
    setHidden(this.#retry, advice(status) === null);
    setAttribute(this.banner, "data-tone", TONES[status.phase] === "bad" ? "bad" : "warning");
    setHidden(this.banner, advised === "" && said === "");
  }

  #adviceText(status: Status): string {
    const { say } = this.#speech;
    const { host, port, key } = this.#address;
    if (status.phase === "unsupported") return say("unsupported");
    const found = advice(status);
    return found === null ? "" : say(found, { address: `${host}:${port}`, key });
  }

  #saidText({ status, refused }: Connection): string {
    const { say } = this.#speech;
    if (status.phase === "connected") {
      return refused === null ? "" : say("refusedNote", { message: written(refused, this.#speech) });
    }
    const reason = status.phase === "waiting" || status.phase === "stopped" ? status.reason : null;
    return reason === null ? "" : say("brokerSaid", { message: written(reason, this.#speech) });
  }
}

/** The state in one word or two. */
export function stateWord(status: Status, { say }: Speech): string {
  return say(WORDS[status.phase]);
}

function written({ code, message }: Reason, { say }: Speech): string {
  return code === null ? message : say("withCode", { message, code });
}

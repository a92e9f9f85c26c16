/**
 * The connection to the broker: stock pusher-js, and a retry of our own around it.
 *
 * pusher-js waits 15 to 60 seconds after an attempt that nobody answered. A dashboard should be back
 * sooner and say when, so each attempt is given up after `ATTEMPT_LIMIT` and the next one announced.
 */

import Pusher from "pusher-js";

import type { Address } from "./address.ts";
import { CATALOGUE, CHANNELS, type ChannelName, type EventName } from "./catalogue.ts";
import { endsConnection, reasonOf, retryDelay, type Reason, type Status } from "./status.ts";

const ATTEMPT_LIMIT = 4000;
/** A silent line is noticed within these two together. */
const ACTIVITY_TIMEOUT = 30_000;
const PONG_TIMEOUT = 10_000;

export interface Listener {
  status(status: Status): void;
  event(event: EventName, data: unknown): void;
  subscribed(channel: ChannelName): void;
  /** The broker refused something without ending the connection. */
  refused(reason: Reason): void;
}

export class Feed {
  readonly #listener: Listener;
  readonly #pusher: Pusher;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #reason: Reason | null = null;
  /** Set while we ourselves take pusher-js down between two attempts. */
  #pausing = false;

  constructor(address: Address, listener: Listener) {
    this.#listener = listener;
    this.#pusher = new Pusher(address.key, {
      // Required by pusher-js, without a meaning once a host is given.
      cluster: "",
      wsHost: address.host,
      wsPort: address.port,
      wssPort: address.port,
      wsPath: address.path,
      forceTLS: address.secure,
      enabledTransports: ["ws", "wss"],
      activityTimeout: ACTIVITY_TIMEOUT,
      pongTimeout: PONG_TIMEOUT,
    });
    this.#watchConnection();
    for (const channel of CHANNELS) this.#watchChannel(channel);
  }

  /** Tries at once, whatever the connection is doing. */
  retry(): void {
    this.#pause();
    this.#pusher.connect();
  }

  #watchConnection(): void {
    const connection = this.#pusher.connection;
    connection.bind("connecting", () => this.#connecting());
    connection.bind("connected", () => this.#connected());
    connection.bind("disconnected", () => this.#disconnected());
    connection.bind("failed", () => this.#report({ phase: "unsupported" }));
    connection.bind("connecting_in", (seconds: number) => this.#retryIn(seconds * 1000));
    connection.bind("error", (error: unknown) => this.#failed(error));
    // pusher-js has begun to connect before anyone could listen.
    this.#connecting();
  }

  #watchChannel(name: ChannelName): void {
    const channel = this.#pusher.subscribe(name);
    channel.bind("pusher:subscription_succeeded", () => this.#listener.subscribed(name));
    for (const event of CATALOGUE[name]) {
      channel.bind(event, (data: unknown) => this.#listener.event(event, data));
    }
  }

  #connecting(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#giveUpAttempt(), ATTEMPT_LIMIT);
    this.#report({ phase: "connecting", again: this.#failures > 0 });
  }

  #connected(): void {
    clearTimeout(this.#timer);
    this.#failures = 0;
    this.#reason = null;
    this.#report({ phase: "connected" });
  }

  #giveUpAttempt(): void {
    this.#pause();
    this.#retryIn(retryDelay(this.#failures, Math.random()));
    this.#failures += 1;
  }

  #retryIn(delay: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.retry(), delay);
    this.#report({ phase: "waiting", retryAt: Date.now() + delay, reason: this.#reason });
  }

  #disconnected(): void {
    if (this.#pausing) return;
    clearTimeout(this.#timer);
    this.#report({ phase: "stopped", reason: this.#reason });
  }

  #failed(error: unknown): void {
    const reason = reasonOf(error);
    if (reason === null) return;
    if (endsConnection(reason)) this.#reason = reason;
    else this.#listener.refused(reason);
  }

  #pause(): void {
    clearTimeout(this.#timer);
    this.#pausing = true;
    this.#pusher.disconnect();
    this.#pausing = false;
  }

  #report(status: Status): void {
    this.#listener.status(status);
  }
}

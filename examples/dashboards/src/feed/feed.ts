/**
 * The connection to the broker: stock pusher-js, and a retry of our own around it.
 *
 * pusher-js waits 15 to 60 seconds after an attempt that nobody answered. A dashboard should be back
 * sooner and say when, so each attempt is given up after `ATTEMPT_LIMIT` and the next one announced.
 */

import Pusher from "pusher-js";

import type { Address } from "./address.ts";
import { endsConnection, reasonOf, retryDelay, type Reason, type Status } from "./status.ts";

const ATTEMPT_LIMIT = 4000;
/** A silent line is noticed within these two together. */
const ACTIVITY_TIMEOUT = 5000;
const PONG_TIMEOUT = 5000;

/** How long a channel may take to be confirmed before it is asked for again. */
const SUBSCRIBE_LIMIT = 5000;

/** Channels, with the events that are wanted of each. */
export type Catalogue<Channel extends string, Event extends string> = Readonly<Record<Channel, readonly Event[]>>;

export interface Listener<Channel extends string, Event extends string> {
  status(status: Status): void;
  event(event: Event, data: unknown, channel: Channel): void;
  subscribed(channel: Channel): void;
  /** The broker refused something without ending the connection. */
  refused(reason: Reason): void;
  /** A private channel is not for who asked; `status` is that of the authorization. */
  denied?(channel: Channel, status: number): void;
}

/** Who asks for private channels, and where they are granted. */
export interface Authorization {
  readonly endpoint: string;
  readonly token: () => string;
}

export class Feed<Channel extends string, Event extends string> {
  readonly #listener: Listener<Channel, Event>;
  readonly #pusher: Pusher;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #reason: Reason | null = null;
  /** Set while we ourselves take pusher-js down between two attempts. */
  #pausing = false;

  constructor(
    address: Address,
    catalogue: Catalogue<Channel, Event>,
    listener: Listener<Channel, Event>,
    authorization?: Authorization,
  ) {
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
      ...(authorization === undefined ? {} : { channelAuthorization: options(authorization) }),
    });
    this.#watchConnection();
    for (const channel of Object.keys(catalogue) as Channel[]) this.#watchChannel(channel, catalogue[channel]);
  }

  /** As `WebSocket.readyState`: 0 connecting, 1 open, 3 closed. */
  get readyState(): 0 | 1 | 3 {
    const { state } = this.#pusher.connection;
    return state === "connected" ? 1 : state === "connecting" ? 0 : 3;
  }

  /** Tries at once, whatever the connection is doing. */
  retry(): void {
    this.#pause();
    this.#pusher.connect();
  }

  /** Leaves for good. */
  close(): void {
    this.#pause();
    this.#pusher.unbind_all();
    this.#pusher.connection.unbind();
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

  #watchChannel(name: Channel, events: readonly Event[]): void {
    const channel = this.#pusher.subscribe(name);
    channel.bind("pusher:subscription_succeeded", () => this.#listener.subscribed(name));
    channel.bind("pusher:subscription_error", (error: unknown) => {
      this.#listener.denied?.(name, statusOf(error));
    });
    for (const event of events) {
      channel.bind(event, (data: unknown) => this.#listener.event(event, data, name));
    }
  }

  /** An answer to the authorization can be lost, or belong to the connection before this one. */
  #subscribeAgain(): void {
    for (const channel of this.#pusher.allChannels()) if (!channel.subscribed) channel.subscribe();
    this.#patience = setTimeout(() => this.#subscribeAgain(), SUBSCRIBE_LIMIT);
  }

  #connecting(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#patience);
    this.#timer = setTimeout(() => this.#giveUpAttempt(), ATTEMPT_LIMIT);
    this.#report({ phase: "connecting", again: this.#failures > 0 });
  }

  #connected(): void {
    clearTimeout(this.#timer);
    this.#failures = 0;
    this.#reason = null;
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => this.#subscribeAgain(), SUBSCRIBE_LIMIT);
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
    clearTimeout(this.#patience);
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
    clearTimeout(this.#patience);
    this.#pausing = true;
    this.#pusher.disconnect();
    this.#pausing = false;
  }

  #report(status: Status): void {
    this.#listener.status(status);
  }
}

function options({ endpoint, token }: Authorization) {
  return {
    endpoint,
    transport: "ajax" as const,
    headersProvider: () => ({ Authorization: `Bearer ${token()}` }),
  };
}

/** 0 where the broker did not answer. */
function statusOf(error: unknown): number {
  const status = (error as { status?: unknown } | null)?.status;
  return typeof status === "number" ? status : 0;
}

// The declared channels of the app 1001. Made by `saluran schema typescript`: do not edit this,
// change the declarations and make it again.

/** A machine changed its status. */
export type RvmStatusStatusUpdated = {
  /**
   * Percent in use.
   * 0 to 100.
   */
  capacity?: number;
  previous_status?: string | null;
  /** The machine. */
  rvm_id: RvmStatusStatusUpdatedId;
  status: "active" | "maintenance" | "full" | "error";
  /** ISO 8601, UTC. */
  timestamp: string;
};

/** A number or a UUID. */
export type RvmStatusStatusUpdatedId = number | string;

/** How a machine feels. */
export type RvmStatusHealthUpdated = {
  metrics?: {
    [field: string]: number;
  };
  rvm_id: number;
  status_details?: {
    power: string;
    [field: string]: boolean | string;
  };
  /** Time of arrival at the broker, where the publisher gave none. */
  timestamp: string;
};

/** Anything at all. */
export type RvmStatusNote = unknown;

/** Somebody claimed the machine. */
export type RvmSessionAuthorized = {
  friends?: RvmSessionAuthorizedUser[];
  session_id: string;
  user: RvmSessionAuthorizedUser | null;
  /** Time of arrival at the broker, where the publisher gave none. */
  timestamp: string;
};

/** Somebody. */
export type RvmSessionAuthorizedUser = {
  name: string;
  parent?: RvmSessionAuthorizedUser | null;
};

/** Another of this name. */
export type RvmHealthUpdated = {
  ok: true;
  /** Time of arrival at the broker, where the publisher gave none. */
  timestamp: string;
};

/** Anything at all. */
export type RvmNote = unknown;

export type RvmDoorOpened = boolean;

export type PrivateMeasurementsMeasured = {
  bbox?: [number, number, number, number];
  class?: string;
  class_name?: string;
  mixed?: (string | null)[];
  not_understood?: unknown;
  nothing?: never;
  point?: [number, number?];
  /** Time of arrival at the broker, where the publisher gave none. */
  timestamp: string;
} & ({
  class: unknown;
} | {
  class_name: unknown;
});

export type PrivateMeasurementsClientTyping = {
  a: number;
  /** Time of arrival at the broker, where the publisher gave none. */
  timestamp: string;
} & {
  b?: string;
};

export type PrivateMeasurementsOld = [string?, ...number[]];

/**
 * First line.
 * *\/ second `line`.
 */
export type EventAppEventsGrE = {
  ""?: string;
  again?: EventAppEventsGrE;
  const?: {
    to: "#/$defs/loop";
  };
  "größe": number;
  loop?: unknown;
  path?: EventAppEventsGrEGrE;
  "with \"quotes\" and \\"?: "a\"b" | "*/" | 1.5 | -2 | null | true | ["x", 1] | {
    "k-k": "v";
  };
  /** *\/ export type Wrong = string; /* */
  "with-dash"?: string;
  "not described": unknown;
  [field: string]: unknown;
};

export type EventAppEventsGrEGrE = number;

export type EventGrE = unknown;

export type EventBung = unknown;

export type EventData2 = string;

export type PrivateEncryptedRvmIdNever = unknown;

/** Names of declared channels. */
export type ChannelName =
  | "rvm-status"
  | "private-rvm-status"
  | `rvm.${string}`
  | `private-rvm.${string}`
  | `rvm.${string}.door`
  | `private-measurements.${string}.${string}`
  | "event"
  | "rvm.7"
  | `private-encrypted-${string}`
  | "private-encrypted-rvm_id";

/** Declarations of channels, their events, and the data of each. */
export interface Events {
  /** The state of all machines. */
  "rvm-status": {
    /** A machine changed its status. */
    "status-updated": RvmStatusStatusUpdated;
    /** How a machine feels. */
    "health-updated": RvmStatusHealthUpdated;
    /** Anything at all. */
    note: RvmStatusNote;
  };
  /** The state of all machines. */
  "private-rvm-status": Events["rvm-status"];
  /** One machine. */
  "rvm.{rvm_id}": {
    /** Somebody claimed the machine. */
    "session.authorized": RvmSessionAuthorized;
    /** Another of this name. */
    "health-updated": RvmHealthUpdated;
    /** Anything at all. */
    note: RvmNote;
  };
  /** One machine. */
  "private-rvm.{rvm_id}": Events["rvm.{rvm_id}"];
  "rvm.{rvm_id}.door": {
    opened: RvmDoorOpened;
  };
  "private-measurements.{category}.{laptop_id}": {
    measured: PrivateMeasurementsMeasured;
    "client-typing": PrivateMeasurementsClientTyping;
    old: PrivateMeasurementsOld;
  };
  /** A channel with *\/ in its description. */
  event: {
    /**
     * First line.
     * *\/ second `line`.
     */
    "App\\Events\\\"Größe\"": EventAppEventsGrE;
    "größe": EventGrE;
    "übung": EventBung;
    data: EventData2;
  };
  /** The seventh machine is different. */
  "rvm.7": AnyEvents;
  "private-encrypted-{rvm_id}": AnyEvents;
  "private-encrypted-rvm_id": {
    never: PrivateEncryptedRvmIdNever;
  };
}

/** The declaration that holds for a channel. */
export type Declaration<C extends string> =
  C extends `private-measurements.${string}.${string}` ? "private-measurements.{category}.{laptop_id}" :
  C extends `rvm.${string}.door` ? "rvm.{rvm_id}.door" :
  C extends `private-rvm.${string}` ? "private-rvm.{rvm_id}" :
  C extends "rvm.7" ? "rvm.7" :
  C extends `rvm.${string}` ? "rvm.{rvm_id}" :
  C extends "private-encrypted-rvm_id" ? "private-encrypted-rvm_id" :
  C extends `private-encrypted-${string}` ? "private-encrypted-{rvm_id}" :
  C extends "private-rvm-status" ? "private-rvm-status" :
  C extends "rvm-status" ? "rvm-status" :
  C extends "event" ? "event" :
  never;

/** Events of a channel that declares none. */
export type AnyEvents = { [event: string]: unknown };

/** Names of a channel's events. */
export type EventName<C extends ChannelName> = keyof Events[Declaration<C>] & string;

/** The data of an event on a channel. */
export type EventData<C extends ChannelName, E extends EventName<C>> = Events[Declaration<C>][E];

/** A channel of pusher-js that knows its events. */
export interface TypedChannel<C extends ChannelName> {
  readonly name: string;
  bind<E extends EventName<C>>(event: E, callback: (data: EventData<C, E>) => void, context?: unknown): this;
  bind(event: `pusher:${string}`, callback: (data: unknown) => void, context?: unknown): this;
  unbind<E extends EventName<C>>(event?: E, callback?: (data: EventData<C, E>) => void, context?: unknown): this;
  unbind(event: `pusher:${string}`, callback?: (data: unknown) => void, context?: unknown): this;
}

/** A pusher-js that knows its channels: `const pusher = new Pusher(key, options) as TypedPusher;`. */
export interface TypedPusher {
  subscribe<C extends ChannelName>(channel: C): TypedChannel<C>;
  unsubscribe(channel: ChannelName): void;
}

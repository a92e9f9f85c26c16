// The declared channels of the app 1001. Made by `saluran schema typescript`: do not edit this,
// change the declarations and make it again.

/** Names of declared channels. */
export type ChannelName = never;

/** Declarations of channels, their events, and the data of each. */
export interface Events {
}

/** The declaration that holds for a channel. */
export type Declaration<C extends string> = never;

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

/**
 * The channels this page subscribes to, and the events it understands on each: some of those that the
 * broker's declarations have, whose types are in `contract.ts`.
 */

import type { Events } from "./contract.ts";

export const CATALOGUE = {
  "rvm-status": ["status-updated", "health-updated"],
  "detection-results": ["detection-completed", "processing-updated"],
  "timezone-updates": ["timezone-synced", "manual-sync"],
} as const satisfies { readonly [C in keyof Events]?: readonly (keyof Events[C])[] };

export type ChannelName = keyof typeof CATALOGUE;
export type EventName = (typeof CATALOGUE)[ChannelName][number];

/** The channel that an event comes on. */
type ChannelOf<E extends EventName> = {
  [C in ChannelName]: E extends (typeof CATALOGUE)[C][number] ? C : never;
}[ChannelName];

/** The declared data of an event. */
export type EventData<E extends EventName> = Events[ChannelOf<E>][E & keyof Events[ChannelOf<E>]];

export const CHANNELS = Object.keys(CATALOGUE) as ChannelName[];
export const EVENTS: readonly EventName[] = Object.values(CATALOGUE).flat();

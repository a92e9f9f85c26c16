/** The channels this page subscribes to, and the events it understands on each. */

export const CATALOGUE = {
  "rvm-status": ["status-updated", "health-updated"],
  "detection-results": ["detection-completed", "processing-updated"],
  "timezone-updates": ["timezone-synced", "manual-sync"],
} as const;

export type ChannelName = keyof typeof CATALOGUE;
export type EventName = (typeof CATALOGUE)[ChannelName][number];

export const CHANNELS = Object.keys(CATALOGUE) as ChannelName[];
export const EVENTS: readonly EventName[] = Object.values(CATALOGUE).flat();

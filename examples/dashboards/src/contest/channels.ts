/** The channels that a page of the contest subscribes to, and the events it understands on each. */

import { CATEGORIES, type Category, type Lane } from "./wire.ts";

export type EventName = "state" | "clear-data" | "clear-undone" | "lanes" | "new-data";

/** The state says all that the other events of its channel say, but what was cleared and taken back. */
const COMMON: Readonly<Record<string, readonly EventName[]>> = {
  "private-session": ["state", "clear-data", "clear-undone"],
  "private-lanes": ["lanes"],
};

export function measurements(category: Category, lane: Lane): string {
  return `private-measurements.${category}.${lane}`;
}

/** For a page that draws the points of `lanes`, of both categories. */
export function channelsOf(lanes: readonly Lane[]): Readonly<Record<string, readonly EventName[]>> {
  const points = CATEGORIES.flatMap((category) => lanes.map((lane) => [measurements(category, lane), ["new-data"]] as const));
  return { ...COMMON, ...Object.fromEntries(points) };
}

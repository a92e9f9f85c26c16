/** One received event and the dashboard before it make the dashboard after it. Pure. */

import { EVENTS, type EventData, type EventName } from "../feed/catalogue.ts";
import { completeDetection, updateProcessing } from "./detections.ts";
import { updateHealth, updateStatus } from "./machines.ts";
import type { Dashboard } from "./model.ts";
import { requestSync, syncTimezone } from "./timezones.ts";
import { type Unread, fields } from "./fields.ts";

/** Returns `null` when the data lacks what the event needs. */
export type Reducer<E extends EventName> = (
  before: Dashboard,
  data: Unread<EventData<E>>,
  at: number,
) => Partial<Dashboard> | null;

const REDUCERS: { readonly [E in EventName]: Reducer<E> } = {
  "status-updated": updateStatus,
  "health-updated": updateHealth,
  "detection-completed": completeDetection,
  "processing-updated": updateProcessing,
  "timezone-synced": syncTimezone,
  "manual-sync": requestSync,
};

export const EMPTY: Dashboard = {
  machines: [],
  detections: [],
  processing: [],
  devices: [],
  syncRequests: [],
  counts: Object.fromEntries(EVENTS.map((event) => [event, 0])) as Record<EventName, number>,
  total: 0,
  unreadable: 0,
  lastEventAt: null,
};

/** `at` is when the event arrived here. */
export function reduce(before: Dashboard, event: EventName, data: unknown, at: number): Dashboard {
  const read = fields(data);
  const change = read && REDUCERS[event](before, read, at);
  return {
    ...before,
    ...change,
    counts: { ...before.counts, [event]: before.counts[event] + 1 },
    total: before.total + 1,
    unreadable: before.unreadable + (change ? 0 : 1),
    lastEventAt: at,
  };
}

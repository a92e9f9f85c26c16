/** `timezone-synced` and `manual-sync`: a request is answered by the device's next sync. */

import { identifier, text, time } from "./fields.ts";
import { DEVICE_LIMIT, LIST_LIMIT, type SyncRequest } from "./model.ts";
import type { Reducer } from "./reduce.ts";

/** After this many milliseconds without a sync a request counts as unanswered. */
export const ANSWER_DEADLINE = 60_000;

export const syncTimezone: Reducer<"timezone-synced"> = (before, data, at) => {
  const id = identifier(data.device_id);
  const timezone = text(data.timezone);
  if (id === null || timezone === null) return null;
  const place = [text(data.city), text(data.country)].filter((part) => part !== null);
  const device = {
    id,
    timezone,
    place: place.length > 0 ? place.join(", ") : null,
    method: text(data.sync_method),
    syncedAt: time(data.timestamp) ?? at,
  };
  const others = before.devices.filter((other) => other.id !== id);
  return {
    devices: [device, ...others].slice(0, DEVICE_LIMIT),
    syncRequests: before.syncRequests.map((request) =>
      request.device === id && answer(request, at) === "waiting"
        ? { ...request, answeredAt: at }
        : request,
    ),
  };
};

export const requestSync: Reducer<"manual-sync"> = (before, data, at) => {
  const device = identifier(data.device_id);
  if (device === null) return null;
  const request: SyncRequest = {
    key: `${before.total}`,
    device,
    trigger: text(data.trigger),
    requestedAt: at,
    answeredAt: null,
  };
  return { syncRequests: [request, ...before.syncRequests].slice(0, LIST_LIMIT) };
};

export type Answer = "answered" | "waiting" | "unanswered";

export function answer(request: SyncRequest, now: number): Answer {
  if (request.answeredAt !== null) return "answered";
  return now - request.requestedAt < ANSWER_DEADLINE ? "waiting" : "unanswered";
}

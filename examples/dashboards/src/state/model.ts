/** What the dashboard knows, as plain immutable values. Times are milliseconds since the epoch. */

import type { EventName } from "../feed/catalogue.ts";

/** How many entries each list keeps; the oldest make room. */
export const LIST_LIMIT = 50;
/** How many machines and devices are kept; those silent for longest make room. */
export const DEVICE_LIMIT = 200;
/** How many measurements of each kind a machine keeps for its sparklines. */
export const HISTORY_LIMIT = 30;

export const METRICS = ["cpu_usage", "memory_usage", "disk_usage", "temperature"] as const;
export type Metric = (typeof METRICS)[number];

/** Newest measurement last; the last one may be missing in a report that left it out. */
export type History = Readonly<Record<Metric, readonly number[]>>;

export interface Machine {
  readonly id: string;
  readonly name: string | null;
  readonly status: string | null;
  readonly previousStatus: string | null;
  /** Percent of the container in use. */
  readonly capacity: number | null;
  readonly location: string | null;
  /** Condition that the last health report stated as a whole. */
  readonly overall: string | null;
  /** Condition of each part, as reported: `services` → `running`. */
  readonly checks: readonly (readonly [part: string, condition: string])[];
  readonly history: History;
  readonly updatedAt: number;
}

export interface DetectedObject {
  readonly label: string;
  /** 0 to 1. */
  readonly confidence: number | null;
}

export interface Detection {
  readonly key: string;
  readonly machine: string;
  readonly objects: readonly DetectedObject[];
  readonly total: number;
  readonly seconds: number | null;
  readonly model: string | null;
  readonly status: string | null;
  readonly at: number;
}

export interface Processing {
  readonly key: string;
  readonly machine: string | null;
  readonly type: string | null;
  readonly priority: string | null;
  readonly status: string;
  readonly message: string | null;
  readonly at: number;
}

export interface Device {
  readonly id: string;
  /** IANA name as reported; may be one that this browser does not know. */
  readonly timezone: string;
  readonly place: string | null;
  readonly method: string | null;
  readonly syncedAt: number;
}

export interface SyncRequest {
  readonly key: string;
  readonly device: string;
  readonly trigger: string | null;
  readonly requestedAt: number;
  /** When the device reported a sync after this request; `null` while it has not. */
  readonly answeredAt: number | null;
}

export interface Dashboard {
  /** In the order of their names. */
  readonly machines: readonly Machine[];
  /** Newest first, as all lists below. */
  readonly detections: readonly Detection[];
  readonly processing: readonly Processing[];
  readonly devices: readonly Device[];
  readonly syncRequests: readonly SyncRequest[];
  readonly counts: Readonly<Record<EventName, number>>;
  readonly total: number;
  /** Events whose data this page could not make sense of. */
  readonly unreadable: number;
  readonly lastEventAt: number | null;
}

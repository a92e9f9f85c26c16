/** Which values deserve a look, by the thresholds of the machines' own alert rules. Pure. */

import { METRICS, type Machine, type Metric } from "./model.ts";

const THRESHOLDS: Readonly<Record<Metric, number>> = {
  cpu_usage: 80,
  memory_usage: 80,
  disk_usage: 80,
  temperature: 70,
};

const CAPACITY_THRESHOLD = 80;

export type Tone = "good" | "info" | "warning" | "bad" | "neutral";

const TONES: Readonly<Record<string, Tone>> = {
  active: "good",
  processed: "good",
  processing: "info",
  maintenance: "info",
  full: "warning",
  error: "bad",
  failed: "bad",
};

/** Words for a machine or a part of it that is as it should be; one taken out of use is, too. */
const CALM = new Set(["healthy", "running", "connected", "ok", "active", "online", "normal", "inactive"]);

export function statusTone(status: string | null): Tone {
  return TONES[status ?? ""] ?? "neutral";
}

export function isHigh(metric: Metric, value: number): boolean {
  return value > THRESHOLDS[metric];
}

export function isFillingUp(capacity: number): boolean {
  return capacity > CAPACITY_THRESHOLD;
}

export function isCalm(condition: string): boolean {
  return CALM.has(condition.toLowerCase());
}

export function needsAttention({ status, overall, checks, history, capacity }: Machine): boolean {
  const conditions = [status, overall, ...checks.map(([, condition]) => condition)];
  if (conditions.some((condition) => condition !== null && !isCalm(condition))) return true;
  if (capacity !== null && isFillingUp(capacity)) return true;
  return METRICS.some((metric) => {
    const newest = history[metric].at(-1);
    return newest !== undefined && isHigh(metric, newest);
  });
}

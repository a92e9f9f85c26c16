/** Whether an event carries what its name promises; what does not is left alone. */

import type { ClearScope, Item, Lanes, State } from "./wire.ts";

type Fields = Readonly<Record<string, unknown>>;

function hasNumbers(data: unknown, ...names: readonly string[]): data is Fields {
  return typeof data === "object" && data !== null && names.every((name) => Number.isFinite((data as Fields)[name]));
}

export function isState(data: unknown): data is State {
  return hasNumbers(data, "revision", "server_time_ms", "run_seconds") && Array.isArray(data["undo"]);
}

export function isLanes(data: unknown): data is Lanes {
  return hasNumbers(data, "server_time_ms") && Array.isArray(data["lanes"]) && typeof data["store"] === "object";
}

export function isItem(data: unknown): data is Item {
  return hasNumbers(data, "laptop_id", "dista", "distb", "timestamp_ms", "serial") && typeof data["category"] === "string";
}

export function isClear(data: unknown): data is ClearScope {
  return hasNumbers(data, "clear_id") && typeof data["scope"] === "string";
}

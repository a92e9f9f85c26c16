/** Uses of `tests/document/contract.ts`; a line marked as wrong does not compile without its mark. */

import Pusher from "pusher-js";

import type {
  Declaration,
  EventData,
  EventName,
  PrivateMeasurementsMeasured,
  RvmStatusStatusUpdated,
  TypedPusher,
} from "./contract.ts";

const pusher = new Pusher("key", { cluster: "" }) as TypedPusher;

const status = pusher.subscribe("rvm-status");
status.bind("status-updated", (data) => {
  const kind: "active" | "maintenance" | "full" | "error" = data.status;
  const id: number | string = data.rvm_id;
  const at: string = data.timestamp;
  const previous: string | null | undefined = data.previous_status;
  return [kind, id, at, previous, data.capacity?.toFixed(1)];
});
status.bind("health-updated", (data) => [data.metrics?.["cpu"]?.toFixed(1), data.status_details?.power.length, data.timestamp]);
status.bind("note", (data: unknown) => data);
status.bind("pusher:subscription_succeeded", () => {});
status.unbind("note").unbind();
// wrong: status.bind("status-update", () => {});
// wrong: status.bind("status-updated", (data) => data.misspelt);
// wrong: status.bind("status-updated", (data: { status: number }) => data);
// wrong: status.bind("status-updated", (data) => data.capacity.toFixed(1));
// wrong: pusher.subscribe("rvm-stat");

pusher.subscribe("private-rvm-status").bind("status-updated", (data: RvmStatusStatusUpdated) => data.rvm_id);
// wrong: pusher.subscribe("private-rvm-status").bind("session.authorized", () => {});

const machine = "7f" as string;
pusher.subscribe(`private-rvm.${machine}`).bind("session.authorized", (data) => {
  const friend: string | undefined = data.friends?.[0]?.parent?.parent?.name;
  return [data.user?.name, friend];
});
// wrong: pusher.subscribe(`private-rvm.${machine}`).bind("session.authorized", (data) => data.user.name);
pusher.subscribe(`rvm.${machine}.door`).bind("opened", (data) => data === true);
// wrong: pusher.subscribe(`rvm.${machine}.door`).bind("session.authorized", () => {});
pusher.subscribe("rvm.7").bind("any event", (data: unknown) => data);
pusher.unsubscribe("rvm.9");

export const narrow: Declaration<"rvm.7"> = "rvm.7";
export const wide: Declaration<"rvm.8"> = "rvm.{rvm_id}";
// wrong: export const outside: Declaration<"elsewhere"> = "rvm-status";
export const name: EventName<"private-rvm.8"> = "session.authorized";
export const data: EventData<"rvm.8", "health-updated"> = { ok: true, timestamp: "now" };
// wrong: export const unstamped: EventData<"rvm.8", "health-updated"> = { ok: true };

export const measured: PrivateMeasurementsMeasured = { class: "can", bbox: [1, 2, 3, 4], point: [1], timestamp: "now" };
// wrong: export const unclassified: PrivateMeasurementsMeasured = { timestamp: "now" };
// wrong: export const short: PrivateMeasurementsMeasured = { class_name: "can", bbox: [1, 2], timestamp: "now" };
// wrong: export const long: PrivateMeasurementsMeasured = { class_name: "can", point: [1, 2, 3], timestamp: "now" };

pusher.subscribe("event").bind('App\\Events\\"Größe"', (data) => {
  const size: number = data["größe"];
  return [size, data.again?.["größe"], data["with-dash"]];
});

/** A function that knows as little as this of its channel. */
export function listen<E extends EventName<"rvm-status">>(event: E, use: (data: EventData<"rvm-status", E>) => void): void {
  status.bind(event, use);
}

/** Uses of the types of the shipped declarations; a line marked as wrong does not compile without its mark. */

import Pusher from "pusher-js";

import type { EventData, TypedPusher } from "./contract.ts";

const pusher = new Pusher("key", { cluster: "" }) as TypedPusher;

const status = pusher.subscribe("rvm-status");
status.bind("status-updated", (data) => data.status);
status.bind("health-updated", (data) => data.rvm_id);
pusher.subscribe("detection-results").bind("detection-completed", (data) => data.rvm_id);
pusher.subscribe("detection-results").bind("processing-updated", (data) => data.status);
pusher.subscribe("timezone-updates").bind("timezone-synced", (data) => data.timezone);
pusher.subscribe("timezone-updates").bind("manual-sync", (data) => data.device_id);
pusher.subscribe("private-rvm-status").bind("status-updated", (data) => data.status);
pusher.subscribe("rvm.7").bind("session.authorized", (data) => data);

export const name = (data: EventData<"rvm-status", "status-updated">): unknown => data.rvm_id;
// wrong: status.bind("status-update", () => {});
// wrong: status.bind("status-updated", (data) => data.misspelt);
// wrong: pusher.subscribe("timezone-updates").bind("status-updated", () => {});
// wrong: pusher.subscribe("rvm-stat");

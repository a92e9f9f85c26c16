import assert from "node:assert/strict";
import { test } from "node:test";

import { EVENTS, type EventName } from "../src/feed/catalogue.ts";
import { needsAttention } from "../src/state/attention.ts";
import { HISTORY_LIMIT, DEVICE_LIMIT, LIST_LIMIT, type Dashboard } from "../src/state/model.ts";
import { EMPTY, reduce } from "../src/state/reduce.ts";
import { ANSWER_DEADLINE, answer } from "../src/state/timezones.ts";
import { SAMPLES } from "./samples.ts";

type Step = readonly [EventName, unknown];

function after(steps: readonly Step[], from: Dashboard = EMPTY): Dashboard {
  return steps.reduce((state, [event, data], index) => reduce(state, event, data, 1000 + index), from);
}

test("every event of the catalogue is counted and read", () => {
  const state = after(EVENTS.map((event) => [event, SAMPLES[event]]));
  assert.equal(state.total, EVENTS.length);
  assert.equal(state.unreadable, 0);
  assert.deepEqual(Object.values(state.counts), EVENTS.map(() => 1));
  assert.equal(state.lastEventAt, 1000 + EVENTS.length - 1);
});

test("status and health of one machine meet in one entry", () => {
  const state = after([
    ["health-updated", SAMPLES["health-updated"]],
    ["status-updated", SAMPLES["status-updated"]],
  ]);
  assert.equal(state.machines.length, 1);
  const [machine] = state.machines;
  assert.equal(machine?.name, "RVM-001");
  assert.equal(machine?.status, "maintenance");
  assert.equal(machine?.previousStatus, "active");
  assert.equal(machine?.capacity, 75);
  assert.deepEqual(machine?.history.cpu_usage, [45.5]);
  assert.deepEqual(machine?.checks[0], ["system_health", "healthy"]);
});

test("a status without previous_status remembers the one before it", () => {
  const state = after([
    ["status-updated", { rvm_id: 1, status: "active" }],
    ["status-updated", { rvm_id: "1", status: "full" }],
  ]);
  assert.equal(state.machines.length, 1);
  assert.equal(state.machines[0]?.previousStatus, "active");
});

test("machines are in the order of their names, numbers as numbers", () => {
  const state = after(
    [10, 9, 2].map((id): Step => ["status-updated", { rvm_id: id, rvm_name: `RVM-${id}`, status: "active" }]),
  );
  assert.deepEqual(state.machines.map((machine) => machine.name), ["RVM-2", "RVM-9", "RVM-10"]);
});

test("a report that leaves metrics out keeps the ones before", () => {
  const state = after([
    ["health-updated", { rvm_id: 1, metrics: { cpu_usage: 10, temperature: "41.5" } }],
    ["health-updated", { rvm_id: 1, metrics: { cpu_usage: 20 } }],
  ]);
  assert.deepEqual(state.machines[0]?.history.cpu_usage, [10, 20]);
  assert.deepEqual(state.machines[0]?.history.temperature, [41.5]);
});

test("histories, lists and machines are bounded", () => {
  const many = Array.from({ length: DEVICE_LIMIT + 5 }, (_, index) => index);
  const state = after([
    ...many.map((cpu): Step => ["health-updated", { rvm_id: 0, metrics: { cpu_usage: cpu } }]),
    ...many.map((id): Step => ["detection-completed", { rvm_id: id, detections: [] }]),
    ...many.map((id): Step => ["processing-updated", { processing_request_id: id, status: "processing" }]),
    ...many.map((id): Step => ["timezone-synced", { device_id: `d${id}`, timezone: "UTC" }]),
    ...many.map((id): Step => ["manual-sync", { device_id: `d${id}` }]),
    ...many.map((id): Step => ["status-updated", { rvm_id: id, status: "active" }]),
  ]);
  assert.equal(state.detections.length, LIST_LIMIT);
  assert.equal(state.processing.length, LIST_LIMIT);
  assert.equal(state.devices.length, DEVICE_LIMIT);
  assert.equal(state.syncRequests.length, LIST_LIMIT);
  assert.equal(state.machines.length, DEVICE_LIMIT);
  assert.equal(state.detections[0]?.machine, `${many.length - 1}`);
  // The machine silent for longest made room.
  assert.equal(state.machines.some((machine) => machine.id === "0"), false);
  const busy = after(many.map((cpu): Step => ["health-updated", { rvm_id: 0, metrics: { cpu_usage: cpu } }]));
  assert.equal(busy.machines[0]?.history.cpu_usage.length, HISTORY_LIMIT);
});

test("objects are read with class and with class_name", () => {
  const state = after([
    [
      "detection-completed",
      { rvm_id: 1, detections: [{ class: "can", confidence: 0.5 }, { class_name: "glass" }, { confidence: 1 }, 7] },
    ],
  ]);
  assert.deepEqual(state.detections[0]?.objects, [
    { label: "can", confidence: 0.5 },
    { label: "glass", confidence: null },
  ]);
});

test("a processing request moves to the top and keeps what an update leaves out", () => {
  const state = after([
    ["processing-updated", { processing_request_id: 1, rvm_id: 3, processing_type: "detection", status: "processing" }],
    ["processing-updated", { processing_request_id: 2, status: "processing" }],
    ["processing-updated", { processing_request_id: 1, status: "processed" }],
  ]);
  assert.deepEqual(state.processing.map(({ key, status }) => [key, status]), [["1", "processed"], ["2", "processing"]]);
  assert.equal(state.processing[0]?.type, "detection");
  assert.equal(state.processing[0]?.machine, "3");
});

test("a sync request waits, is answered by the device's next sync, or stays unanswered", () => {
  const asked = after([
    ["manual-sync", { device_id: "a" }],
    ["manual-sync", { device_id: "b" }],
  ]);
  const synced = reduce(asked, "timezone-synced", { device_id: "a", timezone: "Asia/Jakarta" }, 3500);
  const [b, a] = synced.syncRequests;
  assert.ok(a && b);
  assert.equal(a.answeredAt, 3500);
  assert.equal(answer(a, 9_999_999), "answered");
  assert.equal(answer(b, 2000), "waiting");
  assert.equal(answer(b, 1001 + ANSWER_DEADLINE), "unanswered");
});

test("a sync after the deadline answers nothing", () => {
  const asked = after([["manual-sync", { device_id: "a" }]]);
  const late = reduce(asked, "timezone-synced", { device_id: "a", timezone: "UTC" }, 1000 + ANSWER_DEADLINE);
  assert.equal(late.syncRequests[0]?.answeredAt, null);
});

test("a time without a zone is UTC", () => {
  const state = after([["timezone-synced", { device_id: "a", timezone: "UTC", timestamp: "2025-09-19 03:03:31" }]]);
  assert.equal(state.devices[0]?.syncedAt, Date.UTC(2025, 8, 19, 3, 3, 31));
});

test("data that makes no sense is counted and changes nothing else", () => {
  const nonsense = [null, undefined, 5, "text", [], {}, { rvm_id: {} }, { rvm_id: 1 }, { device_id: null }];
  for (const event of EVENTS) {
    for (const data of nonsense) {
      const state = reduce(EMPTY, event, data, 1);
      const { counts: _, ...rest } = state;
      const { counts: __, ...empty } = EMPTY;
      assert.deepEqual(rest, { ...empty, total: 1, unreadable: 1, lastEventAt: 1 }, `${event} ${JSON.stringify(data)}`);
    }
  }
});

test("attention is called for by status, condition, capacity and metrics", () => {
  const [calm] = after([
    ["status-updated", { rvm_id: 1, status: "active", capacity: 40 }],
    ["health-updated", { rvm_id: 1, overall_status: "active", metrics: { cpu_usage: 80 } }],
  ]).machines;
  assert.ok(calm);
  assert.equal(needsAttention(calm), false);
  assert.equal(needsAttention({ ...calm, status: "inactive" }), false);
  assert.equal(needsAttention({ ...calm, status: "error" }), true);
  assert.equal(needsAttention({ ...calm, overall: "degraded" }), true);
  assert.equal(needsAttention({ ...calm, capacity: 81 }), true);
  assert.equal(needsAttention({ ...calm, checks: [["network", "lost"]] }), true);
  assert.equal(needsAttention({ ...calm, history: { ...calm.history, temperature: [20, 71] } }), true);
});

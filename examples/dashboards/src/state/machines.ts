/** `status-updated` and `health-updated`: one machine each, made on first mention. */

import { fields, identifier, number, text } from "./fields.ts";
import {
  DEVICE_LIMIT,
  HISTORY_LIMIT,
  METRICS,
  type History,
  type Machine,
  type Metric,
} from "./model.ts";
import type { Reducer } from "./reduce.ts";

export const updateStatus: Reducer<"status-updated"> = (before, data, at) => {
  const id = identifier(data.rvm_id);
  const status = text(data.status);
  if (id === null || status === null) return null;
  const known = find(before.machines, id, at);
  return {
    machines: put(before.machines, {
      ...known,
      name: text(data.rvm_name) ?? known.name,
      status,
      previousStatus: text(data.previous_status) ?? known.status,
      capacity: number(data.capacity) ?? known.capacity,
      location: text(data.location) ?? known.location,
      updatedAt: at,
    }),
  };
};

export const updateHealth: Reducer<"health-updated"> = (before, data, at) => {
  const id = identifier(data.rvm_id);
  const metrics = fields(data.metrics);
  const checks = fields(data.status_details);
  if (id === null || (metrics === null && checks === null)) return null;
  const known = find(before.machines, id, at);
  return {
    machines: put(before.machines, {
      ...known,
      overall: text(data.overall_status) ?? known.overall,
      checks: checks === null ? known.checks : readChecks(checks),
      history: extend(known.history, metrics ?? {}),
      updatedAt: at,
    }),
  };
};

/** The name people call the machine by. */
export function machineName(machines: readonly Machine[], id: string): string {
  return machines.find((machine) => machine.id === id)?.name ?? `#${id}`;
}

function find(machines: readonly Machine[], id: string, at: number): Machine {
  return (
    machines.find((machine) => machine.id === id) ?? {
      id,
      name: null,
      status: null,
      previousStatus: null,
      capacity: null,
      location: null,
      overall: null,
      checks: [],
      history: { cpu_usage: [], memory_usage: [], disk_usage: [], temperature: [] },
      updatedAt: at,
    }
  );
}

function put(machines: readonly Machine[], changed: Machine): readonly Machine[] {
  const others = machines.filter((machine) => machine.id !== changed.id);
  if (others.length >= DEVICE_LIMIT) {
    const silent = others.reduce((a, b) => (b.updatedAt < a.updatedAt ? b : a));
    others.splice(others.indexOf(silent), 1);
  }
  return [...others, changed].sort(byName);
}

const ORDER = new Intl.Collator("en", { numeric: true });

function byName(a: Machine, b: Machine): number {
  return ORDER.compare(a.name ?? a.id, b.name ?? b.id) || ORDER.compare(a.id, b.id);
}

function readChecks(checks: Readonly<Record<string, unknown>>): Machine["checks"] {
  return Object.entries(checks).flatMap(([part, value]) => {
    const condition = text(value);
    return condition === null ? [] : [[part, condition] as const];
  });
}

function extend(history: History, metrics: Readonly<Record<string, unknown>>): History {
  const extended = METRICS.map((metric): [Metric, readonly number[]] => {
    const value = number(metrics[metric]);
    const values = history[metric];
    return [metric, value === null ? values : [...values, value].slice(-HISTORY_LIMIT)];
  });
  return Object.fromEntries(extended) as Record<Metric, readonly number[]>;
}

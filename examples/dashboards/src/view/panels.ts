/** The five lists of the dashboard, each with what its rows show. */

import { machineName } from "../state/machines.ts";
import type { Dashboard, Detection, Device, Machine, Processing, SyncRequest } from "../state/model.ts";
import { DetectionRow } from "./detection-row.ts";
import { DeviceRow } from "./device-row.ts";
import { element } from "./dom.ts";
import { MachineCard } from "./machine-card.ts";
import { PanelView } from "./panel.ts";
import { ProcessingRow } from "./processing-row.ts";
import type { Speech } from "./speech.ts";
import { SyncRequestRow } from "./sync-request-row.ts";

export class Panels {
  readonly element: HTMLElement;
  readonly #machines: PanelView<Machine>;
  readonly #detections: PanelView<Detection>;
  readonly #processing: PanelView<Processing>;
  readonly #devices: PanelView<Device>;
  readonly #syncRequests: PanelView<SyncRequest>;
  #known: readonly Machine[] = [];

  constructor(speech: Speech) {
    const nameOf = (id: string): string => machineName(this.#known, id);
    this.#machines = machinesPanel(speech);
    this.#detections = detectionsPanel(speech, nameOf);
    this.#processing = processingPanel(speech, nameOf);
    this.#devices = devicesPanel(speech);
    this.#syncRequests = syncRequestsPanel(speech);
    const below = element("div", { class: "pair" }, this.#devices.element, this.#syncRequests.element);
    this.element = element(
      "div",
      { class: "panels" },
      element("div", { class: "column" }, this.#machines.element, below),
      element("div", { class: "column" }, this.#detections.element, this.#processing.element),
    );
  }

  show(dashboard: Dashboard, now: number): void {
    this.#known = dashboard.machines;
    this.#machines.show(dashboard.machines, now);
    this.#detections.show(dashboard.detections, now);
    this.#processing.show(dashboard.processing, now);
    this.#devices.show(dashboard.devices, now);
    this.#syncRequests.show(dashboard.syncRequests, now);
  }
}

function machinesPanel(speech: Speech): PanelView<Machine> {
  return new PanelView({
    name: "machines",
    title: speech.say("machines"),
    empty: speech.say("noMachines"),
    note: (machines) => speech.format.count(machines.length),
    key: (machine) => machine.id,
    row: () => new MachineCard(speech),
  });
}

function detectionsPanel(speech: Speech, nameOf: (id: string) => string): PanelView<Detection> {
  return new PanelView({
    name: "detections",
    title: speech.say("detections"),
    empty: speech.say("noDetections"),
    note: (items) => newest(speech, items),
    key: (detection) => detection.key,
    row: (detection) => new DetectionRow(detection, speech, nameOf),
  });
}

function processingPanel(speech: Speech, nameOf: (id: string) => string): PanelView<Processing> {
  return new PanelView({
    name: "processing",
    title: speech.say("processing"),
    empty: speech.say("noProcessing"),
    note: (items) => newest(speech, items),
    key: (request) => request.key,
    row: () => new ProcessingRow(speech, nameOf),
  });
}

function devicesPanel(speech: Speech): PanelView<Device> {
  return new PanelView({
    name: "timezones",
    title: speech.say("timezones"),
    empty: speech.say("noTimezones"),
    note: (devices) => speech.format.count(devices.length),
    key: (device) => device.id,
    row: () => new DeviceRow(speech),
  });
}

function syncRequestsPanel(speech: Speech): PanelView<SyncRequest> {
  return new PanelView({
    name: "sync",
    title: speech.say("syncRequests"),
    empty: speech.say("noSyncRequests"),
    note: (items) => newest(speech, items),
    key: (request) => request.key,
    row: () => new SyncRequestRow(speech),
  });
}

function newest(speech: Speech, items: readonly unknown[]): string {
  return speech.say("newest", { count: speech.format.count(items.length) });
}

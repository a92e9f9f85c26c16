/** `detection-completed` and `processing-updated`. */

import type { EventData } from "../feed/catalogue.ts";
import { fields, identifier, number, text, time } from "./fields.ts";
import { LIST_LIMIT, type DetectedObject } from "./model.ts";
import type { Reducer } from "./reduce.ts";

export const completeDetection: Reducer<"detection-completed"> = (before, data, at) => {
  const machine = identifier(data.rvm_id);
  if (machine === null || !Array.isArray(data.detections)) return null;
  const objects = data.detections.flatMap(readObject);
  const detection = {
    key: `${before.total}`,
    machine,
    objects,
    total: number(data.total_detections) ?? objects.length,
    seconds: number(data.processing_time),
    model: text(data.model_used),
    status: text(data.status),
    at: time(data.timestamp) ?? at,
  };
  return { detections: [detection, ...before.detections].slice(0, LIST_LIMIT) };
};

/** Devices write `class_name`, documents and the kiosk `class`; both are read. */
function readObject(value: unknown): DetectedObject[] {
  const found = fields<EventData<"detection-completed">["detections"][number]>(value);
  const label = text(found?.class_name) ?? text(found?.class);
  return label === null ? [] : [{ label, confidence: number(found?.confidence) }];
}

export const updateProcessing: Reducer<"processing-updated"> = (before, data, at) => {
  const key = identifier(data.processing_request_id);
  const status = text(data.status);
  if (key === null || status === null) return null;
  const known = before.processing.find((request) => request.key === key);
  const request = {
    key,
    machine: identifier(data.rvm_id) ?? known?.machine ?? null,
    type: text(data.processing_type) ?? known?.type ?? null,
    priority: text(data.priority) ?? known?.priority ?? null,
    status,
    message: text(data.progress_message),
    at: time(data.timestamp) ?? at,
  };
  const others = before.processing.filter((other) => other.key !== key);
  return { processing: [request, ...others].slice(0, LIST_LIMIT) };
};

/** One event of each kind, as they arrive. */

import type { EventData, EventName } from "../src/feed/catalogue.ts";

export const SAMPLES: { readonly [E in EventName]: EventData<E> } = {
  "status-updated": {
    rvm_id: 1,
    rvm_name: "RVM-001",
    status: "maintenance",
    previous_status: "active",
    capacity: 75,
    location: "Magelang, Alun-Alun",
    timestamp: "2025-09-18T17:35:00.000000Z",
  },
  "health-updated": {
    rvm_id: 1,
    overall_status: "active",
    status_details: { system_health: "healthy", services: "running", network: "connected" },
    metrics: { cpu_usage: 45.5, memory_usage: 67.2, disk_usage: 23.1, gpu_usage: 30.0, temperature: 45.0 },
    timestamp: "2025-09-18T17:35:00.000000Z",
  },
  "detection-completed": {
    id: 1,
    rvm_id: 1,
    image_path: "detections/detection_20250918_150800.jpg",
    detections: [{ class: "plastic_bottle", class_name: "plastic_bottle", confidence: 0.95, bbox: [100, 100, 200, 200] }],
    total_detections: 1,
    processing_time: 0.85,
    model_used: "best.pt",
    status: "processed",
    timestamp: "2025-09-18T15:08:00.000000Z",
  },
  "processing-updated": {
    processing_request_id: 2,
    rvm_id: 1,
    processing_type: "detection",
    priority: "normal",
    status: "processing_requested",
    processing_engine_id: 25,
    progress_message: "Waiting for an engine",
    timestamp: "2025-09-18T15:08:00.000000Z",
  },
  "timezone-synced": {
    sync_log_id: 1,
    device_id: "jetson_orin_nano",
    timezone: "Asia/Jakarta",
    country: "Indonesia",
    city: "Magelang",
    sync_method: "automatic",
    timestamp: "2025-09-19T03:03:31",
  },
  "manual-sync": {
    device_id: "jetson_orin_nano",
    trigger: "dashboard_button",
    status: "sync_requested",
    triggered_at: "2025-09-19T03:03:00.000000Z",
    timestamp: "2025-09-19T03:03:00.000000Z",
  },
};

/** The six events of the RVM system: where they are published, and data of the documented shape. */

export const CHANNELS = ["rvm-status", "timezone-updates", "detection-results"];

/** The second, private name of a channel. */
export const twin = (channel) => `private-${channel}`;

const TIMESTAMP = "2025-09-19T05:00:00.000000Z";

/** `[channel, event, data]` of one machine. */
export function sixEvents(rvm) {
  const device = `jetson_orin_nano_${rvm}`;
  return [
    ["rvm-status", "status-updated", { rvm_id: rvm, rvm_name: `RVM-${rvm}`, status: "full", location: null, timestamp: TIMESTAMP }],
    ["rvm-status", "health-updated", { rvm_id: rvm, status_details: { power: "ok" }, metrics: { cpu_usage: 45.5 }, timestamp: TIMESTAMP }],
    ["timezone-updates", "timezone-synced", { device_id: device, timezone: "Asia/Jakarta", sync_method: "manual", timestamp: TIMESTAMP }],
    ["timezone-updates", "manual-sync", { device_id: device, trigger: "dashboard_button", timestamp: TIMESTAMP }],
    ["detection-results", "detection-completed", {
      rvm_id: rvm,
      detections: [{ class: "plastic_bottle", confidence: 0.97, bbox: [100, 100, 200, 200] }, { class_name: "aluminum_can", confidence: 0.5 }],
      total_detections: 2,
      timestamp: TIMESTAMP,
    }],
    ["detection-results", "processing-updated", { processing_request_id: 30, rvm_id: rvm, status: "processing", timestamp: TIMESTAMP }],
  ];
}

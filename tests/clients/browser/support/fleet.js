/** An hour in the life of six machines: realistic payloads, the same every time. */

const PLACES = ["Magelang, Alun-Alun", "Yogyakarta, Malioboro", "Semarang, Simpang Lima", "Makassar, Losari", "Surakarta, Balekambang", "Jayapura, Hamadi"];
const ZONES = [
  ["Asia/Jakarta", "Magelang"],
  ["Asia/Makassar", "Makassar"],
  ["Asia/Jayapura", "Jayapura"],
];
const STATUSES = ["active", "active", "maintenance", "active", "full", "error"];
const CAPACITIES = [42, 67, 12, 58, 100, 35];
const OBJECTS = ["plastic_bottle", "aluminum_can", "glass_bottle", "paper_carton"];
const REPORTS = 24;

/** Status and health of every machine; `[channel, event, data]`, oldest first. */
export function fleetEvents(now) {
  const ids = PLACES.map((_, index) => index + 1);
  return [
    ...ids.map((id) => status(id, now)),
    ...Array.from({ length: REPORTS }, (_, report) => ids.map((id) => health(id, report, now))).flat(),
  ];
}

/** Detections, their processing, time zones and a request that is answered and one that is not. */
export function dayEvents(now) {
  return [
    ...[0, 1, 2].map((index) => timezone(index, "automatic", now)),
    ...[2, 4, 1, 3, 2, 1].map((id, index) => detection(id, index, now)),
    processing(30, 3, "processing_requested", "waiting for an engine", now),
    processing(31, 1, "failed", "engine 25 did not answer", now),
    processing(32, 4, "processing", "detecting objects", now),
    processing(33, 2, "processed", "detection stored", now),
    manualSync("jetson_orin_nano_004", now),
    timezone(1, "manual", now),
    manualSync("jetson_orin_nano_006", now),
  ];
}

const name = (id) => `RVM-${String(id).padStart(3, "0")}`;
const at = (now, secondsAgo) => new Date(now - secondsAgo * 1000).toISOString();

function status(id, now) {
  return ["rvm-status", "status-updated", {
    rvm_id: id,
    rvm_name: name(id),
    status: STATUSES[id - 1],
    previous_status: "active",
    capacity: CAPACITIES[id - 1],
    location: PLACES[id - 1],
    timestamp: at(now, 60),
  }];
}

function health(id, report, now) {
  const wave = (base, swing, phase) => Math.round((base + swing * Math.sin((report + phase) / 3)) * 10) / 10;
  const hot = id === 6 ? 28 : 0;
  return ["rvm-status", "health-updated", {
    rvm_id: id,
    overall_status: STATUSES[id - 1],
    status_details: {
      system_health: id === 6 ? "warning" : "healthy",
      services: "running",
      api_connectivity: "connected",
      hardware: "ok",
      power: "ok",
      network: "connected",
    },
    metrics: {
      cpu_usage: wave(42 + hot, 14, id * 2),
      memory_usage: wave(58 + id, 5, id),
      disk_usage: 20 + id + report * 0.1,
      gpu_usage: wave(30, 20, id),
      temperature: wave(46 + hot, 4, id),
    },
    timestamp: at(now, (REPORTS - report) * 60),
  }];
}

function detection(id, index, now) {
  const objects = Array.from({ length: 1 + (index % 3) }, (_, object) => {
    const label = OBJECTS[(index + object) % OBJECTS.length];
    const confidence = 0.97 - (index + object) * 0.03;
    // Documents say `class`, the devices' code `class_name`.
    const named = index % 2 ? { class_name: label } : { class: label };
    return { ...named, confidence, bbox: [100, 100, 200, 200] };
  });
  return ["detection-results", "detection-completed", {
    id: 20 + index,
    rvm_id: id,
    image_path: `captures/${name(id)}/detection_${index}.jpg`,
    detections: objects,
    total_detections: objects.length,
    processing_time: 0.31 + index * 0.12,
    model_used: "best.pt",
    status: "processed",
    timestamp: at(now, 40 - index * 5),
  }];
}

function processing(id, machine, state, message, now) {
  return ["detection-results", "processing-updated", {
    processing_request_id: id,
    rvm_id: machine,
    processing_type: "detection",
    priority: id % 2 ? "high" : "normal",
    status: state,
    processing_engine_id: 25,
    progress_message: message,
    timestamp: at(now, 5),
  }];
}

function timezone(index, method, now) {
  const [zone, city] = ZONES[index];
  return ["timezone-updates", "timezone-synced", {
    sync_log_id: index + 1,
    device_id: `jetson_orin_nano_${["001", "004", "006"][index]}`,
    timezone: zone,
    country: "Indonesia",
    city,
    ip: "10.0.0.1",
    sync_method: method,
    timestamp: at(now, 30),
  }];
}

function manualSync(device, now) {
  return ["timezone-updates", "manual-sync", {
    device_id: device,
    trigger: "dashboard_button",
    status: "sync_requested",
    triggered_at: at(now, 2),
  }];
}

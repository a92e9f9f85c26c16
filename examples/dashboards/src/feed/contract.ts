// The declared channels of the app 1001. Made by `saluran schema typescript`: do not edit this,
// change the declarations and make it again.

/** What a machine measures of itself. */
export type RvmStatusHealthUpdated = {
  metrics?: {
    cpu_usage?: number | null;
    disk_usage?: number | null;
    gpu_usage?: number | null;
    memory_usage?: number | null;
    temperature?: number | null;
  };
  overall_status?: string;
  rvm_id: number | string;
  status_details?: {
    [field: string]: unknown;
  };
  timestamp: string;
};

/** What a machine's program counts. */
export type RvmStatusPerformanceMetrics = {
  application_metrics: {
    ai_model_version?: string | null;
    deposit_count_since_restart?: number;
    error_count?: number;
    last_deposit_time?: string | null;
    software_version?: string | null;
    uptime_seconds?: number;
    warning_count?: number;
  };
  rvm_id: number | string;
  timestamp: string;
};

/** What a machine's computer uses. */
export type RvmStatusResourceUsage = {
  rvm_id: number | string;
  system_metrics: {
    cpu_usage?: number | null;
    disk_available?: number | null;
    disk_read_speed?: number | null;
    disk_usage?: number | null;
    disk_write_speed?: number | null;
    gpu_temperature?: number | null;
    gpu_usage?: number | null;
    load_average?: number | unknown[] | null;
    memory_available?: number | null;
    memory_usage?: number | null;
    network_download_speed?: number | null;
    network_upload_speed?: number | null;
    power_consumption?: number | null;
    process_count?: number | null;
    temperature?: number | null;
    uptime?: number | null;
  };
  timestamp: string;
};

/** The same under the name that the platform sends. */
export type RvmStatusRvmStatusUpdated = {
  location?: string | null;
  previous_status?: string | null;
  rvm_id: number | string;
  rvm_name?: string | null;
  status: string;
  timestamp: string;
};

/** The programs on a machine. */
export type RvmStatusServiceStatus = {
  rvm_id: number | string;
  services: {
    [field: string]: {
      error_message?: string | null;
      last_health_check?: string | null;
      name?: string;
      restart_count?: number;
      status?: string;
    };
  };
  timestamp: string;
};

/** A machine is in another state: active, inactive, maintenance, full, error or unknown. */
export type RvmStatusStatusUpdated = {
  capacity?: number | null;
  location?: string | null;
  previous_status?: string | null;
  rvm_id: number | string;
  rvm_name?: string | null;
  status: string;
  timestamp: string;
};

/** How far a batch of pictures is. */
export type DetectionResultsBatchUpdated = {
  batch_id: number | string;
  batch_size?: number;
  failed?: number;
  processed?: number;
  queue_length?: number;
  rvm_id: number | string;
  status?: string;
  timestamp: string;
};

/** The confidence that is asked for, or that one detection has. */
export type DetectionResultsConfidenceUpdated = {
  class?: string;
  class_name?: string;
  confidence?: number;
  confidence_threshold?: number;
  detection_id?: number | string;
  rvm_id: number | string;
  timestamp: string;
};

/** A picture and what is in it; edge programs write class_name, documents and pages class. */
export type DetectionResultsDetectionCompleted = {
  detections: ({
    bbox?: [number, number, number, number];
    center?: number[];
    class?: string;
    class_id?: number;
    class_name?: string;
    confidence?: number;
    id?: number | string;
  } & ({
    class: unknown;
  } | {
    class_name: unknown;
  }))[];
  id?: number | string;
  image_path?: string | null;
  model_used?: string | null;
  processing_time?: number | null;
  rvm_id: number | string;
  status?: string;
  timestamp: string;
  total_detections?: number;
};

/** How far a request for processing is. */
export type DetectionResultsProcessingUpdated = {
  priority?: string;
  processing_engine_id?: number | string | null;
  processing_request_id?: number | string;
  processing_type?: string;
  progress_message?: string | null;
  rvm_id: number | string;
  status: "processing_requested" | "processing" | "processed" | "failed";
  timestamp: string;
};

/** Somebody asks a machine to set its time zone. */
export type TimezoneUpdatesManualSync = {
  device_id: number | string;
  status?: string;
  timestamp: string;
  trigger?: string;
  triggered_at?: string;
};

/** How the clock of a machine is kept. */
export type TimezoneUpdatesSyncStatus = {
  device_id: number | string;
  last_sync?: string | null;
  recent_syncs?: unknown[];
  sync_status: string;
  timestamp: string;
};

/** What a machine's clock shows. */
export type TimezoneUpdatesTimeUpdated = {
  device_id: number | string;
  local_time: string;
  timestamp: string;
  timezone?: string;
  timezone_offset?: string;
  utc_time?: string;
};

/** A machine has set its time zone. */
export type TimezoneUpdatesTimezoneSynced = {
  city?: string | null;
  country?: string | null;
  device_id: number | string;
  ip?: string | null;
  sync_log_id?: number | string;
  sync_method?: string;
  timestamp: string;
  timezone: string;
};

/** A measured value is beyond its threshold. */
export type SystemAlertsAlertNotification = {
  message: string;
  metric?: string;
  rvm_id?: number | string;
  threshold?: number;
  timestamp: string;
  type: "warning" | "danger";
  value?: number;
};

/** Something on a machine is broken. */
export type SystemAlertsErrorAlert = {
  channels?: string[];
  condition?: string;
  id?: number | string;
  message: string;
  metric_path?: string;
  metric_value?: number | string | boolean | null;
  rule_name?: string;
  rvm_id: number | string;
  severity?: "info" | "warning" | "error" | "critical";
  status?: string;
  threshold?: number | string | boolean | null;
  timestamp: string;
};

/** A machine needs service. */
export type SystemAlertsMaintenanceAlert = {
  id?: number | string;
  message: string;
  rule_name?: string;
  rvm_id: number | string;
  severity?: "info" | "warning" | "error" | "critical";
  status?: string;
  timestamp: string;
};

/** A deposit is accepted. */
export type RvmDepositCompleted = {
  deposit_id: number | string;
  reward_amount?: number | string;
  session_id?: number | string;
  timestamp: string;
  waste_type?: string;
  weight?: number | string | null;
};

/** A deposit is refused. */
export type RvmDepositFailed = {
  deposit_id: number | string;
  message?: string | null;
  session_id?: number | string;
  timestamp: string;
};

/** A deposit is being looked at. */
export type RvmDepositProcessing = {
  deposit_id: number | string;
  session_id?: number | string;
  timestamp: string;
};

/** Something that the machine is to do. */
export type RvmHardwareCommand = {
  command: string;
  params?: {
    [field: string]: unknown;
  } | unknown[] | null;
  request_id?: number | string;
  timestamp: string;
};

/** An item is accepted or refused. */
export type RvmItemProcessed = {
  accepted: boolean;
  item_type?: string | null;
  points_awarded?: number | null;
  rejection_reason?: string | null;
  session_id?: number | string;
  timestamp: string;
};

/** A user has claimed the session. */
export type RvmSessionAuthorized = {
  session_id: number | string;
  timestamp: string;
  user?: {
    [field: string]: unknown;
  };
  user_id?: number | string;
  user_name?: string | null;
};

/** A guest has started the session. */
export type RvmSessionGuestActivated = {
  session_id: number | string;
  timestamp: string;
};

/** What the screen is to show. */
export type RvmUiUpdate = {
  payload?: {
    [field: string]: unknown;
  } | unknown[] | null;
  timestamp: string;
  type: "session_authorized" | "item_processed" | "session_ended" | "hardware_status" | "error";
};

/** The analysis of a deposit is finished. */
export type PrivateRvmAnalisisSelesai = {
  ai_confidence?: number | string | null;
  analysis_details?: {
    [field: string]: unknown;
  } | unknown[] | null;
  deposit_id: number | string;
  quality_grade?: string | null;
  reward_amount?: number | string | null;
  rvm_id: number | string;
  status: string;
  timestamp: string;
  waste_type?: string | null;
};

/** A user has claimed the session. */
export type PrivateRvmSesiDiotorisasi = {
  message?: string | null;
  rvm_id: number | string;
  session_token?: string;
  timestamp: string;
  user_name?: string | null;
};

/** A guest has started the session. */
export type PrivateRvmSesiTamuAktif = {
  message?: string | null;
  rvm_id: number | string;
  session_token?: string;
  timestamp: string;
};

/** The numbers at the top of the dashboard. */
export type PrivateAdminDashboardDashboardDataUpdated = {
  active_sessions?: number;
  status_counts?: {
    [field: string]: number;
  } | unknown[];
  timestamp: string;
  total_deposits_today?: number;
  total_rvms: number;
  total_sessions_today?: number;
};

/** A machine is in another state. */
export type PrivateAdminDashboardRvmStatusUpdated = {
  location?: string | null;
  previous_status?: string | null;
  rvm_id: number | string;
  rvm_name?: string | null;
  status: string;
  timestamp: string;
};

/** The judge has chosen the category. */
export type PrivateSessionCategoryChange = {
  category: "baja" | "beton";
  timestamp: string;
};

/** Measurements are gone: of one run, of one lane, or all. */
export type PrivateSessionClearData = {
  category?: string | null;
  clear_id?: number;
  laptop_id?: number | null;
  message?: string | null;
  scope?: "run" | "lane" | "all";
  session_id?: number | null;
  timestamp: string;
};

/** Measurements that were cleared are back. */
export type PrivateSessionClearUndone = {
  clear_id: number;
  timestamp: string;
};

/** Whether all pages stand still. */
export type PrivateSessionFreezeData = {
  frozen: boolean;
  timestamp: string;
};

/** Measurements are taken from now on. */
export type PrivateSessionRealtimeSavingStarted = {
  session_id?: number | string | null;
  timestamp: string;
};

/** Measurements are refused from now on. */
export type PrivateSessionRealtimeSavingStopped = {
  session_id?: number | string | null;
  timestamp: string;
};

/** The broker tries itself; pages need do nothing. */
export type PrivateSessionSelfTest = {
  server_time_ms?: number;
  timestamp: string;
};

/** A run has begun. */
export type PrivateSessionSessionStarted = {
  category: "baja" | "beton";
  elapsed_seconds?: number;
  frequency: 1.5 | 2.5 | 3.5 | 4.5 | 5.5;
  session_id: number | string;
  started_at?: string;
  timestamp: string;
};

/** A run has ended. */
export type PrivateSessionSessionStopped = {
  auto_stopped?: boolean;
  collapsed?: boolean;
  duration_seconds?: number;
  ended_by?: "time" | "judge" | "collapse" | "replaced" | "clear" | "restart";
  session_id: number | string;
  timestamp: string;
};

/** The whole of it: run, valve, category, freeze, what can be undone. Sent on every change. */
export type PrivateSessionState = {
  category: "baja" | "beton";
  frequency: 1.5 | 2.5 | 3.5 | 4.5 | 5.5;
  frozen: boolean;
  last?: {
    [field: string]: unknown;
  } | null;
  realtime: {
    enabled: boolean;
  };
  revision: number;
  run_seconds?: number;
  server_time_ms: number;
  session: {
    [field: string]: unknown;
  } | null;
  teams_revision?: number;
  timestamp: string;
  undo?: {
    [field: string]: unknown;
  }[];
};

/** Teams have other names. */
export type PrivateSessionTeamsChanged = {
  revision?: number;
  timestamp: string;
};

/** All lanes, and the store. */
export type PrivateLanesLanes = {
  lanes: {
    laptop_id: unknown;
  }[];
  server_time_ms: number;
  store: {
    behind: unknown;
    database: unknown;
    full: unknown;
  };
};

/** One point, displacements in millimetres. */
export type PrivateMeasurementsNewData = {
  age_ms?: number;
  category?: string | null;
  dista: number;
  distb: number;
  elapsed_seconds?: number | null;
  frequency?: number | null;
  is_a_detected?: boolean;
  is_b_detected?: boolean;
  laptop_id: number | string;
  nama_tim?: string | null;
  relative_seconds?: number | null;
  relative_time?: number | null;
  sender?: string;
  seq?: number;
  serial?: number;
  session_id?: number | string | null;
  timestamp: string;
  timestamp_ms?: number;
};

/** Names of declared channels. */
export type ChannelName =
  | "rvm-status"
  | "private-rvm-status"
  | "detection-results"
  | "private-detection-results"
  | "timezone-updates"
  | "private-timezone-updates"
  | "system-alerts"
  | "private-system-alerts"
  | `rvm.${string}`
  | `private-rvm.${string}`
  | "private-admin-dashboard"
  | "private-session"
  | "private-lanes"
  | `private-measurements.${string}.${string}`;

/** Declarations of channels, their events, and the data of each. */
export interface Events {
  /** How the machines are. */
  "rvm-status": {
    /** What a machine measures of itself. */
    "health-updated": RvmStatusHealthUpdated;
    /** What a machine's program counts. */
    "performance-metrics": RvmStatusPerformanceMetrics;
    /** What a machine's computer uses. */
    "resource-usage": RvmStatusResourceUsage;
    /** The same under the name that the platform sends. */
    "rvm.status.updated": RvmStatusRvmStatusUpdated;
    /** The programs on a machine. */
    "service-status": RvmStatusServiceStatus;
    /** A machine is in another state: active, inactive, maintenance, full, error or unknown. */
    "status-updated": RvmStatusStatusUpdated;
  };
  /** How the machines are. */
  "private-rvm-status": Events["rvm-status"];
  /** What the machines recognise. */
  "detection-results": {
    /** How far a batch of pictures is. */
    "batch-updated": DetectionResultsBatchUpdated;
    /** The confidence that is asked for, or that one detection has. */
    "confidence-updated": DetectionResultsConfidenceUpdated;
    /** A picture and what is in it; edge programs write class_name, documents and pages class. */
    "detection-completed": DetectionResultsDetectionCompleted;
    /** How far a request for processing is. */
    "processing-updated": DetectionResultsProcessingUpdated;
  };
  /** What the machines recognise. */
  "private-detection-results": Events["detection-results"];
  /** The clocks of the machines. */
  "timezone-updates": {
    /** Somebody asks a machine to set its time zone. */
    "manual-sync": TimezoneUpdatesManualSync;
    /** How the clock of a machine is kept. */
    "sync-status": TimezoneUpdatesSyncStatus;
    /** What a machine's clock shows. */
    "time-updated": TimezoneUpdatesTimeUpdated;
    /** A machine has set its time zone. */
    "timezone-synced": TimezoneUpdatesTimezoneSynced;
  };
  /** The clocks of the machines. */
  "private-timezone-updates": Events["timezone-updates"];
  /** What somebody should look at. */
  "system-alerts": {
    /** A measured value is beyond its threshold. */
    "alert-notification": SystemAlertsAlertNotification;
    /** Something on a machine is broken. */
    "error-alert": SystemAlertsErrorAlert;
    /** A machine needs service. */
    "maintenance-alert": SystemAlertsMaintenanceAlert;
  };
  /** What somebody should look at. */
  "private-system-alerts": Events["system-alerts"];
  /** One machine's screen: who is in front of it, and what becomes of a deposit. */
  "rvm.{rvm_id}": {
    /** A deposit is accepted. */
    "deposit.completed": RvmDepositCompleted;
    /** A deposit is refused. */
    "deposit.failed": RvmDepositFailed;
    /** A deposit is being looked at. */
    "deposit.processing": RvmDepositProcessing;
    /** Something that the machine is to do. */
    "hardware.command": RvmHardwareCommand;
    /** An item is accepted or refused. */
    "item.processed": RvmItemProcessed;
    /** A user has claimed the session. */
    "session.authorized": RvmSessionAuthorized;
    /** A guest has started the session. */
    "session.guest-activated": RvmSessionGuestActivated;
    /** What the screen is to show. */
    "ui.update": RvmUiUpdate;
  };
  /** One machine's results, for whoever has signed in. */
  "private-rvm.{rvm_id}": {
    /** The analysis of a deposit is finished. */
    "analisis.selesai": PrivateRvmAnalisisSelesai;
    /** A user has claimed the session. */
    "sesi.diotorisasi": PrivateRvmSesiDiotorisasi;
    /** A guest has started the session. */
    "sesi.tamu.aktif": PrivateRvmSesiTamuAktif;
  };
  /** All machines, for those who run them. */
  "private-admin-dashboard": {
    /** The numbers at the top of the dashboard. */
    "dashboard.data.updated": PrivateAdminDashboardDashboardDataUpdated;
    /** A machine is in another state. */
    "rvm.status.updated": PrivateAdminDashboardRvmStatusUpdated;
  };
  /** The contest: which run it is and what is switched on. */
  "private-session": {
    /** The judge has chosen the category. */
    "category-change": PrivateSessionCategoryChange;
    /** Measurements are gone: of one run, of one lane, or all. */
    "clear-data": PrivateSessionClearData;
    /** Measurements that were cleared are back. */
    "clear-undone": PrivateSessionClearUndone;
    /** Whether all pages stand still. */
    "freeze-data": PrivateSessionFreezeData;
    /** Measurements are taken from now on. */
    "realtime-saving-started": PrivateSessionRealtimeSavingStarted;
    /** Measurements are refused from now on. */
    "realtime-saving-stopped": PrivateSessionRealtimeSavingStopped;
    /** The broker tries itself; pages need do nothing. */
    "self-test": PrivateSessionSelfTest;
    /** A run has begun. */
    "session-started": PrivateSessionSessionStarted;
    /** A run has ended. */
    "session-stopped": PrivateSessionSessionStopped;
    /** The whole of it: run, valve, category, freeze, what can be undone. Sent on every change. */
    state: PrivateSessionState;
    /** Teams have other names. */
    "teams-changed": PrivateSessionTeamsChanged;
  };
  /** The contest: how its lanes and its store are, about once a second while something changes. */
  "private-lanes": {
    /** All lanes, and the store. */
    lanes: PrivateLanesLanes;
  };
  /** One lane's measurements in one category. What cameras publish here is judged, kept and published by the contest. */
  "private-measurements.{category}.{laptop_id}": {
    /** One point, displacements in millimetres. */
    "new-data": PrivateMeasurementsNewData;
  };
}

/** The declaration that holds for a channel. */
export type Declaration<C extends string> =
  C extends `private-measurements.${string}.${string}` ? "private-measurements.{category}.{laptop_id}" :
  C extends `private-rvm.${string}` ? "private-rvm.{rvm_id}" :
  C extends `rvm.${string}` ? "rvm.{rvm_id}" :
  C extends "private-detection-results" ? "private-detection-results" :
  C extends "private-timezone-updates" ? "private-timezone-updates" :
  C extends "private-admin-dashboard" ? "private-admin-dashboard" :
  C extends "private-system-alerts" ? "private-system-alerts" :
  C extends "private-rvm-status" ? "private-rvm-status" :
  C extends "detection-results" ? "detection-results" :
  C extends "timezone-updates" ? "timezone-updates" :
  C extends "private-session" ? "private-session" :
  C extends "private-lanes" ? "private-lanes" :
  C extends "system-alerts" ? "system-alerts" :
  C extends "rvm-status" ? "rvm-status" :
  never;

/** Events of a channel that declares none. */
export type AnyEvents = { [event: string]: unknown };

/** Names of a channel's events. */
export type EventName<C extends ChannelName> = keyof Events[Declaration<C>] & string;

/** The data of an event on a channel. */
export type EventData<C extends ChannelName, E extends EventName<C>> = Events[Declaration<C>][E];

/** A channel of pusher-js that knows its events. */
export interface TypedChannel<C extends ChannelName> {
  readonly name: string;
  bind<E extends EventName<C>>(event: E, callback: (data: EventData<C, E>) => void, context?: unknown): this;
  bind(event: `pusher:${string}`, callback: (data: unknown) => void, context?: unknown): this;
  unbind<E extends EventName<C>>(event?: E, callback?: (data: EventData<C, E>) => void, context?: unknown): this;
  unbind(event: `pusher:${string}`, callback?: (data: unknown) => void, context?: unknown): this;
}

/** A pusher-js that knows its channels: `const pusher = new Pusher(key, options) as TypedPusher;`. */
export interface TypedPusher {
  subscribe<C extends ChannelName>(channel: C): TypedChannel<C>;
  unsubscribe(channel: ChannelName): void;
}

//! Shapes of bodies and answers, for the document.
//!
//! Never made, only described. The values are told by `contest`, `measurement` and our neighbours, which
//! know nothing of documents; `tests/broker/contest` holds every answer against these shapes, whose
//! objects are closed, so a field too many or too few is found there.
#![expect(dead_code, reason = "described, never made")]

use utoipa::{OpenApi, ToSchema};

/// All of them.
#[derive(OpenApi)]
#[openapi(components(schemas(
    Category,
    Clear,
    EndedBy,
    Error,
    Everything,
    Frozen,
    Lane,
    Lanes,
    NewClear,
    NewRun,
    PendingClear,
    Points,
    Realtime,
    RealtimeState,
    Run,
    RunList,
    RunStatus,
    Scope,
    SelfTest,
    SelfTestStep,
    Selection,
    State,
    Statistics,
    StatisticsRow,
    StopRun,
    Store,
    Team,
    TeamList,
    TeamName,
    TeamNames,
    Undone
)))]
pub(super) struct Schemas;

/// What a model is built of: steel or concrete.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
enum Category {
    Baja,
    Beton,
}

/// Why something was not done.
#[derive(ToSchema)]
struct Error {
    /// A sentence for people.
    error: String,
    /// A word for programs, such as `running`, `not_running`, `expired`, `invalid`, `forbidden` or `database_away`.
    reason: String,
    /// The run that is in the way, or that is over already.
    session: Option<Run>,
}

/// All that a page must know when it opens.
#[derive(ToSchema)]
struct Everything {
    state: State,
    teams: Vec<Team>,
    lanes: Lanes,
}

/// What holds: also the data of `state` on `private-session`.
#[derive(ToSchema)]
struct State {
    /// Rises with every change but points.
    revision: u64,
    server_time_ms: i64,
    /// Local time of the server.
    timestamp: String,
    category: Category,
    /// In hertz: 1.5, 2.5, 3.5, 4.5 or 5.5.
    frequency: f64,
    realtime: RealtimeState,
    /// Whether all pages stand still.
    frozen: bool,
    /// Length of a run.
    run_seconds: f64,
    /// The run that goes on.
    #[schema(required = true)]
    session: Option<Run>,
    /// The run that ended last.
    #[schema(required = true)]
    last: Option<Run>,
    /// What can still be brought back.
    undo: Vec<PendingClear>,
    teams_revision: u64,
}

/// Whether points are taken.
#[derive(ToSchema)]
struct RealtimeState {
    enabled: bool,
    #[schema(required = true)]
    session_id: Option<i64>,
    /// Local time.
    #[schema(required = true)]
    since: Option<String>,
}

/// A run.
#[derive(ToSchema)]
struct Run {
    session_id: i64,
    category: Category,
    /// In hertz.
    frequency: f64,
    status: RunStatus,
    /// Local time.
    started_at: String,
    started_at_ms: i64,
    /// So far; all that it took when it is over.
    elapsed_ms: u64,
    /// Local time.
    #[schema(required = true)]
    stopped_at: Option<String>,
    /// Whole seconds.
    #[schema(required = true)]
    duration_seconds: Option<u32>,
    /// Whether its time was over.
    auto_stopped: bool,
    /// Whether a model collapsed ("roboh").
    collapsed: bool,
    #[schema(required = true)]
    ended_by: Option<EndedBy>,
}

/// Whether a run goes on.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
enum RunStatus {
    Running,
    Stopped,
}

/// Why a run ended.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
enum EndedBy {
    Time,
    Judge,
    Collapse,
    Replaced,
    Clear,
    Restart,
}

/// A clear that can still be undone.
#[derive(ToSchema)]
struct PendingClear {
    clear_id: i64,
    scope: Scope,
    #[schema(required = true)]
    session_id: Option<i64>,
    #[schema(required = true)]
    laptop_id: Option<u8>,
    #[schema(required = true)]
    category: Option<Category>,
    points: u64,
    /// Until then; later the points are deleted.
    until_ms: i64,
}

/// What is cleared.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
enum Scope {
    Run,
    Lane,
    All,
}

/// A team: who stands on a lane in a category.
#[derive(ToSchema)]
struct Team {
    #[schema(minimum = 1, maximum = 8)]
    laptop_id: u8,
    category: Category,
    nama_tim: String,
    /// B-1 to B-8.
    alias: String,
}

/// All sixteen teams.
#[derive(ToSchema)]
struct TeamList {
    /// Rises when names change.
    revision: u64,
    teams: Vec<Team>,
}

/// Names of some teams; as CSV: the header `laptop_id,category,nama_tim`.
#[derive(ToSchema)]
struct TeamNames {
    teams: Vec<TeamName>,
}

/// The name of one.
#[derive(ToSchema)]
struct TeamName {
    #[schema(minimum = 1, maximum = 8)]
    laptop_id: u8,
    category: Category,
    #[schema(min_length = 1, max_length = 255)]
    nama_tim: String,
}

/// A run to begin.
#[derive(ToSchema)]
struct NewRun {
    category: Category,
    /// In hertz: 1.5, 2.5, 3.5, 4.5 or 5.5.
    frequency: f64,
    /// Whether a run that goes on makes room; else it is a conflict.
    #[schema(required = false, default = false)]
    replace: bool,
}

/// How a run ends.
#[derive(ToSchema)]
struct StopRun {
    /// Whether a model collapsed; what was measured is kept.
    #[schema(required = false, default = false)]
    collapsed: bool,
}

/// Runs, oldest first.
#[derive(ToSchema)]
struct RunList {
    sessions: Vec<Run>,
}

/// Whether points are taken.
#[derive(ToSchema)]
struct Realtime {
    enabled: bool,
}

/// Whether all pages stand still.
#[derive(ToSchema)]
struct Frozen {
    frozen: bool,
}

/// What comes next.
#[derive(ToSchema)]
struct Selection {
    category: Category,
    /// As it is when left out.
    frequency: Option<f64>,
}

/// What to clear: a run by `session_id`, a lane by `laptop_id` in one `category` or in both, or all.
#[derive(ToSchema)]
struct NewClear {
    scope: Scope,
    session_id: Option<i64>,
    #[schema(minimum = 1, maximum = 8)]
    laptop_id: Option<u8>,
    category: Option<Category>,
}

/// What a clear took out of sight.
#[derive(ToSchema)]
struct Clear {
    /// For undoing it.
    clear_id: i64,
    points: u64,
    sessions_stopped: u64,
    /// Until when it can be undone, unix milliseconds.
    until_ms: i64,
}

/// A clear that is undone.
#[derive(ToSchema)]
struct Undone {
    clear_id: i64,
    /// Points that are back.
    points: u64,
}

/// Points as rows.
#[derive(ToSchema)]
struct Points {
    /// What stands where in a row.
    fields: Vec<String>,
    /// Oldest first; bit 0 of the flags is a marker A that was seen, bit 1 a marker B.
    points: Vec<Vec<Option<f64>>>,
    /// When there are more: ask again with `after` this.
    #[schema(required = true)]
    next: Option<i64>,
}

/// Statistics of each run and lane.
#[derive(ToSchema)]
struct Statistics {
    statistics: Vec<StatisticsRow>,
}

/// Of the magnitudes of all points in sight, in millimetres.
#[derive(ToSchema)]
struct StatisticsRow {
    /// Null for points without a run.
    #[schema(required = true)]
    session_id: Option<i64>,
    category: Category,
    #[schema(required = true)]
    frequency: Option<f64>,
    laptop_id: u8,
    count: u64,
    max_dista: f64,
    max_distb: f64,
    avg_dista: f64,
    avg_distb: f64,
}

/// How cameras and store are: also the data of `lanes` on `private-lanes`.
#[derive(ToSchema)]
struct Lanes {
    server_time_ms: i64,
    lanes: Vec<Lane>,
    store: Store,
    /// The node that owns the contest, where several share it.
    owner: Option<String>,
}

/// How a lane is; counts are since the broker started.
#[derive(ToSchema)]
struct Lane {
    laptop_id: u8,
    /// Camera connections.
    connected: u32,
    #[schema(required = true)]
    last_point_ms_ago: Option<u64>,
    rate_hz: f64,
    received: u64,
    stored: u64,
    refused: u64,
    late: u64,
    duplicates: u64,
    out_of_order: u64,
    /// Numbered by the sender, and never come.
    lost: u64,
    #[schema(required = true)]
    is_a_detected: Option<bool>,
    #[schema(required = true)]
    is_b_detected: Option<bool>,
    #[schema(required = true)]
    last_refusal: Option<String>,
    /// `gateway`, `http`, `trigger` or `relay`.
    #[schema(required = true)]
    path: Option<String>,
}

/// How the store is.
#[derive(ToSchema)]
struct Store {
    /// `ok`, `behind` or `away`.
    database: String,
    /// Changes that the database has not got yet.
    behind: u64,
    journal_bytes: u64,
    journal_limit_bytes: u64,
    /// Whether points are refused for want of room.
    full: bool,
}

/// Every part, tried once.
#[derive(ToSchema)]
struct SelfTest {
    ok: bool,
    steps: Vec<SelfTestStep>,
}

/// One part.
#[derive(ToSchema)]
struct SelfTestStep {
    /// `journal`, `database`, `channels` or `gateway`.
    name: String,
    ok: bool,
    ms: f64,
    detail: String,
}

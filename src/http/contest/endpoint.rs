//! All that can be asked, on one screen.

/// In front of every path.
pub(super) const BASE: &str = "/api/v2/contest";

/// Something that can be asked.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) verb: Verb,
    /// After [`BASE`], with `{id}` where a number stands.
    pub(super) path: &'static str,
    pub(super) need: Need,
    pub(super) wish: Wish,
    /// For people who read the document.
    pub(super) summary: &'static str,
    /// Parameters of the query.
    pub(super) query: &'static [&'static str],
    pub(super) body: Body,
    pub(super) answer: Answer,
    /// Statuses of its own besides those that follow from the other fields.
    pub(super) refusals: &'static [u16],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Get,
    Post,
    Put,
}

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Whoever may subscribe to the session's channel.
    Viewer,
    /// Whoever may publish on it.
    Judge,
}

/// What is wished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    State,
    Teams,
    Rename,
    Start,
    Stop,
    Runs,
    Realtime,
    Freeze,
    Select,
    Clear,
    Undo,
    Points,
    Statistics,
    Lanes,
    SelfTest,
    RealtimeCsv,
    SessionCsv,
    PointsCsv,
    TeamCsv,
    Ranking,
}

/// What a request brings: a schema's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    None,
    Json(&'static str),
    /// May be left out.
    Optional(&'static str),
    /// JSON or CSV.
    Table(&'static str),
}

/// What comes back when it worked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// 200, with an object of this schema.
    Json(&'static str),
    /// 201, with an object of this schema.
    Made(&'static str),
    /// 200, with a file of this type.
    File(&'static str),
}

pub(super) const CSV: &str = "text/csv; charset=utf-8";
pub(super) const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

const fn get(path: &'static str, wish: Wish, answer: Answer, summary: &'static str) -> Endpoint {
    let verb = Verb::Get;
    Endpoint { verb, path, need: Need::Viewer, wish, summary, query: &[], body: Body::None, answer, refusals: &[] }
}

const fn put(path: &'static str, wish: Wish, body: Body, answer: Answer, summary: &'static str) -> Endpoint {
    Endpoint { verb: Verb::Put, need: Need::Judge, body, ..get(path, wish, answer, summary) }
}

const fn post(path: &'static str, wish: Wish, body: Body, answer: Answer, summary: &'static str) -> Endpoint {
    Endpoint { verb: Verb::Post, need: Need::Judge, body, ..get(path, wish, answer, summary) }
}

const STATE: Answer = Answer::Json("State");

/// The table.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    get("/state", Wish::State, Answer::Json("Everything"), "All that a page must know when it opens."),
    get("/teams", Wish::Teams, Answer::Json("TeamList"), "Who stands on which lane."),
    put("/teams", Wish::Rename, Body::Table("TeamNames"), Answer::Json("TeamList"), "Names some teams, or all."),
    Endpoint {
        query: &["category", "frequency"],
        ..get("/runs", Wish::Runs, Answer::Json("RunList"), "All runs, oldest first.")
    },
    Endpoint {
        refusals: &[409],
        ..post("/runs", Wish::Start, Body::Json("NewRun"), Answer::Made("Run"), "Begins a run; it ends by itself.")
    },
    Endpoint {
        refusals: &[404, 409],
        ..post(
            "/runs/{id}/stop",
            Wish::Stop,
            Body::Optional("StopRun"),
            Answer::Json("Run"),
            "Ends the run of this number, or the `current` one, early.",
        )
    },
    put("/realtime", Wish::Realtime, Body::Json("Realtime"), STATE, "Takes points from now on, or refuses them."),
    put("/frozen", Wish::Freeze, Body::Json("Frozen"), STATE, "Lets all pages stand still, or go on."),
    Endpoint {
        refusals: &[409],
        ..put("/category", Wish::Select, Body::Json("Selection"), STATE, "Chooses what comes next.")
    },
    Endpoint {
        refusals: &[404],
        ..post("/clears", Wish::Clear, Body::Json("NewClear"), Answer::Made("Clear"), "Puts points out of sight.")
    },
    Endpoint {
        refusals: &[404, 409],
        ..post(
            "/clears/{id}/undo",
            Wish::Undo,
            Body::None,
            Answer::Json("Undone"),
            "Brings the points of a clear back, while that can be done.",
        )
    },
    Endpoint {
        query: &["category", "laptop_id*", "session_id", "frequency", "after", "from_ms", "to_ms", "limit"],
        ..get("/points", Wish::Points, Answer::Json("Points"), "Points, oldest first, the newest included.")
    },
    Endpoint {
        query: &["session_id", "category", "laptop_id*"],
        ..get(
            "/statistics",
            Wish::Statistics,
            Answer::Json("Statistics"),
            "Greatest and mean magnitudes in millimetres, of each run and lane.",
        )
    },
    get("/lanes", Wish::Lanes, Answer::Json("Lanes"), "How cameras and store are."),
    post("/self-test", Wish::SelfTest, Body::None, Answer::Json("SelfTest"), "Tries every part once."),
    Endpoint {
        query: &["laptop_id"],
        ..get("/exports/realtime.csv", Wish::RealtimeCsv, Answer::File(CSV), "All points in the users' own columns.")
    },
    Endpoint {
        query: &["laptop_id", "frequency"],
        ..get(
            "/exports/session.csv",
            Wish::SessionCsv,
            Answer::File(CSV),
            "Points of all runs that are over, in the users' own columns.",
        )
    },
    Endpoint {
        query: &["session_id", "laptop_id*", "category"],
        ..get(
            "/exports/points.csv",
            Wish::PointsCsv,
            Answer::File(CSV),
            "Points for programs: plain numbers, ISO times.",
        )
    },
    Endpoint {
        query: &["laptop_id!", "category!"],
        ..get("/exports/team.csv", Wish::TeamCsv, Answer::File(CSV), "All that one team did, and did not.")
    },
    Endpoint {
        query: &["category"],
        ..get("/exports/ranking.xlsx", Wish::Ranking, Answer::File(XLSX), "Who shook least, as a spreadsheet.")
    },
];

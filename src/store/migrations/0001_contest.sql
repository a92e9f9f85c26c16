-- The contest's tables: the same text for SQLite and PostgreSQL. Times are unix milliseconds, and
-- beside them the local time of the broker's machine as text; booleans are 0 and 1.

-- One row: how far the database follows the journal, and which journal that is.
CREATE TABLE contest (
    id SMALLINT PRIMARY KEY CHECK (id = 1),
    applied BIGINT NOT NULL,
    journal TEXT
);
INSERT INTO contest (id, applied) VALUES (1, 0);

CREATE TABLE teams (
    laptop_id SMALLINT NOT NULL,
    category TEXT NOT NULL,
    nama_tim TEXT NOT NULL,
    alias TEXT NOT NULL,
    PRIMARY KEY (laptop_id, category)
);

CREATE TABLE sessions (
    id BIGINT PRIMARY KEY,
    category TEXT NOT NULL,
    frequency DOUBLE PRECISION NOT NULL,
    status TEXT NOT NULL,
    started_at TEXT NOT NULL,
    started_at_ms BIGINT NOT NULL,
    stopped_at TEXT,
    stopped_at_ms BIGINT,
    duration_seconds BIGINT,
    duration_ms BIGINT,
    auto_stopped SMALLINT NOT NULL DEFAULT 0,
    collapsed SMALLINT NOT NULL DEFAULT 0,
    ended_by TEXT
);

-- In free mode session_id and frequency are 0 and relative_ms is -1, so that pages need no rule for
-- NULL, in which the two databases differ. The views below show NULL.
CREATE TABLE points (
    id BIGINT PRIMARY KEY,
    session_id BIGINT NOT NULL,
    laptop_id SMALLINT NOT NULL,
    category TEXT NOT NULL,
    frequency DOUBLE PRECISION NOT NULL,
    dista DOUBLE PRECISION NOT NULL,
    distb DOUBLE PRECISION NOT NULL,
    is_a_detected SMALLINT NOT NULL,
    is_b_detected SMALLINT NOT NULL,
    relative_ms BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    at_local TEXT NOT NULL,
    clear_id BIGINT
);
CREATE INDEX points_by_run ON points (session_id, laptop_id, relative_ms, id);
CREATE INDEX points_by_time ON points (at_ms, id);
CREATE INDEX points_by_lane ON points (laptop_id, id);
CREATE INDEX points_by_clear ON points (clear_id) WHERE clear_id IS NOT NULL;

-- Statistics; clear_id is 0 for what is in sight, session_id is 0 in free mode.
CREATE TABLE tallies (
    session_id BIGINT NOT NULL,
    category TEXT NOT NULL,
    laptop_id SMALLINT NOT NULL,
    clear_id BIGINT NOT NULL,
    count BIGINT NOT NULL,
    max_dista DOUBLE PRECISION NOT NULL,
    max_distb DOUBLE PRECISION NOT NULL,
    sum_dista DOUBLE PRECISION NOT NULL,
    sum_distb DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (session_id, category, laptop_id, clear_id)
);

-- status: active (can be undone), undone, purged.
CREATE TABLE clears (
    id BIGINT PRIMARY KEY,
    scope TEXT NOT NULL,
    session_id BIGINT,
    laptop_id SMALLINT,
    category TEXT,
    last_id BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    until_ms BIGINT NOT NULL,
    status TEXT NOT NULL
);

-- Changes whose content the database refused, whole, so that nothing is lost and the rest goes on.
CREATE TABLE passed_over (
    seq BIGINT PRIMARY KEY,
    reason TEXT NOT NULL,
    entry TEXT NOT NULL
);

CREATE VIEW statistics AS
SELECT session_id, laptop_id, category, count, max_dista, max_distb,
       sum_dista / count AS avg_dista, sum_distb / count AS avg_distb
FROM tallies
WHERE clear_id = 0 AND session_id <> 0;

CREATE VIEW measurements AS
SELECT id, NULLIF(session_id, 0) AS session_id, laptop_id,
       CASE WHEN relative_ms < 0 THEN NULL ELSE relative_ms / 1000 END AS relative_time,
       dista, distb, is_a_detected, is_b_detected, NULLIF(frequency, 0) AS frequency, category,
       at_local AS timestamp, at_ms AS timestamp_ms
FROM points
WHERE clear_id IS NULL;

CREATE VIEW realtime_data AS
SELECT id, NULLIF(session_id, 0) AS session_id, laptop_id, dista, distb, is_a_detected, is_b_detected,
       NULLIF(frequency, 0) AS frequency, at_local AS timestamp,
       CASE WHEN relative_ms < 0 THEN NULL ELSE relative_ms / 1000 END AS relative_time, category
FROM points
WHERE clear_id IS NULL;

-- The latest point of each lane and category.
CREATE VIEW v_latest_data AS
SELECT t.laptop_id, t.category, t.nama_tim, p.dista, p.distb, NULLIF(p.frequency, 0) AS frequency,
       p.at_local AS timestamp, NULLIF(p.session_id, 0) AS session_id, s.status AS session_status
FROM teams t
JOIN points p ON p.id = (
    SELECT MAX(q.id) FROM points q
    WHERE q.laptop_id = t.laptop_id AND q.category = t.category AND q.clear_id IS NULL
)
LEFT JOIN sessions s ON s.id = p.session_id;

-- Each run that is over, with each team of its category; 0 where a team has no points.
CREATE VIEW v_session_statistics AS
SELECT s.id AS session_id, s.frequency, s.category, s.started_at, s.stopped_at, s.duration_seconds,
       s.status, s.auto_stopped, s.collapsed, t.laptop_id, t.nama_tim,
       COALESCE(x.max_dista, 0) AS max_dista, COALESCE(x.max_distb, 0) AS max_distb,
       COALESCE(x.avg_dista, 0) AS avg_dista, COALESCE(x.avg_distb, 0) AS avg_distb
FROM sessions s
JOIN teams t ON t.category = s.category
LEFT JOIN statistics x ON x.session_id = s.id AND x.laptop_id = t.laptop_id
WHERE s.status <> 'running';

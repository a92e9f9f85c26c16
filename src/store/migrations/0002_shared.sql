-- Several nodes on one database: who may write, and every change of the contest, whole and in order, so that
-- another node can go on where one ended.

-- Rises with each node that begins; a node that began before the last one writes nothing any more.
ALTER TABLE contest ADD COLUMN term BIGINT NOT NULL DEFAULT 0;
ALTER TABLE contest ADD COLUMN owner TEXT;

-- Changes that were committed together, as a JSON array, by the number of the last.
CREATE TABLE ledger (
    last BIGINT PRIMARY KEY,
    entries TEXT NOT NULL
);

-- One row: what held after a change, so that older ones are dispensable.
CREATE TABLE snapshot (
    id SMALLINT PRIMARY KEY CHECK (id = 1),
    applied BIGINT NOT NULL,
    state TEXT NOT NULL
);

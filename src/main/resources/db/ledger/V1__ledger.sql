-- The ledger of runs. One set of statements for SQLite and PostgreSQL: times are epoch milliseconds of the database's
-- clock, and what is not so is NULL.

CREATE TABLE pipelines (
    name     TEXT PRIMARY KEY,
    paused   BIGINT,
    revision BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE nodes (
    id      TEXT PRIMARY KEY,
    started BIGINT NOT NULL,
    seen    BIGINT NOT NULL
);

CREATE TABLE runs (
    id               TEXT PRIMARY KEY,
    pipeline         TEXT    NOT NULL,
    slot             BIGINT,
    trigger          TEXT    NOT NULL,
    parameters       TEXT    NOT NULL,
    state            TEXT    NOT NULL,
    attempts         INTEGER NOT NULL DEFAULT 0,
    error            TEXT,
    node             TEXT,
    token            TEXT,
    lease_until      BIGINT,
    cancel_requested BIGINT,
    created          BIGINT  NOT NULL,
    started          BIGINT,
    finished         BIGINT,
    UNIQUE (pipeline, slot)
);

CREATE INDEX runs_by_pipeline ON runs (pipeline, created);
CREATE INDEX runs_by_creation ON runs (created);
CREATE INDEX runs_by_end ON runs (finished);
CREATE INDEX runs_under_way ON runs (pipeline) WHERE state IN ('scheduled', 'running', 'retrying');

CREATE TABLE attempts (
    run      TEXT    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    attempt  INTEGER NOT NULL,
    state    TEXT    NOT NULL,
    rows     BIGINT  NOT NULL DEFAULT 0,
    bytes    BIGINT  NOT NULL DEFAULT 0,
    error    TEXT,
    started  BIGINT  NOT NULL,
    finished BIGINT,
    PRIMARY KEY (run, attempt)
);

CREATE TABLE steps (
    run      TEXT    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    attempt  INTEGER NOT NULL,
    id       TEXT    NOT NULL,
    state    TEXT    NOT NULL,
    rows     BIGINT  NOT NULL DEFAULT 0,
    bytes    BIGINT  NOT NULL DEFAULT 0,
    error    TEXT,
    started  BIGINT  NOT NULL,
    finished BIGINT,
    PRIMARY KEY (run, attempt, id)
);

CREATE TABLE log_lines (
    run     TEXT   NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    seq     BIGINT NOT NULL,
    time    BIGINT NOT NULL,
    level   TEXT   NOT NULL,
    logger  TEXT   NOT NULL,
    message TEXT   NOT NULL,
    PRIMARY KEY (run, seq)
);

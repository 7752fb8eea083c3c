-- Messages about runs and incidents for receivers outside of the ledger, each until it has been delivered.
CREATE TABLE outbox (
    id       TEXT    PRIMARY KEY,
    receiver TEXT    NOT NULL,
    pipeline TEXT    NOT NULL,
    run      TEXT,
    state    TEXT    NOT NULL,
    error    TEXT,
    body     TEXT    NOT NULL,
    created  BIGINT  NOT NULL,
    due      BIGINT  NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0
);

CREATE INDEX outbox_due ON outbox (due);
CREATE INDEX outbox_of_run ON outbox (run);

-- Ends of runs that no process has announced, because that of the run has ended as well.
ALTER TABLE runs ADD COLUMN announce INTEGER NOT NULL DEFAULT 0;

CREATE INDEX runs_to_announce ON runs (id) WHERE announce = 1;

-- The schedule that is served, and the time until which its slots are accounted for; when the last pause began.
ALTER TABLE pipelines ADD COLUMN schedule TEXT;
ALTER TABLE pipelines ADD COLUMN since BIGINT;
ALTER TABLE pipelines ADD COLUMN paused_at BIGINT;

-- What needs attention: one open incident for each pipeline and cause.
CREATE TABLE incidents (
    id       TEXT   PRIMARY KEY,
    pipeline TEXT   NOT NULL,
    cause    TEXT   NOT NULL,
    run      TEXT,
    message  TEXT   NOT NULL,
    fix      TEXT,
    opened   BIGINT NOT NULL,
    told     BIGINT,
    closed   BIGINT
);

CREATE UNIQUE INDEX incidents_open ON incidents (pipeline, cause) WHERE closed IS NULL;
CREATE INDEX incidents_closed ON incidents (closed);

-- Maintenance windows, during which incidents of a pipeline, or of all (*), cause no message.
CREATE TABLE mutes (
    id       TEXT   PRIMARY KEY,
    pipeline TEXT   NOT NULL,
    begins   BIGINT NOT NULL,
    ends     BIGINT NOT NULL
);

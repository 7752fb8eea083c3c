-- What runs have loaded.
CREATE TABLE loads (
    run           TEXT    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    id            TEXT    NOT NULL,
    table_name    TEXT    NOT NULL,
    attempt       INTEGER NOT NULL,
    mode          TEXT    NOT NULL,
    rows_read     BIGINT  NOT NULL,
    inserted      BIGINT  NOT NULL,
    updated       BIGINT  NOT NULL,
    deleted       BIGINT  NOT NULL,
    bytes         BIGINT  NOT NULL,
    cursor_column TEXT,
    cursor_value  TEXT,
    changes       TEXT    NOT NULL,
    query         TEXT,
    committed     BIGINT  NOT NULL,
    PRIMARY KEY (run, id, table_name)
);

-- Each table that a run has loaded, as its last load has left it. It outlives its runs.
CREATE TABLE loaded_tables (
    name          TEXT   PRIMARY KEY,
    pipeline      TEXT   NOT NULL,
    run           TEXT   NOT NULL,
    loaded        BIGINT NOT NULL,
    cursor_column TEXT,
    cursor_value  TEXT,
    columns       TEXT   NOT NULL
);

-- The changes of their columns, each list as JSON.
CREATE TABLE schema_changes (
    table_name TEXT   NOT NULL,
    changed    BIGINT NOT NULL,
    load       TEXT   NOT NULL,
    pipeline   TEXT   NOT NULL,
    run        TEXT   NOT NULL,
    changes    TEXT   NOT NULL,
    PRIMARY KEY (table_name, changed, load)
);

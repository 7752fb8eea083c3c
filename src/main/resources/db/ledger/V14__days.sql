-- What runs have found out about the days of data that is loaded day by day.
CREATE TABLE days (
    dataset  TEXT NOT NULL,
    day      TEXT NOT NULL,
    state    TEXT NOT NULL,
    pipeline TEXT NOT NULL,
    run      TEXT NOT NULL,
    reason   TEXT,
    PRIMARY KEY (dataset, day)
);

CREATE INDEX days_of_pipeline ON days (pipeline, dataset);

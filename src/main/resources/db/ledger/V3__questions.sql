-- An index for every question that is asked of the runs, however many there are.
DROP INDEX runs_by_pipeline;
DROP INDEX runs_by_creation;
CREATE INDEX runs_by_pipeline ON runs (pipeline, id);
CREATE INDEX runs_by_state ON runs (state, id);
CREATE INDEX runs_by_pipeline_and_state ON runs (pipeline, state, id);

-- Slots that passed before count as missed no more.
ALTER TABLE pipelines ADD COLUMN resumed BIGINT;

-- Which nodes are services, and the version of each route that they run.
ALTER TABLE nodes ADD COLUMN serves BIGINT;
ALTER TABLE nodes ADD COLUMN stopped BIGINT;

CREATE TABLE served (
    node     TEXT NOT NULL REFERENCES nodes (id) ON DELETE CASCADE,
    pipeline TEXT NOT NULL,
    version  TEXT NOT NULL,
    PRIMARY KEY (node, pipeline)
);

-- A run for a slot that ended with its process waits here for another process to take it up.
ALTER TABLE runs ADD COLUMN interrupted INTEGER NOT NULL DEFAULT 0;

CREATE INDEX runs_interrupted ON runs (slot) WHERE interrupted = 1;

-- What the runs that have ended amount to, by pipeline and state, so that no query has to add it up. Runs that are deleted
-- stay counted.
CREATE TABLE totals (
    pipeline   TEXT   NOT NULL,
    state      TEXT   NOT NULL,
    runs       BIGINT NOT NULL,
    begun      BIGINT NOT NULL,
    attempts   BIGINT NOT NULL,
    rows       BIGINT NOT NULL,
    bytes      BIGINT NOT NULL,
    millis     BIGINT NOT NULL,
    slots      BIGINT NOT NULL,
    lateness   BIGINT NOT NULL,
    last_end   BIGINT NOT NULL,
    PRIMARY KEY (pipeline, state)
);

-- How many of its attempts are in the totals; NULL before the first end of a run. A run that is retried ends again.
ALTER TABLE runs ADD COLUMN counted INTEGER;
UPDATE runs SET counted = attempts WHERE state IN ('failed', 'crashed', 'cancelled', 'missed') AND announce = 0;

INSERT INTO totals (pipeline, state, runs, begun, attempts, rows, bytes, millis, slots, lateness, last_end)
SELECT pipeline, state, COUNT(*), COUNT(started), SUM(attempts), SUM(rows), SUM(bytes),
    SUM(CASE WHEN finished > started THEN finished - started ELSE 0 END),
    SUM(CASE WHEN slot IS NULL OR started IS NULL THEN 0 ELSE 1 END),
    SUM(CASE WHEN started > slot THEN started - slot ELSE 0 END), MAX(finished)
FROM runs WHERE finished IS NOT NULL AND announce = 0 GROUP BY pipeline, state;

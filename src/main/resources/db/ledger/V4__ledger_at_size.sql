-- What all attempts of a run have loaded, so that no list of runs has to add it up.
ALTER TABLE runs ADD COLUMN rows BIGINT NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN bytes BIGINT NOT NULL DEFAULT 0;
UPDATE runs SET (rows, bytes) = (SELECT COALESCE(SUM(a.rows), 0), COALESCE(SUM(a.bytes), 0) FROM attempts a WHERE a.run = runs.id);

-- Warnings and errors are few, and what people search for.
CREATE INDEX log_lines_of_problems ON log_lines (run, seq) WHERE level IN ('WARN', 'ERROR', 'FATAL');

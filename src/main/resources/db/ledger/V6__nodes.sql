-- Nobody waits for a detached run: any service executes it. Without a node it waits for one.
ALTER TABLE runs ADD COLUMN detached INTEGER NOT NULL DEFAULT 0;

-- What a node says of itself: the version of Caravan, how many runs it executes at a time, and how many milliseconds its
-- clock is ahead of the ledger's.
ALTER TABLE nodes ADD COLUMN version TEXT;
ALTER TABLE nodes ADD COLUMN places INTEGER;
ALTER TABLE nodes ADD COLUMN clock BIGINT;

-- How many runs of a pipeline may be active.
ALTER TABLE served ADD COLUMN concurrency INTEGER;

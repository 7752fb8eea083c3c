-- To which channels the messages about an incident were sent.
ALTER TABLE incidents ADD COLUMN told_to TEXT;

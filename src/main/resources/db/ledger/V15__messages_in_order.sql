-- Messages about an incident reach each receiver in their order: first that it has opened, then that it is resolved.
ALTER TABLE outbox ADD COLUMN incident TEXT;

CREATE INDEX outbox_of_incident ON outbox (incident, receiver);

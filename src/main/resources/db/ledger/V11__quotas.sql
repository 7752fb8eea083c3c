-- What is left of the quota of each API, as a run was last told.
CREATE TABLE quotas (
    api       TEXT   PRIMARY KEY,
    remaining BIGINT NOT NULL,
    total     BIGINT,
    told      BIGINT NOT NULL
);

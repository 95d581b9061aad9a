-- Who built the same again, and whether the same images came of it. Goes with the job.
CREATE TABLE rebuilds (
    request_hash TEXT    NOT NULL REFERENCES jobs (request_hash) ON DELETE CASCADE,

    -- The other server's address, or 'local'.
    server       TEXT    NOT NULL,

    -- The `build_at` of the answer it was compared with; a job that is built anew has another.
    build_at     TEXT    NOT NULL,

    -- 1 or 0.
    same         BIGINT  NOT NULL,

    -- What differed, for people; '' if nothing did.
    detail       TEXT    NOT NULL,

    -- When it was compared, milliseconds since 1970 in UTC.
    at           BIGINT  NOT NULL,

    PRIMARY KEY (request_hash, server)
);

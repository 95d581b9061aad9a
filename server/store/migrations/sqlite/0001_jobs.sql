-- One row a build request: the request, its place in the queue, who works on it, and what came of it.
-- All times are milliseconds since 1970 in UTC; they are given by the caller, never by the database.
CREATE TABLE jobs (
    -- SHA-256 of the canonical request, hex: the identity of request, job, image folder and answer.
    -- Being the key is what joins identical requests, however many arrive at once.
    request_hash TEXT    NOT NULL PRIMARY KEY,

    -- The canonical request, JSON.
    request      TEXT    NOT NULL,

    -- queued: waits for a worker. started: a worker holds a lease. done, failed: `answer` tells.
    state        TEXT    NOT NULL CHECK (state IN ('queued', 'started', 'done', 'failed')),

    -- Order of the queue: lower goes first. A job that is tried again keeps its place.
    place        INTEGER NOT NULL UNIQUE,

    -- When the request was accepted.
    enqueued_at  INTEGER NOT NULL,

    -- Not to be claimed before: the back-off after a failure that was not the request's fault.
    not_before   INTEGER NOT NULL,

    -- How often it was claimed and not handed back in order: a job that takes its worker down
    -- with it is given up after some of these.
    attempts     INTEGER NOT NULL DEFAULT 0,

    -- Counts claims, and so names the current lease: a worker that lost its lease still knows the
    -- old number and is refused.
    lease        INTEGER NOT NULL DEFAULT 0,

    -- Who holds the lease; NULL unless started.
    worker       TEXT,

    -- When the lease ends unless it is extended; NULL unless started. An ended lease is claimable.
    lease_until  INTEGER,

    -- How far the build is, in API v1's words (`imagebuilder_status`).
    stage        TEXT    NOT NULL DEFAULT 'queued',

    -- What happened so far, one line an event, for the operator.
    log          TEXT    NOT NULL DEFAULT '',

    -- The answer to give, JSON; NULL until done or failed.
    answer       TEXT,

    -- When the answer is no longer given and the images may go; NULL until done or failed.
    expires_at   INTEGER
);

-- Claims and queue positions look at waiting jobs only, in order of place.
CREATE INDEX jobs_waiting ON jobs (place) WHERE state IN ('queued', 'started');

-- The cleaner looks for expired answers only.
CREATE INDEX jobs_expiry ON jobs (expires_at) WHERE expires_at IS NOT NULL;

-- Answers of the 2017 API's upgrade check, so that a client can ask for one again by its hash.
-- All times are milliseconds since 1970 in UTC; they are given by the caller, never by the database.
CREATE TABLE upgrade_checks (
    -- The first 16 digits of the SHA-256 of the question and its answer, hex.
    request_hash TEXT    NOT NULL PRIMARY KEY,

    -- The answer, JSON.
    answer       TEXT    NOT NULL,

    -- When the answer is no longer given.
    expires_at   INTEGER NOT NULL
);

-- The cleaner looks for expired answers only.
CREATE INDEX upgrade_checks_expiry ON upgrade_checks (expires_at);

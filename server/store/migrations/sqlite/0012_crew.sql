-- Workers, in a server or elsewhere, by the name their leases have. Times are milliseconds since 1970 in UTC.
CREATE TABLE workers (
    name    TEXT    NOT NULL PRIMARY KEY,

    -- The last sign of life, to half a minute.
    seen_at INTEGER NOT NULL
);

-- What one of several servers does for all of them.
CREATE TABLE duties (
    name   TEXT    NOT NULL PRIMARY KEY,

    -- Who does it, and until when nobody else may.
    holder TEXT    NOT NULL,
    until  INTEGER NOT NULL,

    -- What was done last, in the duty's own words, and when; '' and 0: nothing yet.
    did    TEXT    NOT NULL DEFAULT '',
    did_at INTEGER NOT NULL DEFAULT 0
);

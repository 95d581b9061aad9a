-- What was built, for estimates and statistics. It outlives the jobs, which go when they expire.
-- Times are milliseconds since 1970 in UTC, days are whole days since 1970; the triggers take them
-- from the rows that are written, never from the database's clock.

-- When the worker that ended the job took it, and when it ended it.
ALTER TABLE jobs ADD COLUMN started_at INTEGER;
ALTER TABLE jobs ADD COLUMN finished_at INTEGER;

-- The last 5000 builds, in the order of their ends.
CREATE TABLE builds (
    id           INTEGER NOT NULL PRIMARY KEY,
    request_hash TEXT    NOT NULL,
    version      TEXT    NOT NULL,
    target       TEXT    NOT NULL,
    profile      TEXT    NOT NULL,
    -- 'done' or 'failed'.
    state        TEXT    NOT NULL,
    -- What was said of a failure, at most 200 characters.
    detail       TEXT    NOT NULL,
    started_at   INTEGER,
    finished_at  INTEGER NOT NULL
);

-- Builds of half a year, by day and version.
CREATE TABLE build_days (
    day     INTEGER NOT NULL,
    version TEXT    NOT NULL,
    done    INTEGER NOT NULL DEFAULT 0,
    failed  INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (day, version)
) WITHOUT ROWID;

-- Packages that were asked for in builds of the last 30 days.
CREATE TABLE package_days (
    day     INTEGER NOT NULL,
    version TEXT    NOT NULL,
    name    TEXT    NOT NULL,
    builds  INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (day, version, name)
) WITHOUT ROWID;

-- Requests for builds of half a year; `hits` were answered with what was there.
CREATE TABLE request_days (
    day      INTEGER NOT NULL PRIMARY KEY,
    requests INTEGER NOT NULL DEFAULT 0,
    hits     INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- Part of the statement that ends a job, so that each end is counted, and once.
CREATE TRIGGER jobs_ended AFTER UPDATE OF state ON jobs
WHEN new.state IN ('done', 'failed') AND old.state IN ('queued', 'started')
    AND new.finished_at IS NOT NULL
BEGIN
    INSERT INTO builds (request_hash, version, target, profile, state, detail, started_at, finished_at)
    VALUES (new.request_hash, new.request ->> '$.version', new.request ->> '$.target',
        new.request ->> '$.profile', new.state,
        substr(coalesce(new.answer ->> '$.detail', ''), 1, 200), new.started_at, new.finished_at);

    INSERT INTO build_days (day, version, done, failed)
    VALUES (new.finished_at / 86400000, new.request ->> '$.version',
        new.state = 'done', new.state = 'failed')
    ON CONFLICT (day, version) DO UPDATE SET
        done = done + excluded.done, failed = failed + excluded.failed;

    INSERT INTO package_days (day, version, name)
    SELECT new.finished_at / 86400000, new.request ->> '$.version', value
    FROM json_each(new.request, '$.packages')
    WHERE new.state = 'done' AND value NOT LIKE '-%'
    ON CONFLICT (day, version, name) DO UPDATE SET builds = builds + 1;

    DELETE FROM builds WHERE id <= (SELECT max(id) FROM builds) - 5000;
    DELETE FROM build_days WHERE day < new.finished_at / 86400000 - 190;
    DELETE FROM package_days WHERE day < new.finished_at / 86400000 - 30;
END;

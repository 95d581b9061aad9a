-- What SQLite's migration of this number says; the columns that change most are not in an index here, so
-- that a heartbeat changes the row alone.
ALTER TABLE jobs ADD COLUMN turn   BIGINT NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN client TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE jobs ADD COLUMN target TEXT COLLATE "C" NOT NULL DEFAULT '';

DROP INDEX jobs_waiting;
DROP INDEX jobs_next;
CREATE INDEX jobs_line ON jobs (turn, place) WHERE state IN ('queued', 'started');
CREATE INDEX jobs_line_of_target ON jobs (target, turn, place) WHERE state IN ('queued', 'started');
DROP INDEX jobs_started;
CREATE INDEX jobs_started ON jobs (target, started_at) WHERE state = 'started';
CREATE INDEX jobs_of_client ON jobs (client, turn) WHERE client <> '';

-- Room in each page for the next form of its rows.
ALTER TABLE jobs SET (fillfactor = 70);

CREATE TABLE secrets (
    name  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
INSERT INTO secrets VALUES ('clients', gen_random_uuid()::text || gen_random_uuid()::text);

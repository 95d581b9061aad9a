-- Whose turn it is, by who asks and not by age alone: each client's next job goes behind one job of every
-- other. Lower turns go first, and of one turn the lower place. A job that is tried again keeps both.
ALTER TABLE jobs ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;

-- Who asked, while the job waits: a keyed hash of the address, hex, or '-' for programs on the server's
-- machine. '' as soon as it does not wait: nobody needs it then.
ALTER TABLE jobs ADD COLUMN client TEXT NOT NULL DEFAULT '';

-- The request's target: 'ath79/generic'. '' in rows that an older server wrote; see Store::open.
ALTER TABLE jobs ADD COLUMN target TEXT NOT NULL DEFAULT '';

-- What is claimed next, and places in the queue: from the index alone.
DROP INDEX jobs_waiting;
DROP INDEX jobs_next;
CREATE INDEX jobs_line ON jobs (turn, place, state, lease_until, not_before)
    WHERE state IN ('queued', 'started');

-- The same for those who may not build for every target.
CREATE INDEX jobs_line_of_target ON jobs (target, turn, place) WHERE state IN ('queued', 'started');

-- How many run, of all targets and of one: they are few.
DROP INDEX jobs_started;
CREATE INDEX jobs_started ON jobs (target, lease_until, started_at, turn) WHERE state = 'started';

-- The last turn that a client has.
CREATE INDEX jobs_of_client ON jobs (client, turn) WHERE client <> '';

-- Random numbers that servers on this database share, by what they are for.
CREATE TABLE secrets (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
INSERT INTO secrets VALUES ('clients', lower(hex(randomblob(32))));

-- With ten thousand jobs in the queue, a place in it is counted for each poll: from the index alone.
DROP INDEX jobs_waiting;
CREATE INDEX jobs_waiting ON jobs (place, state, lease_until, not_before)
    WHERE state IN ('queued', 'started');

-- An estimate looks at the jobs under way, which are few.
CREATE INDEX jobs_started ON jobs (lease_until, started_at) WHERE state = 'started';

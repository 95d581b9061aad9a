-- What is claimed next, in an index of its own. By one of `place` alone, which has the finished jobs, too,
-- a database that thinks most jobs wait would read all that were finished before the first that waits.
CREATE INDEX jobs_next ON jobs ((place + 0)) WHERE state IN ('queued', 'started');

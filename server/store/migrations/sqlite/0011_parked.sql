-- How often in a row the request was left alone after tries that failed through no fault of its own that
-- anybody could tell. Such a job has failed, in the stage 'parked'; its row is kept for the operator when
-- its answer is no longer given.
ALTER TABLE jobs ADD COLUMN parked INTEGER NOT NULL DEFAULT 0;

CREATE INDEX jobs_parked ON jobs (expires_at) WHERE stage = 'parked';

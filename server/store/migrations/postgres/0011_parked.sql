-- What SQLite's migration of this number says.
ALTER TABLE jobs ADD COLUMN parked BIGINT NOT NULL DEFAULT 0;

CREATE INDEX jobs_parked ON jobs (expires_at) WHERE stage = 'parked';

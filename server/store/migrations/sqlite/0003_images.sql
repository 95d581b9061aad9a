-- What the 2017 API calls images and manifests, by the hashes its clients were told. The hashes are
-- compared with the job's answer when they are asked for: a job that was built anew may have others.
CREATE TABLE images (
    -- SHA-256 of distribution, release, profile, package versions and all else in the image, hex.
    image_hash    TEXT NOT NULL,

    -- The job whose answer describes the image; what is known of it goes with the job.
    request_hash  TEXT NOT NULL REFERENCES jobs (request_hash) ON DELETE CASCADE,

    -- SHA-256 of the packages with their versions, hex.
    manifest_hash TEXT NOT NULL,

    -- Several requests may lead to the same image.
    PRIMARY KEY (image_hash, request_hash)
);

CREATE INDEX images_by_manifest ON images (manifest_hash);

-- A job that is forgotten takes its images along.
CREATE INDEX images_by_request ON images (request_hash);

-- How many images were downloaded through the 2017 API, by day. What was downloaded and by whom is
-- not kept.
CREATE TABLE downloads (
    -- 2017-08-29, in UTC.
    day   TEXT    NOT NULL PRIMARY KEY,
    count INTEGER NOT NULL
);

-- Who waits for a build that is not finished. Each may withdraw; the build ends when nobody is left.
CREATE TABLE askers (
    -- The job's place in the queue, which is another one each time it is asked for anew.
    place      BIGINT           NOT NULL,

    -- SHA-256 of the token the asker was told, hex; '' stands for all who were told none.
    token_hash TEXT COLLATE "C" NOT NULL,

    PRIMARY KEY (place, token_hash)
);

-- What SQLite's migration of this number says.
CREATE TABLE workers (
    name    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    seen_at BIGINT NOT NULL
);

CREATE TABLE duties (
    name   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    holder TEXT   NOT NULL,
    until  BIGINT NOT NULL,
    did    TEXT   NOT NULL DEFAULT '',
    did_at BIGINT NOT NULL DEFAULT 0
);

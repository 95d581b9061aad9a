-- What PostgreSQL writes down first and counts later, so that those that end at the same time do not wait for
-- each other. Here is one writer, who counts at once: this stays empty, and is here so that all databases
-- have the same tables.
CREATE TABLE ends (
    id       INTEGER PRIMARY KEY,
    day      INTEGER NOT NULL,
    version  TEXT    NOT NULL,
    done     INTEGER NOT NULL,
    packages TEXT
);

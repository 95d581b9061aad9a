-- Who may build for this server from elsewhere. A token that is revoked has no row.
CREATE TABLE worker_tokens (
    -- SHA-256 of the token, hex; the token itself is kept nowhere.
    token_hash TEXT    NOT NULL PRIMARY KEY,

    -- What people call it.
    name       TEXT    NOT NULL UNIQUE,

    -- The targets its workers build for, with a space between: 'x86/64 ath79/*'; '*' is all.
    targets    TEXT    NOT NULL,

    -- When it was made and when a worker last came with it (NULL: never), milliseconds since 1970 in UTC.
    made_at    INTEGER NOT NULL,
    seen_at    INTEGER
);

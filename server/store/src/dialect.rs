//! What SQLite and PostgreSQL say differently; every other statement is the same for both.

/// The language of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// Ends a subquery that picks the rows to change: what another connection is changing is passed
    /// over. SQLite has one writer at a time.
    pub(crate) fn skip_locked(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => "FOR UPDATE SKIP LOCKED",
        }
    }

    /// Begins a transaction that writes. SQLite waits for its turn here, and then not again.
    pub(crate) fn begin_write(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        }
    }

    /// How many transactions of one server are under way at once that write for its workers:
    /// PostgreSQL works on one while the other waits for the disk.
    pub(crate) fn writers(self) -> u32 {
        match self {
            Self::Sqlite => 1,
            Self::Postgres => 2,
        }
    }

    /// What a transaction says first whose statement looks at the whole queue. PostgreSQL would let
    /// two of them look at the same moment, and both take the last place.
    pub(crate) fn lock_queue(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => Some("SELECT pg_advisory_xact_lock(hashtext('asu queue'))"),
        }
    }

    /// The text of a field of the JSON object in `column`; NULL if there is none.
    pub(crate) fn field(self, column: &str, name: &str) -> String {
        match self {
            Self::Sqlite => format!("({column} ->> '$.{name}')"),
            Self::Postgres => format!("((as_json({column}) ->> '{name}') COLLATE \"C\")"),
        }
    }

    /// A table `item` with a `value` for each text in an array of the JSON object in `column`.
    pub(crate) fn items(self, column: &str, name: &str) -> String {
        match self {
            Self::Sqlite => format!("json_each({column}, '$.{name}') AS item"),
            Self::Postgres => format!(
                "LATERAL (SELECT value COLLATE \"C\" AS value
                 FROM json_array_elements_text(as_json({column}) -> '{name}')) AS item"
            ),
        }
    }

    /// Whether `text` is in `list`, where each item has a space on both sides.
    pub(crate) fn is_listed(self, text: &str, list: &str) -> String {
        let find = self.find();
        format!("{find}({list}, ' ' || {text} || ' ') > 0")
    }

    fn find(self) -> &'static str {
        match self {
            Self::Sqlite => "instr",
            Self::Postgres => "strpos",
        }
    }

    /// Whether the target in `column` is among the patterns of `scope`, see [`crate::Scope`].
    pub(crate) fn is_within(self, target: &str, scope: &str) -> String {
        let (find, is_listed) = (self.find(), self.is_listed(target, scope));
        format!(
            "({is_listed}
              OR {find}({scope}, ' ' || substr({target}, 1, {find}({target}, '/')) || '* ') > 0)"
        )
    }
}

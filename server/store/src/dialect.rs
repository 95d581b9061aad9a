//! What SQLite and PostgreSQL say differently; every other statement is the same for both.

/// The language of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// Ends a subquery that picks the rows of `jobs` to change: what another connection is changing is passed
    /// over. SQLite has one writer at a time.
    pub(crate) fn skip_locked(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => "FOR UPDATE OF jobs SKIP LOCKED",
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

    /// What a transaction says first that counts what runs: nobody else begins anything until it ends.
    pub(crate) fn lock_limits(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => Some("SELECT pg_advisory_xact_lock(hashtext('asu limits'))"),
        }
    }

    /// Counts the builds that have ended since, where that is not done at once (migration 0013).
    pub(crate) fn count_ends(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => Some("SELECT count_ends()"),
        }
    }

    /// The number by this name in a JSON object, a parameter; NULL if there is none.
    pub(crate) fn number_of(self, object: &str, name: &str) -> String {
        match self {
            Self::Sqlite => format!("CAST({object} ->> {name} AS INTEGER)"),
            Self::Postgres => format!("CAST(CAST({object} AS JSON) ->> {name} AS BIGINT)"),
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
        self.has(list, &format!("' ' || {text} || ' '"))
    }

    /// Whether `part` is somewhere in `text`.
    pub(crate) fn has(self, text: &str, part: &str) -> String {
        let find = self.find();
        format!("{find}({text}, {part}) > 0")
    }

    fn find(self) -> &'static str {
        match self {
            Self::Sqlite => "instr",
            Self::Postgres => "strpos",
        }
    }

    /// Whether a target is among the patterns of `scope`, see [`crate::Scope`].
    pub(crate) fn is_within(self, target: &str, scope: &str) -> String {
        let any = self.is_listed("'*'", scope);
        let (find, is_listed) = (self.find(), self.is_listed(target, scope));
        let kind = format!("substr({target}, 1, {find}({target}, '/')) || '*'");
        let of_kind = self.is_listed(&kind, scope);
        format!("({any} OR {is_listed} OR {of_kind})")
    }

    /// Begins a transaction in which everything stays as it was at its first statement.
    pub(crate) fn begin_snapshot(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN",
            Self::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }

    /// Counts the tables that tell of migrations: one, or none in an empty database.
    pub(crate) fn count_migration_tables(self) -> &'static str {
        match self {
            Self::Sqlite => "SELECT count(*) FROM sqlite_master WHERE name = '_sqlx_migrations'",
            Self::Postgres => {
                "SELECT count(*) FROM information_schema.tables
                 WHERE table_schema = current_schema() AND table_name = '_sqlx_migrations'"
            }
        }
    }

    /// Counts who else uses the database. SQLite does not know.
    pub(crate) fn count_sessions(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => Some(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                 AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
            ),
        }
    }

    /// Each column of each table but the migrations': table, column, type; in the order of these names.
    pub(crate) fn list_columns(self) -> &'static str {
        match self {
            Self::Sqlite => {
                "SELECT tables.name, columns.name, columns.type
                 FROM sqlite_master AS tables, pragma_table_info(tables.name) AS columns
                 WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite%'
                    AND tables.name <> '_sqlx_migrations'
                 ORDER BY 1, 2"
            }
            Self::Postgres => {
                "SELECT CAST(table_name AS TEXT) COLLATE \"C\", CAST(column_name AS TEXT) COLLATE \"C\",
                    CAST(data_type AS TEXT)
                 FROM information_schema.columns JOIN information_schema.tables
                    USING (table_schema, table_name)
                 WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'
                    AND table_name <> '_sqlx_migrations'
                 ORDER BY 1, 2"
            }
        }
    }

    /// Which table's rows refer to which table's.
    pub(crate) fn list_references(self) -> &'static str {
        match self {
            Self::Sqlite => {
                "SELECT DISTINCT tables.name, keys.\"table\"
                 FROM sqlite_master AS tables, pragma_foreign_key_list(tables.name) AS keys
                 WHERE tables.type = 'table' ORDER BY 1, 2"
            }
            Self::Postgres => {
                "SELECT DISTINCT CAST(conrelid::regclass AS TEXT) COLLATE \"C\",
                    CAST(confrelid::regclass AS TEXT) COLLATE \"C\"
                 FROM pg_constraint
                 WHERE contype = 'f' AND connamespace = current_schema()::regnamespace ORDER BY 1, 2"
            }
        }
    }

    /// Has a column that counts by itself go on after the greatest number there is. SQLite does so
    /// anyway.
    pub(crate) fn continue_numbers(self, table: &str, column: Option<&str>) -> Option<String> {
        let column = column.filter(|_| self == Self::Postgres)?;
        Some(format!(
            "SELECT setval(pg_get_serial_sequence('{table}', '{column}'), max({column})) FROM {table}"
        ))
    }
}

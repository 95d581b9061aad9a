//! All that a database holds, copied to another one of either kind.
//!
//! Tables and columns are asked of the databases themselves: what a later migration adds cannot be
//! forgotten here.

mod rows;
mod schema;

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use sqlx::{AnyConnection, Connection, Executor, Row};
use thiserror::Error;

use crate::dialect::Dialect;
use crate::form::look_at;
use crate::store::{connect, migrator, millis};
use crate::{Database, DatabaseError, Form, StoreError};
use schema::Table;

/// How many rows there are in each table.
pub type Counts = BTreeMap<String, i64>;

/// Why nothing was copied; the target is as it was, but for empty tables.
#[derive(Debug, Error)]
pub enum TransferError {
    /// A database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The path of a copy cannot be that of a database.
    #[error(transparent)]
    Address(#[from] DatabaseError),
    /// The database to copy has not the form of this version.
    #[error(
        "{0} is of another version of asu-server, or empty: use the version that serves with it, or start \
         this one with it first, which brings it up to date"
    )]
    OtherForm(String),
    /// The database to fill is not empty.
    #[error(
        "{database} has {rows} rows in {table}, and nothing is overwritten: give an empty database"
    )]
    NotEmpty {
        /// The database.
        database: String,
        /// The first table that is not empty.
        table: String,
        /// How many rows it has.
        rows: i64,
    },
    /// Somebody is connected to it.
    #[error(
        "{sessions} other sessions use {database}: stop all its servers and commands, then try again"
    )]
    InUse {
        /// The database.
        database: String,
        /// How many are connected.
        sessions: i64,
    },
    /// Builds are under way.
    #[error(
        "{builds} builds are under way in {database}: stop all its servers and workers, and try again \
         after {until}, when the last lease ends"
    )]
    Leased {
        /// The database.
        database: String,
        /// How many builds.
        builds: i64,
        /// The end of the last lease.
        until: Timestamp,
    },
    /// The two have not the same tables.
    #[error("{from} and {to} have different tables, which is a fault of this version")]
    OtherTables {
        /// The database to copy.
        from: String,
        /// The database to fill.
        to: String,
    },
    /// Not every row arrived.
    #[error("{table} has {counted} rows of {expected} in the copy, so nothing was kept; try again")]
    Incomplete {
        /// The table.
        table: String,
        /// How many there are.
        counted: i64,
        /// How many there should be.
        expected: i64,
    },
}

impl From<sqlx::Error> for TransferError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Removes what a new database makes for itself, and has to have in common with the one it is a copy of.
const FORGET_MADE: &str = "DELETE FROM secrets";

/// Copies everything from one database to another, which must be empty, at once or not at all. Nobody
/// may use either of them meanwhile: what sessions and leases tell of that is looked at.
pub async fn migrate(
    from: &Database,
    to: &Database,
    now: Timestamp,
) -> Result<Counts, TransferError> {
    refuse_sessions(from).await?;
    refuse_sessions(to).await?;
    let mut source = source(from).await?;
    refuse_leases(from, &mut source, now).await?;
    let mut target = target(to).await?;
    let counts = copy((from, &mut source), (to, &mut target)).await?;
    target.close().await?;
    Ok(counts)
}

/// Copies everything to a new file of SQLite, as it was at one moment; servers may go on.
pub async fn snapshot(from: &Database, file: &Path) -> Result<Counts, TransferError> {
    let to = Database::file(file)?;
    let mut source = source(from).await?;
    match from.dialect() {
        Dialect::Sqlite => {
            // Its own way to do this reads the file once, and leaves out what was deleted.
            let copy = sqlx::query("VACUUM INTO $1").bind(file.to_string_lossy().into_owned());
            copy.execute(&mut source).await?;
            counts(&mut look_at(&to).await?, Dialect::Sqlite).await
        }
        Dialect::Postgres => {
            let mut target = target(&to).await?;
            let counts = copy((from, &mut source), (&to, &mut target)).await?;
            target.close().await?;
            Ok(counts)
        }
    }
}

async fn source(from: &Database) -> Result<AnyConnection, TransferError> {
    let mut source = look_at(from).await?;
    let Form::Current = Form::seen(from.dialect(), &mut source).await? else {
        return Err(TransferError::OtherForm(from.to_string()));
    };
    // The other database may count at once, and never look at what was only written down.
    if let Some(count) = from.dialect().count_ends() {
        source.execute(count).await?;
    }
    Ok(source)
}

/// A connection to a database with all tables. It is the only one: of a pool it is not certain when the
/// last one ends, and so when a file of SQLite is whole.
async fn target(to: &Database) -> Result<AnyConnection, TransferError> {
    let mut target = connect(to.url())
        .await
        .map_err(|source| StoreError::Closed {
            database: to.to_string(),
            source,
        })?;
    let form = migrator(to.dialect()).run(&mut target).await;
    form.map_err(StoreError::from)?;
    Ok(target)
}

async fn refuse_sessions(database: &Database) -> Result<(), TransferError> {
    let Some(query) = database.dialect().count_sessions() else {
        return Ok(());
    };
    let mut connection = look_at(database).await?;
    let sessions = sqlx::query_scalar(query).fetch_one(&mut connection).await?;
    connection.close().await?;
    if sessions > 0 {
        let database = database.to_string();
        return Err(TransferError::InUse { database, sessions });
    }
    Ok(())
}

async fn refuse_leases(
    database: &Database,
    connection: &mut AnyConnection,
    now: Timestamp,
) -> Result<(), TransferError> {
    let query = "SELECT count(*) AS builds, max(lease_until) AS last FROM jobs
                 WHERE state = 'started' AND lease_until > $1";
    let held = sqlx::query(query).bind(millis(now)).fetch_one(connection);
    let held = held.await?;
    let builds: i64 = held.try_get("builds")?;
    let last: Option<i64> = held.try_get("last")?;
    let until = last.and_then(|last| Timestamp::from_millisecond(last).ok());
    match until {
        Some(until) => Err(TransferError::Leased {
            database: database.to_string(),
            builds,
            until,
        }),
        None => Ok(()),
    }
}

/// Copies all rows in one transaction of each database.
async fn copy(
    (from, source): (&Database, &mut AnyConnection),
    (to, target): (&Database, &mut AnyConnection),
) -> Result<Counts, TransferError> {
    target.execute(to.dialect().begin_write()).await?;
    let copied = copy_within((from, source), (to, &mut *target)).await;
    if copied.is_ok() {
        target.execute("COMMIT").await?;
    } else {
        // The end of the connection does the same.
        let _ = target.execute("ROLLBACK").await;
    }
    copied
}

async fn copy_within(
    (from, source): (&Database, &mut AnyConnection),
    (to, target): (&Database, &mut AnyConnection),
) -> Result<Counts, TransferError> {
    let tables = schema::tables(to.dialect(), target).await?;
    target.execute(FORGET_MADE).await?;
    for (table, rows) in counts_of(&tables, target).await? {
        if rows > 0 {
            let database = to.to_string();
            return Err(TransferError::NotEmpty {
                database,
                table,
                rows,
            });
        }
    }
    source.execute(from.dialect().begin_snapshot()).await?;
    if schema::tables(from.dialect(), source).await? != tables {
        let (from, to) = (from.to_string(), to.to_string());
        return Err(TransferError::OtherTables { from, to });
    }
    for table in schema::in_order(&tables) {
        rows::copy(table, source, target).await?;
        if let Some(query) = to
            .dialect()
            .continue_numbers(table.name(), table.numbered())
        {
            target.execute(query.as_str()).await?;
        }
    }
    let (expected, counted) = (
        counts_of(&tables, source).await?,
        counts_of(&tables, target).await?,
    );
    source.execute("ROLLBACK").await?;
    compare(&expected, &counted)?;
    Ok(counted)
}

fn compare(expected: &Counts, counted: &Counts) -> Result<(), TransferError> {
    let differs = expected.iter().zip(counted).find(|(a, b)| a != b);
    match differs {
        Some(((table, expected), (_, counted))) => Err(TransferError::Incomplete {
            table: table.clone(),
            counted: *counted,
            expected: *expected,
        }),
        None => Ok(()),
    }
}

async fn counts(connection: &mut AnyConnection, dialect: Dialect) -> Result<Counts, TransferError> {
    let tables = schema::tables(dialect, connection).await?;
    counts_of(&tables, connection).await
}

async fn counts_of(
    tables: &[Table],
    connection: &mut AnyConnection,
) -> Result<Counts, TransferError> {
    let mut counts = Counts::new();
    for table in tables {
        let query = format!("SELECT count(*) FROM \"{}\"", table.name());
        let rows = sqlx::query_scalar(&query)
            .fetch_one(&mut *connection)
            .await?;
        counts.insert(table.name().to_owned(), rows);
    }
    Ok(counts)
}

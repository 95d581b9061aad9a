use std::io;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use sqlx::any::AnyPoolOptions;
use sqlx::migrate::Migrator;
use sqlx::{Any, AnyConnection, AnyPool, Connection, Executor, Transaction};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::dialect::Dialect;
use crate::places::Places;
use crate::writer::Writer;
use crate::{Database, Policy, StoreError, wake};

/// What each connection to SQLite begins with: a statement waits ten seconds for another
/// connection's write before it fails, and an accepted request outlives a power cut.
const SQLITE: &str =
    "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;";

/// What each connection to PostgreSQL begins with. A server that stands still in the middle of a
/// transaction, or that the network has lost, would hold up the others for as long: its transaction ends.
const POSTGRES: &str = "SET idle_in_transaction_session_timeout = '5s'";

/// How long a statement waits for a free connection before it fails.
const PATIENCE: Duration = Duration::from_secs(10);

static SQLITE_FORM: Migrator = sqlx::migrate!("./migrations/sqlite");
static POSTGRES_FORM: Migrator = sqlx::migrate!("./migrations/postgres");

/// The jobs, in a SQLite file or a PostgreSQL database. Cheap to clone; every clone is the same
/// store.
///
/// Statements go through sqlx's `Any`: they are the same for both but for what `dialect` names, and
/// text and 64-bit numbers are all they need.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) pool: AnyPool,
    pub(crate) dialect: Dialect,
    pub(crate) policy: Policy,
    pub(crate) places: Arc<Places>,
    pub(crate) writer: Arc<Writer>,
    wake: Arc<Notify>,
    // Ends when the last clone goes.
    _listening: Arc<JoinSet<()>>,
}

impl Store {
    /// Opens the database, and brings its form up to date. A SQLite file is made if it is not
    /// there; a PostgreSQL database must exist, and may be empty.
    pub async fn open(database: &Database, policy: Policy) -> Result<Self, StoreError> {
        let closed = |source| StoreError::Closed {
            database: database.to_string(),
            source,
        };
        let pool = pool(database).await.map_err(closed)?;
        match database.dialect() {
            Dialect::Sqlite => &SQLITE_FORM,
            Dialect::Postgres => &POSTGRES_FORM,
        }
        .run(&pool)
        .await?;
        let wake = Arc::new(Notify::new());
        let listening = match database.dialect() {
            Dialect::Sqlite => JoinSet::new(),
            Dialect::Postgres => wake::listen(database, Arc::clone(&wake))
                .await
                .map_err(closed)?,
        };
        Ok(Self {
            writer: Arc::new(Writer::new(&pool, database.dialect())),
            pool,
            dialect: database.dialect(),
            policy,
            places: Arc::default(),
            wake,
            _listening: Arc::new(listening),
        })
    }

    /// Notified of jobs that other servers queue; whoever queues one here notifies it, too.
    ///
    /// News is kept for one who is not waiting yet, so a worker that looks and then waits misses
    /// none. It may be lost with a connection: look now and then all the same.
    pub fn wake(&self) -> Arc<Notify> {
        Arc::clone(&self.wake)
    }

    /// Whether other servers may use the same database.
    pub fn is_shared(&self) -> bool {
        self.dialect == Dialect::Postgres
    }

    /// Begins a transaction beside which no other looks at the whole queue.
    pub(crate) async fn begin_alone(&self) -> Result<Transaction<'static, Any>, sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        if let Some(lock) = self.dialect.lock_queue() {
            sqlx::query(lock).execute(&mut *transaction).await?;
        }
        Ok(transaction)
    }

    /// Ends all connections; SQLite writes everything to its main file.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

async fn pool(database: &Database) -> Result<AnyPool, sqlx::Error> {
    sqlx::any::install_default_drivers();
    // A pool tries until its patience ends and then does not say why it could not connect.
    let first = AnyConnection::connect(database.url().as_str());
    let first = tokio::time::timeout(PATIENCE, first).await;
    let first = first.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    first.close().await?;
    let sqlite = database.dialect() == Dialect::Sqlite;
    AnyPoolOptions::new()
        .max_connections(if sqlite { 4 } else { 10 })
        .acquire_timeout(PATIENCE)
        .after_connect(move |connection, _| Box::pin(prepare(connection, sqlite)))
        .connect(database.url().as_str())
        .await
}

async fn prepare(connection: &mut AnyConnection, sqlite: bool) -> Result<(), sqlx::Error> {
    let beginning = if sqlite { SQLITE } else { POSTGRES };
    connection.execute(beginning).await?;
    Ok(())
}

pub(crate) fn millis(time: Timestamp) -> i64 {
    time.as_millisecond()
}

/// `time` moved on by `by`; stays at the end of time instead of running over it.
pub(crate) fn later(time: Timestamp, by: Duration) -> Timestamp {
    time.saturating_add(by).unwrap_or(Timestamp::MAX)
}

/// Whether PostgreSQL could hold it: no text there has a NUL, so nothing is found by one, either.
pub(crate) fn is_text(text: &str) -> bool {
    !text.contains('\0')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of migrations up to 0004 as SQLite databases out there have recorded them.
    const RECORDED: [&str; 4] = [
        "e0248e0fe9c3a8c6",
        "c28c1738fe124cb8",
        "f6a9553cedd0d53b",
        "27a5f6098125ec61",
    ];

    #[test]
    fn databases_that_are_out_there_know_these_migrations() {
        let checksums: Vec<String> = SQLITE_FORM
            .iter()
            .map(|migration| hex::encode(&migration.checksum[..8]))
            .collect();
        assert_eq!(checksums[..4], RECORDED);
    }

    #[tokio::test]
    async fn a_server_that_stands_still_in_a_transaction_holds_up_the_others_for_seconds() {
        let database: Database = asu_test_postgres::database().parse().unwrap();
        let open = || Store::open(&database, Policy::default());
        let (still, other) = (open().await.unwrap(), open().await.unwrap());
        let held = still.begin_alone().await.unwrap();
        let others = tokio::time::timeout(Duration::from_secs(30), other.begin_alone());
        assert!(others.await.unwrap().is_ok());
        assert!(held.commit().await.is_err());
    }

    #[test]
    fn both_have_the_same_migrations_since_they_are_two() {
        let since = |form: &Migrator| -> Vec<(i64, String)> {
            let named = form
                .iter()
                .map(|one| (one.version, one.description.to_string()));
            named.filter(|(version, _)| *version > 4).collect()
        };
        assert_eq!(since(&SQLITE_FORM), since(&POSTGRES_FORM));
    }
}

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use crate::{Policy, StoreError};

/// How long a statement waits for another connection's write before it fails.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// The jobs, in one SQLite file. Cheap to clone; every clone is the same store.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) pool: SqlitePool,
    pub(crate) policy: Policy,
}

impl Store {
    /// Opens the database at `path`, makes it if it is not there, and brings its form up to date.
    pub async fn open(path: &Path, policy: Policy) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // An accepted request must outlive a power cut; there are few writes to pay for it.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT);
        let pool = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_with(options)
            .await?;
        sqlx::migrate!("./migrations").run(&pool).await?;
        Ok(Self { pool, policy })
    }

    /// Writes everything to the main file and closes it.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

pub(crate) fn millis(time: Timestamp) -> i64 {
    time.as_millisecond()
}

/// `time` moved on by `by`; stays at the end of time instead of running over it.
pub(crate) fn later(time: Timestamp, by: Duration) -> Timestamp {
    time.saturating_add(by).unwrap_or(Timestamp::MAX)
}

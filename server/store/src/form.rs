//! The form of a database, looked at and left as it is.

use sqlx::AnyConnection;
use sqlx::migrate::Migrate;

use crate::dialect::Dialect;
use crate::store::{connect, migrator};
use crate::{Database, StoreError};

/// The form of a database beside the one that this version reads and writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// There are no tables yet; [`crate::Store::open`] makes them.
    Empty,
    /// An older version wrote it; [`crate::Store::open`] brings it up to date.
    Older,
    /// It is the same.
    Current,
    /// A newer version wrote it, or it was changed by hand: this one cannot use it.
    Unknown,
}

impl Form {
    /// Looks at a database. The file of SQLite must be there.
    pub async fn of(database: &Database) -> Result<Self, StoreError> {
        let mut connection = look_at(database).await?;
        Self::seen(database.dialect(), &mut connection).await
    }

    /// Looks through a connection.
    pub(crate) async fn seen(
        dialect: Dialect,
        connection: &mut AnyConnection,
    ) -> Result<Self, StoreError> {
        let tables: i64 = sqlx::query_scalar(dialect.count_migration_tables())
            .fetch_one(&mut *connection)
            .await?;
        if tables == 0 {
            return Ok(Self::Empty);
        }
        let applied = connection.list_applied_migrations().await?;
        let known: Vec<_> = migrator(dialect)
            .iter()
            .map(|one| (one.version, &one.checksum))
            .collect();
        let are_known = applied
            .iter()
            .all(|one| known.contains(&(one.version, &one.checksum)));
        Ok(match applied.len() {
            _ if !are_known => Self::Unknown,
            number if number < known.len() => Self::Older,
            _ => Self::Current,
        })
    }
}

/// A connection that only reads, where the database can promise that.
pub(crate) async fn look_at(database: &Database) -> Result<AnyConnection, StoreError> {
    let connection = connect(&database.read_only()).await;
    connection.map_err(|source| StoreError::Closed {
        database: database.to_string(),
        source,
    })
}

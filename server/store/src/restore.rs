//! What becomes of a copy that is to be used: what was going on when it was made goes on no more.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{Any, Connection, Executor, Row};

use crate::dialect::Dialect;
use crate::form::look_at;
use crate::store::Store;
use crate::{Database, StoreError};

impl Store {
    /// Takes all leases away: whoever held them knows the database that was copied, not the copy.
    pub async fn release_all(&self, now: Timestamp) -> Result<u64, StoreError> {
        let query = "SELECT DISTINCT worker FROM jobs WHERE state = 'started'";
        let workers: Vec<String> = sqlx::query_scalar(query).fetch_all(&self.pool).await?;
        let mut released = 0;
        for worker in workers {
            released += self.release(&worker, now).await?;
        }
        Ok(released)
    }

    /// Forgets builds whose images are not in any of these folders, so that they are made anew when
    /// they are asked for. Says how many.
    pub async fn keep_only(&self, folders: &BTreeSet<String>) -> Result<u64, StoreError> {
        let mut forgotten = 0;
        for (request_hash, folder) in answered(self.dialect, &self.pool).await? {
            if !folders.contains(&folder) {
                let query = "DELETE FROM jobs WHERE request_hash = $1 AND state = 'done'";
                let gone = sqlx::query(query).bind(request_hash).execute(&self.pool);
                forgotten += gone.await?.rows_affected();
            }
        }
        Ok(forgotten)
    }
}

/// The folders (`bin_dir`) of all images that the answers in a database tell of, which is only read.
pub async fn image_folders(database: &Database) -> Result<BTreeSet<String>, StoreError> {
    let mut connection = look_at(database).await?;
    let answered = answered(database.dialect(), &mut connection).await?;
    connection.close().await?;
    Ok(answered.into_iter().map(|(_, folder)| folder).collect())
}

/// Requests that ended with images, with the folder of these.
async fn answered(
    dialect: Dialect,
    connection: impl Executor<'_, Database = Any>,
) -> Result<Vec<(String, String)>, StoreError> {
    let folder = dialect.field("answer", "bin_dir");
    let query = format!(
        "SELECT request_hash, coalesce({folder}, '') AS folder FROM jobs WHERE state = 'done'"
    );
    let rows = sqlx::query(&query).fetch_all(connection).await?;
    let read = |row: &AnyRow| Ok((row.try_get(0)?, row.try_get(1)?));
    rows.iter().map(read).collect()
}

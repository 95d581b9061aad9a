//! Which of the files that lie around for a request count.

use sqlx::Row;

use crate::StoreError;
use crate::store::{Store, is_text};

/// What a request's job says of files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Files {
    /// Its answer names this folder (`bin_dir`), which is empty if there are none; all others are
    /// left over.
    Answered(String),
    /// Whoever holds the lease of this number may be making some, and may still make them count.
    Awaited(i64),
}

impl Store {
    /// Which files of a request count; `None` if it is unknown, and none do. Those of an answer that has
    /// expired count until it is forgotten.
    pub async fn files(&self, request_hash: &str) -> Result<Option<Files>, StoreError> {
        if !is_text(request_hash) {
            return Ok(None);
        }
        let folder = self.dialect.field("answer", "bin_dir");
        let query =
            format!("SELECT lease, state, {folder} AS folder FROM jobs WHERE request_hash = $1");
        let row = sqlx::query(&query).bind(request_hash);
        let Some(row) = row.fetch_optional(&self.pool).await? else {
            return Ok(None);
        };
        let state: String = row.try_get("state")?;
        Ok(Some(if state == "queued" || state == "started" {
            Files::Awaited(row.try_get("lease")?)
        } else {
            let folder: Option<String> = row.try_get("folder")?;
            Files::Answered(folder.unwrap_or_default())
        }))
    }
}

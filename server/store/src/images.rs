//! The image and manifest hashes of the 2017 API, and which jobs they lead to.

use crate::StoreError;
use crate::store::{Store, is_text};

/// How many jobs are looked at for one hash; all of them describe the same image.
const CANDIDATES: i64 = 8;

impl Store {
    /// Remembers that a job made the image, as long as the job is known.
    pub async fn keep_image(
        &self,
        image_hash: &str,
        manifest_hash: &str,
        request_hash: &str,
    ) -> Result<(), StoreError> {
        // The job may have been forgotten meanwhile; then there is nothing to remember.
        let kept = sqlx::query(
            "INSERT INTO images (image_hash, manifest_hash, request_hash)
             SELECT $1, $2, request_hash FROM jobs WHERE request_hash = $3
             ON CONFLICT (image_hash, request_hash) DO NOTHING",
        )
        .bind(image_hash)
        .bind(manifest_hash)
        .bind(request_hash)
        .execute(&self.pool)
        .await;
        match kept {
            Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => Ok(()),
            other => Ok(other.map(|_| ())?),
        }
    }

    /// The jobs that once made this image; a job built anew may have made another since.
    pub async fn jobs_of_image(&self, image_hash: &str) -> Result<Vec<String>, StoreError> {
        let query = "SELECT request_hash FROM images WHERE image_hash = $1 LIMIT $2";
        self.candidates(query, image_hash).await
    }

    /// The jobs that once made an image of these packages; see [`Store::jobs_of_image`].
    pub async fn jobs_of_manifest(&self, manifest_hash: &str) -> Result<Vec<String>, StoreError> {
        let query = "SELECT request_hash FROM images WHERE manifest_hash = $1 LIMIT $2";
        self.candidates(query, manifest_hash).await
    }

    async fn candidates(&self, query: &'static str, hash: &str) -> Result<Vec<String>, StoreError> {
        if !is_text(hash) {
            return Ok(Vec::new());
        }
        Ok(sqlx::query_scalar(query)
            .bind(hash)
            .bind(CANDIDATES)
            .fetch_all(&self.pool)
            .await?)
    }
}

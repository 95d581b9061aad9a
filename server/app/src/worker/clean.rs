//! Removes what is no longer given out.

use asu_artifacts::{ArtifactError, FolderName};
use asu_http::Offer;
use jiff::Timestamp;

use super::Worker;
use crate::Build;

impl<O: Offer, B: Build> Worker<O, B> {
    /// Removes the images of expired answers, then the answers.
    ///
    /// In this order, so that no image is left without a row to find it by; and between builds, so
    /// that none is removed while it is being made anew.
    pub(super) async fn clean(&self, now: Timestamp) {
        let expired = match self.api.store.expired(now).await {
            Ok(expired) => expired,
            Err(error) => return tracing::error!(%error, "expired answers could not be found"),
        };
        for request_hash in expired {
            if let Err(error) = self.remove_images(&request_hash).await {
                tracing::error!(request_hash, %error, "expired images could not be removed");
                continue;
            }
            match self.api.store.forget(&request_hash, now).await {
                Ok(()) => tracing::info!(request_hash, "expired"),
                Err(error) => tracing::error!(request_hash, %error, "an expired answer stays"),
            }
        }
        if let Err(error) = self.api.store.forget_checks(now).await {
            tracing::error!(%error, "expired upgrade checks stay");
        }
        if let Err(error) = self.api.store.forget_askers().await {
            tracing::error!(%error, "some who wait for nothing stay");
        }
        if let Err(error) = self.api.keep_counts().await {
            tracing::error!(%error, "some requests are missing in the statistics");
        }
    }

    async fn remove_images(&self, request_hash: &str) -> Result<(), ArtifactError> {
        let Ok(folder) = FolderName::new(request_hash) else {
            return Ok(());
        };
        let artifacts = self.api.artifacts.clone();
        let removed = tokio::task::spawn_blocking(move || artifacts.remove(&folder));
        removed.await.unwrap_or(Ok(()))
    }
}

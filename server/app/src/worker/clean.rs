//! Removes what is no longer given out.

use asu_artifacts::{Artifacts, FolderName};
use asu_http::Api;
use asu_store::{Expired, Files, Store};
use jiff::Timestamp;
use tokio::task::JoinSet;

use crate::office::Office;
use crate::{Foresee, ServeError};

/// Cleans up now and then. It never ends by itself; a round that panics is the last of nothing.
pub(crate) async fn keep_clean<O: Foresee>(office: Office<O>) {
    let mut swept = (office.api.clock)();
    loop {
        let now = (office.api.clock)();
        let is_due = now.duration_since(swept).unsigned_abs() >= office.pace.sweep;
        if is_due {
            swept = now;
        }
        let round = office.clone();
        let mut rounds = JoinSet::new();
        rounds.spawn(async move {
            round.clean(now).await;
            if is_due {
                round.sweep().await;
            }
        });
        if let Some(Err(error)) = rounds.join_next().await {
            tracing::error!(%error, "something could not be cleaned up");
        }
        tokio::time::sleep(office.pace.clean).await;
    }
}

impl<O: Foresee> Office<O> {
    /// Removes the images of expired answers, then the answers.
    ///
    /// In this order, so that no image is left without a row to find it by. What is meanwhile made anew
    /// has a folder of its own.
    async fn clean(&self, now: Timestamp) {
        let expired = match self.api.store.expired(now).await {
            Ok(expired) => expired,
            Err(error) => return tracing::error!(%error, "expired answers could not be found"),
        };
        for Expired {
            request_hash,
            folder,
        } in expired
        {
            if let Err(error) = self.remove_images(&folder).await {
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
        if let Err(error) = self.discard_strays().await {
            tracing::error!(%error, "what is left of builds elsewhere stays");
        }
        if let Err(error) = self.api.keep_counts().await {
            tracing::error!(%error, "some requests are missing in the statistics");
        }
    }

    /// Removes images of no answer: of jobs that another server has forgotten, which could only remove
    /// its own, and of attempts that ended by a crash.
    async fn sweep(&self) {
        let Api {
            store, artifacts, ..
        } = &self.api;
        if let Err(error) = remove_strays(store, artifacts).await {
            tracing::error!(%error, "images of no answer stay");
        }
    }

    async fn remove_images(&self, folder: &str) -> Result<(), ServeError> {
        // Answers without images name none.
        if let Ok(folder) = FolderName::new(folder) {
            self.api.artifacts.remove(&folder).await?;
        }
        Ok(())
    }
}

/// Removes images that no answer tells of and that none will: a crash may have come between the images
/// and their answer, and a database that was lost cannot tell when they expire.
///
/// What is being put by whoever holds a job's lease stays, on other servers too: the images are listed
/// first, so a lease that is older than the job's current one is lost for good.
pub(crate) async fn remove_strays(store: &Store, artifacts: &Artifacts) -> Result<(), ServeError> {
    for folder in artifacts.folders().await? {
        let counts = match store.files(folder.request_hash()).await? {
            None => false,
            Some(Files::Answered(named)) => named == folder.as_str(),
            Some(Files::Awaited(lease)) => folder.lease() == Some(lease),
        };
        if !counts {
            tracing::info!(%folder, "images of no answer are removed");
            artifacts.remove(&folder).await?;
        }
    }
    Ok(())
}

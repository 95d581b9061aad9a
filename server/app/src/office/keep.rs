//! What is kept of a build: its files, in a folder of this attempt alone.

use std::io;
use std::path::Path;

use asu_artifacts::{FolderName, StoredFile, UnsafeName};
use asu_builder::{BUILD_LOG, BuildError, BuildOutput};
use asu_http::NotTaken;
use asu_protocol::build::BuildAnswer;
use asu_store::{Claim, StoreError};

use super::Office;
use super::vouch::vouch;
use crate::outcome::{STORAGE, infrastructure};
use crate::{Foresee, outcome};

/// Where the files of an attempt are put: no other has that folder, so whoever comes late replaces
/// nothing.
fn folder_of(claim: &Claim) -> Result<FolderName, UnsafeName> {
    FolderName::of(claim.lease.request_hash(), claim.lease.number())
}

impl<O: Foresee> Office<O> {
    /// Moves the images to where they are served from, and describes them as they are there.
    pub(super) async fn keep(
        &self,
        claim: &Claim,
        output: BuildOutput,
        out: &Path,
    ) -> Result<BuildAnswer, BuildError> {
        match self.put(claim, output, out).await {
            Ok(answer) => Ok(answer),
            Err(reason) => {
                tracing::error!(reason, "images could not be kept");
                self.discard_published(claim).await;
                let detail = "the server could not store the images";
                Err(infrastructure(STORAGE, detail))
            }
        }
    }

    async fn put(
        &self,
        claim: &Claim,
        mut output: BuildOutput,
        out: &Path,
    ) -> Result<BuildAnswer, String> {
        let (signer, request) = (self.api.signer.clone(), claim.request.clone());
        let from = out.to_owned();
        let vouched = tokio::task::spawn_blocking(move || {
            let sbom = vouch(signer.as_deref(), &request, &mut output, &from)
                .map_err(|e| format!("signatures and the list of packages: {e}"))?;
            Ok((sbom, output))
        });
        let vouched = vouched.await;
        let (sbom, output) = vouched.unwrap_or_else(|panic| Err(panic.to_string()))?;
        let (folder, stored) = self.store(claim, out).await?;
        let answer = outcome::done(output, &stored, &folder, (self.api.clock)())?;
        Ok(BuildAnswer {
            sbom,
            log: log_among(&stored),
            ..answer
        })
    }

    /// Keeps the log of a build that failed where its images would be; tells the folder and its name.
    pub(super) async fn keep_log(&self, claim: &Claim, out: &Path) -> (String, String) {
        let kept = match remove_all_but_log(out) {
            Ok(false) => return Default::default(),
            Ok(true) => self.store(claim, out).await,
            Err(error) => Err(error.to_string()),
        };
        match kept {
            Ok((folder, stored)) => (folder, log_among(&stored)),
            Err(reason) => {
                tracing::warn!(reason, "the log of a failed build could not be kept");
                Default::default()
            }
        }
    }

    /// The claim, or the same under another lease where there are files of this one: a server died while
    /// it published them, or was not told how that ended. The worker has them still, so nothing need be
    /// built again.
    pub(super) async fn with_a_free_folder(&self, claim: &Claim) -> Result<Claim, NotTaken> {
        let folder = folder_of(claim).map_err(io::Error::other)?;
        let taken = self.holding(claim, self.api.artifacts.has(&folder)).await?;
        if !taken.map_err(io::Error::other)? {
            return Ok(claim.clone());
        }
        let renewed = self.api.store.renew(claim).await?;
        tracing::info!(%folder, "what was published of an attempt is published anew");
        self.holding(&renewed, self.discard_published(claim))
            .await?;
        Ok(renewed)
    }

    /// Puts the files of this attempt into the folder of this attempt; tells its name, and what is there.
    async fn store(&self, claim: &Claim, out: &Path) -> Result<(String, Vec<StoredFile>), String> {
        let folder = folder_of(claim).map_err(|e| e.to_string())?;
        let stored = self.api.artifacts.put(&folder, out).await;
        Ok((folder.to_string(), stored.map_err(|e| e.to_string())?))
    }

    /// Does `work` with heartbeats around it, and drops it when the lease is lost: files may be on their
    /// way to a bucket for longer than a lease lasts.
    pub(super) async fn holding<T>(
        &self,
        claim: &Claim,
        work: impl Future<Output = T>,
    ) -> Result<T, StoreError> {
        let mut heartbeat = tokio::time::interval(self.pace.heartbeat);
        tokio::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return Ok(done),
                _ = heartbeat.tick() => self.beat(&claim.lease).await?,
            }
        }
    }

    /// Removes the files of an attempt that does not count. If that fails they go with other strays.
    pub(super) async fn discard_published(&self, claim: &Claim) {
        let Ok(folder) = folder_of(claim) else { return };
        if let Err(error) = self.api.artifacts.remove(&folder).await {
            tracing::warn!(%folder, %error, "files of an attempt that does not count stay for now");
        }
    }
}

fn log_among(stored: &[StoredFile]) -> String {
    let log = stored.iter().find(|file| file.name == BUILD_LOG);
    log.map(|file| file.name.clone()).unwrap_or_default()
}

/// Leaves nothing of a failed build that could be taken for an image; whether there is a log.
fn remove_all_but_log(folder: &Path) -> std::io::Result<bool> {
    if !folder.join(BUILD_LOG).exists() {
        return Ok(false);
    }
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name() != BUILD_LOG {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(true)
}

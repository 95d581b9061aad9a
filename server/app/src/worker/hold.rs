//! What shows that a job is this worker's: its heartbeats, and the folder of its attempt.

use asu_artifacts::{FolderName, UnsafeName};
use asu_store::{Claim, StoreError};

use super::Worker;
use crate::{Build, Foresee};

/// Where the files of an attempt are put: no other has that folder, so whoever comes late replaces
/// nothing.
pub(super) fn folder_of(claim: &Claim) -> Result<FolderName, UnsafeName> {
    FolderName::of(claim.lease.request_hash(), claim.lease.number())
}

impl<O: Foresee, B: Build> Worker<O, B> {
    pub(super) async fn beat(&self, claim: &Claim) -> Result<(), StoreError> {
        let now = (self.api.clock)();
        self.api.pulse.beat(now);
        let extended = self.api.store.heartbeat(&claim.lease, now, self.pace.lease);
        extended.await
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
                _ = heartbeat.tick() => self.beat(claim).await?,
            }
        }
    }

    /// Removes the files of an attempt that does not count. If that fails they go with other strays.
    pub(super) async fn discard(&self, claim: &Claim) {
        let Ok(folder) = folder_of(claim) else { return };
        if let Err(error) = self.api.artifacts.remove(&folder).await {
            tracing::warn!(%folder, %error, "files of an attempt that does not count stay for now");
        }
    }
}

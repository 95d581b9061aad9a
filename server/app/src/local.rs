//! The worker inside a server: its jobs are those of the server's own queue.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use asu_planner::Foreseen;
use asu_protocol::worker::News;
use asu_store::{StoreError, Wanted};
use tokio::sync::watch;

use crate::jobs::{Dismissed, Dropped, Ended, Job, Jobs, stopped};
use crate::office::Office;
use crate::{Build, Foresee};

/// A server's own jobs, for its own worker.
#[derive(Clone)]
pub(crate) struct Local<O, B> {
    /// What its leases are known by, see [`crate::DataDir::worker`].
    pub(crate) name: Arc<str>,
    pub(crate) office: Office<O>,
    pub(crate) builder: B,
}

impl<O: Foresee, B: Build> Local<O, B> {
    async fn claim(&self) -> Result<Option<Job>, StoreError> {
        let claimed = self.office.claim(&self.name, &Wanted::default()).await?;
        let pace = &self.office.pace;
        Ok(claimed.map(|(claim, profiles)| Job {
            claim,
            profiles,
            heartbeat: pace.heartbeat,
            limit: pace.limit,
        }))
    }

    async fn rest(&self, stop: &mut watch::Receiver<bool>) {
        tokio::select! {
            () = self.office.api.wake.notified() => {}
            () = tokio::time::sleep(self.office.pace.idle) => {}
            () = stopped(stop) => {}
        }
    }

    async fn live(&self) {
        let api = &self.office.api;
        let now = (api.clock)();
        api.pulse.beat(now);
        if let Err(error) = api.store.worker_seen(&self.name, now).await {
            tracing::warn!(%error, "this worker is not counted");
        }
    }
}

impl<O: Foresee, B: Build> Jobs for Local<O, B> {
    type Builder = B;

    async fn next(&self, stop: &mut watch::Receiver<bool>) -> Result<Option<Job>, Dismissed> {
        self.live().await;
        match self.claim().await {
            Ok(Some(job)) => return Ok(Some(job)),
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "no job could be taken"),
        }
        self.rest(stop).await;
        Ok(None)
    }

    fn builder(&self) -> B {
        self.builder.clone()
    }

    async fn beat(&self, job: &Job) -> Result<(), Dropped> {
        self.live().await;
        Ok(self.office.beat(&job.claim.lease).await?)
    }

    async fn tell(&self, job: &Job, news: &mut Vec<News>) -> Result<(), Dropped> {
        self.office.tell(&job.claim.lease, news).await?;
        news.clear();
        Ok(())
    }

    fn gather(&self) -> Duration {
        Duration::ZERO
    }

    async fn cancelled(&self) {
        self.office.api.hot.cancelled().notified().await;
    }

    async fn foresee(&self, job: &Job, anew: bool) -> Option<Foreseen> {
        let offer = &self.office.api.offer;
        offer.foresee(&job.claim.request, anew).await
    }

    async fn finish(
        &self,
        job: &Job,
        ended: Ended,
        out: &Path,
        _: &mut watch::Receiver<bool>,
    ) -> Result<(), Dropped> {
        Ok(self.office.end(&job.claim, ended, out).await?)
    }

    async fn hand_back(&self, job: &Job) -> Result<(), Dropped> {
        let api = &self.office.api;
        let now = (api.clock)();
        Ok(api.store.hand_back(&job.claim.lease, now).await?)
    }
}

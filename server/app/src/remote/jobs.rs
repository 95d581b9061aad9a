//! The jobs of a server elsewhere, for the worker's loop.

use std::path::Path;
use std::time::Duration;

use asu_builder::{BuildError, BuildOutput, Progress};
use asu_planner::Foreseen;
use asu_protocol::build::BuildRequest;
use asu_protocol::profiles::TargetProfiles;
use asu_protocol::worker::{Foresight, News};
use reqwest::Method;
use tokio::sync::watch;

use super::line::Trouble;
use super::upload::Delivery;
use super::{Remote, path_of};
use crate::Build;
use crate::jobs::{Dismissed, Dropped, Ended, Job, Jobs, stopped};
use crate::outcome::infrastructure;

/// News of a build is told at most so often.
const GATHER: Duration = Duration::from_secs(1);
/// What the ImageBuilder says is told as far as it fits, bytes.
const LONGEST_SAID: usize = 64 << 10;

impl<B: Build> Jobs for Remote<B> {
    type Builder = Armed<B>;

    async fn next(&self, stop: &mut watch::Receiver<bool>) -> Result<Option<Job>, Dismissed> {
        let claimed = tokio::select! {
            claimed = self.claim() => claimed,
            () = stopped(stop) => return Ok(None),
        };
        match claimed {
            Ok(Some(job)) => self.accept(job).await.map(Some),
            Ok(None) => Ok(None),
            Err(trouble) => self.endure(trouble, stop).await.map(|()| None),
        }
    }

    fn builder(&self) -> Armed<B> {
        Armed(
            self.bench()
                .made
                .as_ref()
                .map(|(_, builder)| builder.clone()),
        )
    }

    async fn beat(&self, job: &Job) -> Result<(), Dropped> {
        still_ours(self.report(job, Vec::new()).await).map(drop)
    }

    async fn tell(&self, job: &Job, news: &mut Vec<News>) -> Result<(), Dropped> {
        shorten(news);
        if still_ours(self.report(job, news.clone()).await)? {
            news.clear();
        } else {
            // What people read is told later; what scrolls by has gone by.
            news.retain(|one| !matches!(one, News::Said(_)));
        }
        Ok(())
    }

    fn gather(&self) -> Duration {
        GATHER
    }

    async fn cancelled(&self) {
        // The next sign of life tells.
        std::future::pending::<()>().await;
    }

    async fn foresee(&self, job: &Job, anew: bool) -> Option<Foreseen> {
        let path = path_of(&job.claim.lease, "foresight");
        let request = self.line.ask(Method::GET, &path).query(&[("anew", anew)]);
        let answered = async {
            self.line
                .read::<Foresight>(self.line.send(request).await?)
                .await
        };
        let foresight = answered.await.map_err(
            |trouble| tracing::info!(%trouble, "the packages of an image could not be foreseen"),
        );
        let foreseen = foresight.ok()?.foreseen?;
        Some(Foreseen {
            packages: foreseen.packages,
            is_certain: foreseen.is_certain,
        })
    }

    async fn finish(
        &self,
        job: &Job,
        ended: Ended,
        out: &Path,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<(), Dropped> {
        let bringing = async { Delivery::of(self, job, ended, out).await?.bring().await };
        tokio::select! {
            biased;
            brought = bringing => brought,
            () = stopped(stop) => Err(Dropped::Stopped),
        }
    }

    async fn hand_back(&self, job: &Job) -> Result<(), Dropped> {
        self.give_back(&job.claim.lease).await;
        Ok(())
    }
}

/// Whether the server was told; while it does not answer, the job is still this worker's.
fn still_ours(told: Result<(), Trouble>) -> Result<bool, Dropped> {
    match told {
        Ok(()) => Ok(true),
        Err(Trouble::Lost(lost)) => Err(Dropped::Lost(lost)),
        Err(Trouble::Dismissed(reason)) => Err(Dropped::Broken(reason)),
        Err(trouble) => {
            tracing::warn!(%trouble, "the server does not know how the build goes");
            Ok(false)
        }
    }
}

/// Leaves the last words of the ImageBuilder, so that they fit into a report.
fn shorten(news: &mut Vec<News>) {
    let mut room = LONGEST_SAID;
    for one in news.iter_mut().rev() {
        let News::Said(lines) = one else { continue };
        let from = lines.len() - lines.len().min(room);
        lines.drain(..lines.ceil_char_boundary(from));
        room -= lines.len();
    }
    news.retain(|one| !matches!(one, News::Said(lines) if lines.is_empty()));
}

/// What a job is built with: there is a builder since the server's terms are known.
#[derive(Clone)]
pub(crate) struct Armed<B>(Option<B>);

impl<B: Build> Build for Armed<B> {
    async fn build(
        &self,
        request: &BuildRequest,
        profiles: &TargetProfiles,
        progress: &(dyn Fn(Progress<'_>) + Send + Sync),
        out: &Path,
    ) -> Result<BuildOutput, BuildError> {
        let Some(builder) = &self.0 else {
            let told = "the worker has no builder";
            return Err(infrastructure("internal", told));
        };
        builder.build(request, profiles, progress, out).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_words_are_told_and_all_the_rest() {
        let said = |length: usize| News::Said("ü".repeat(length / 2));
        let stage = News::Stage("init".to_owned());
        let mut news = vec![
            said(LONGEST_SAID),
            stage.clone(),
            said(LONGEST_SAID),
            said(10),
        ];
        shorten(&mut news);
        assert_eq!(news, [stage, said(LONGEST_SAID - 10), said(10)]);
    }
}

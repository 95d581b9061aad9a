//! One build, with the heartbeats around it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use asu_artifacts::StoredFile;
use asu_builder::{BUILD_LOG, BuildError, BuildOutput, Progress};
use asu_protocol::build::BuildAnswer;
use asu_store::Claim;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinSet};

use super::hold::folder_of;
use super::vouch::vouch;
use super::{Dropped, STORAGE, Worker, remove, stopped};
use crate::outcome::infrastructure;
use crate::{Build, Foresee, build, outcome};

/// How a build ended.
pub(super) type Ended = Result<BuildOutput, BuildError>;

/// What a build tells of itself for the store, see [`Progress`].
enum Told {
    Stage(String),
    Note(String),
}

impl<O: Foresee, B: Build> Worker<O, B> {
    /// Builds in a task of its own, so that neither a panic nor a busy builder stops the
    /// heartbeats. When this returns, that task is gone.
    pub(super) async fn follow(
        &self,
        claim: &Claim,
        out: &Path,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<Ended, Dropped> {
        let (tell, mut told) = mpsc::unbounded_channel();
        let mut build = JoinSet::new();
        build.spawn(make(self.clone(), claim.clone(), out.to_owned(), tell));
        let followed = self.until_end(claim, &mut build, &mut told, stop).await;
        build.shutdown().await;
        followed
    }

    async fn until_end(
        &self,
        claim: &Claim,
        build: &mut JoinSet<Ended>,
        told: &mut mpsc::UnboundedReceiver<Told>,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<Ended, Dropped> {
        let mut heartbeat = tokio::time::interval(self.pace.heartbeat);
        let limit = tokio::time::sleep(self.pace.limit);
        tokio::pin!(limit);
        loop {
            tokio::select! {
                // What is told before the end is reported before the end.
                biased;
                () = stopped(stop) => return Err(Dropped::Stopped),
                Some(told) = told.recv() => self.pass_on(claim, told).await?,
                Some(ended) = build.join_next() => return Ok(ended.unwrap_or_else(|panic| panicked(&panic))),
                _ = heartbeat.tick() => self.beat(claim).await.map_err(Dropped::Lost)?,
                // Perhaps this one: then its lease is lost.
                () = self.api.hot.cancelled().notified() => self.beat(claim).await.map_err(Dropped::Lost)?,
                () = &mut limit => return Ok(Err(out_of_time(self.pace.limit))),
            }
        }
    }

    async fn pass_on(&self, claim: &Claim, told: Told) -> Result<(), Dropped> {
        let (store, now) = (&self.api.store, (self.api.clock)());
        let passed_on = match told {
            Told::Stage(stage) => store.stage(&claim.lease, now, &stage).await,
            Told::Note(line) => store.note(&claim.lease, now, &line).await,
        };
        passed_on.map_err(Dropped::Lost)
    }

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
                self.discard(claim).await;
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

    /// Puts the files of this attempt into the folder of this attempt; tells its name, and what is there.
    async fn store(&self, claim: &Claim, out: &Path) -> Result<(String, Vec<StoredFile>), String> {
        let folder = folder_of(claim).map_err(|e| e.to_string())?;
        let stored = self.api.artifacts.put(&folder, out).await;
        Ok((folder.to_string(), stored.map_err(|e| e.to_string())?))
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

async fn make<O: Foresee, B: Build>(
    worker: Worker<O, B>,
    claim: Claim,
    out: PathBuf,
    tell: mpsc::UnboundedSender<Told>,
) -> Ended {
    // What a crash left would become part of this build.
    remove(&out).map_err(|error| {
        tracing::error!(%error, "an earlier build's folder could not be removed");
        infrastructure(STORAGE, "the server could not prepare the build")
    })?;
    let (hot, hash) = (&worker.api.hot, claim.lease.request_hash());
    hot.begin_talk(hash);
    let progress = move |progress: Progress<'_>| {
        let told = match progress {
            Progress::Stage(stage) => Told::Stage(stage.to_owned()),
            Progress::Note(line) => Told::Note(line.to_owned()),
            Progress::Said(lines) => return hot.pass_on(hash, lines),
        };
        // Nobody listens only when the build is being dropped.
        let _ = tell.send(told);
    };
    let with = (&worker.api.offer, &worker.builder, &*worker.api.limits);
    build::produce(with, &claim.request, &progress, &out).await
}

fn panicked(panic: &JoinError) -> Ended {
    tracing::error!(%panic, "the builder panicked");
    Err(infrastructure(
        "internal",
        "the build ended by a fault of the server",
    ))
}

fn out_of_time(limit: Duration) -> BuildError {
    let text = format!(
        "the build did not end within {} s and was stopped",
        limit.as_secs()
    );
    infrastructure("time-limit", &text)
}

//! The server's side of a build: gives jobs out, and keeps what workers make of them, whether they
//! are in this process or elsewhere.

mod elsewhere;
mod keep;
mod publishing;
mod vouch;

use std::path::{Path, PathBuf};

use asu_builder::{BuildError, Failure};
use asu_http::Api;
use asu_protocol::build::BuildAnswer;
use asu_protocol::profiles::TargetProfiles;
use asu_protocol::worker::{News, Terms};
use asu_store::{Claim, Lease, StoreError, Verdict, Wanted};

use crate::jobs::Ended;
use crate::outcome::STORAGE;
use crate::{Foresee, Pace, build, outcome};
pub(crate) use publishing::Publishing;

/// Longest line that a build leaves in its job's log, bytes.
const LONGEST_NOTE: usize = 4 << 10;

/// All that jobs are given out and ended with. Cheap to clone; clones share everything.
#[derive(Clone)]
pub(crate) struct Office<O> {
    pub(crate) api: Api<O>,
    /// Where the files of unfinished builds lie, on the same file system as the images.
    pub(crate) unfinished: PathBuf,
    pub(crate) pace: Pace,
    /// How workers elsewhere are to build.
    pub(crate) terms: Terms,
    /// Who takes the ends of builds elsewhere at the moment.
    pub(crate) publishing: Publishing,
}

impl<O: Foresee> Office<O> {
    /// The next job that can be built, with what the mirror tells of its target.
    pub(crate) async fn claim(
        &self,
        worker: &str,
        wanted: &Wanted,
    ) -> Result<Option<(Claim, TargetProfiles)>, StoreError> {
        let Api { store, clock, .. } = &self.api;
        loop {
            let claimed = store.claim_of(wanted, worker, clock(), self.pace.lease);
            let Some(claim) = claimed.await? else {
                return Ok(None);
            };
            self.api.hot.begin_talk(claim.lease.request_hash());
            let (offer, limits) = (&self.api.offer, &self.api.limits);
            match build::order(offer, limits, &claim.request).await {
                Ok(profiles) => return Ok(Some((claim, (*profiles).clone()))),
                Err(refused) => self.end_without(&claim, refused).await?,
            }
        }
    }

    /// Ends a job that nobody can build.
    async fn end_without(&self, claim: &Claim, refused: BuildError) -> Result<(), StoreError> {
        let nothing = self.unfinished.join(claim.lease.request_hash());
        match self.end(claim, Err(refused), &nothing).await {
            // It was cancelled meanwhile.
            Err(StoreError::LeaseLost { .. }) => Ok(()),
            ended => ended,
        }
    }

    /// Extends a lease.
    pub(crate) async fn beat(&self, lease: &Lease) -> Result<(), StoreError> {
        let now = (self.api.clock)();
        self.api.store.heartbeat(lease, now, self.pace.lease).await
    }

    /// Passes on what a build tells of itself.
    pub(crate) async fn tell(&self, lease: &Lease, news: &[News]) -> Result<(), StoreError> {
        let Api {
            store, hot, clock, ..
        } = &self.api;
        for one in news {
            match one {
                News::Stage(stage) if is_stage(stage) => store.stage(lease, clock(), stage).await?,
                News::Stage(_) => {}
                News::Note(line) => store.note(lease, clock(), &in_one_line(line)).await?,
                News::Said(lines) => hot.pass_on(lease.request_hash(), lines),
            }
        }
        Ok(())
    }

    async fn failed(&self, claim: &Claim, failure: &Failure, out: &Path) -> BuildAnswer {
        // Where images cannot be kept, a log cannot either.
        let (bin_dir, log) = match failure.cause.as_str() {
            STORAGE => Default::default(),
            _ => self.keep_log(claim, out).await,
        };
        BuildAnswer {
            bin_dir,
            log,
            ..outcome::failed(failure)
        }
    }

    /// Reports how the build ended. Its files count if the report does, and go otherwise: a worker that
    /// lost its lease has nothing published.
    pub(crate) async fn end(
        &self,
        claim: &Claim,
        ended: Ended,
        out: &Path,
    ) -> Result<(), StoreError> {
        let told = self.holding(claim, self.answer_of(claim, ended, out));
        let counts = match told.await {
            Ok(ended) => self.conclude(claim, ended).await,
            Err(error) => Err(error),
        };
        if matches!(counts, Ok(false) | Err(StoreError::LeaseLost { .. })) {
            self.discard_published(claim).await;
        }
        counts.map(drop)
    }

    /// Keeps what is to be kept, and says how that went together with the answer it is kept for.
    async fn answer_of(
        &self,
        claim: &Claim,
        ended: Ended,
        out: &Path,
    ) -> (BuildAnswer, Result<(), BuildError>) {
        let kept = match ended {
            Ok(output) => self.keep(claim, output, out).await,
            Err(error) => Err(error),
        };
        match kept {
            Ok(answer) => (answer, Ok(())),
            Err(error) => {
                let answer = self.failed(claim, error.failure(), out).await;
                (answer, Err(error))
            }
        }
    }

    /// Whether the answer was given, and so its files count.
    async fn conclude(
        &self,
        claim: &Claim,
        (answer, ended): (BuildAnswer, Result<(), BuildError>),
    ) -> Result<bool, StoreError> {
        let now = (self.api.clock)();
        let store = &self.api.store;
        match ended {
            Ok(()) => {
                tracing::info!(images = answer.images.len(), "built");
                store.succeed(claim, now, &answer).await?;
                Ok(true)
            }
            Err(BuildError::Request(failure)) => {
                tracing::info!(
                    cause = failure.cause,
                    detail = failure.detail,
                    "refused by the build"
                );
                store.fail(claim, now, &answer).await?;
                Ok(true)
            }
            Err(BuildError::Infrastructure(failure)) => {
                let verdict = if mends_by_itself(&failure.cause) {
                    store.retry(claim, now, &answer).await?
                } else {
                    store.give_up(claim, now, &answer).await?
                };
                let stderr = failure.stderr;
                tracing::error!(
                    cause = failure.cause,
                    detail = failure.detail,
                    stderr,
                    ?verdict,
                    "the build could not be made"
                );
                Ok(verdict == Verdict::GivenUp)
            }
        }
    }
}

/// Whether another try within the minute may go better: a mirror or a disk may, an ImageBuilder that
/// is not published or not signed will not, and a build that took all its time holds up the others.
fn mends_by_itself(cause: &str) -> bool {
    !matches!(cause, "imagebuilder-missing" | "untrusted" | "time-limit")
}

/// Stages become part of a header.
fn is_stage(stage: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    (1..=32).contains(&stage.len()) && stage.bytes().all(plain)
}

/// The log of a job has a line for each event, and no text of PostgreSQL has a NUL.
fn in_one_line(line: &str) -> String {
    let line = &line[..line.floor_char_boundary(LONGEST_NOTE)];
    line.replace(|c: char| c.is_control(), " ")
}

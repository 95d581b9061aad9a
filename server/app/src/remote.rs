//! A worker for a server elsewhere: asks it for jobs over HTTP and hands in what it makes.
//!
//! The server may be gone for a while: a build goes on, and what came of it is handed in when the
//! server is back. Whether the job is still this worker's is the server's to say.

mod jobs;
mod line;
mod upload;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use asu_protocol::worker::{self, About, MOST_PLACES, News, Place, Report, Terms, Welcome, Wish};
use asu_store::{Claim, Lease};
use reqwest::{Method, StatusCode};
use thiserror::Error;
use tokio::sync::watch;

use crate::jobs::{Dismissed, Job, stopped};
use crate::worker::{Worker, remove};
use crate::{Build, DataDir, DataError};
use line::{Line, PATIENCE, Trouble};

/// How long the server is asked to wait for a job.
const WAIT: Duration = Duration::from_secs(25);
/// The pauses while the server does not answer.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// How long a server is told that this worker goes.
const FAREWELL: Duration = Duration::from_secs(5);

/// What a worker needs to know of its server.
#[derive(Debug, Clone)]
pub struct Dealings {
    /// The server's URL.
    pub server: String,
    /// What it was told by `asu-server token add`.
    pub token: String,
    /// Ends the worker when there was no job for so long.
    pub exit_when_idle: Option<Duration>,
}

/// Why a worker cannot work.
#[derive(Debug, Error)]
pub enum RemoteError {
    /// Its data folder cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The server refuses it, or it cannot build as the server wants; in words for people.
    #[error("{0}")]
    Dismissed(String),
}

/// Makes a builder that builds as a server wants; an error says what to do.
type Equip<B> = Arc<dyn Fn(&Terms) -> Result<B, String> + Send + Sync>;

/// A worker, ready to ask its server for jobs.
pub struct RemoteWorker<B> {
    data: DataDir,
    remote: Remote<B>,
}

impl<B: Build> RemoteWorker<B> {
    /// Uses `data`, which no other server or worker may use; `equip` makes builders.
    pub fn open(
        data: DataDir,
        dealings: Dealings,
        equip: impl Fn(&Terms) -> Result<B, String> + Send + Sync + 'static,
    ) -> Result<Self, RemoteError> {
        let line = Line::new(&dealings.server, dealings.token, data.worker()?);
        let unfinished = data.unfinished();
        let emptied = remove(&unfinished).and_then(|()| std::fs::create_dir_all(&unfinished));
        emptied.map_err(|error| {
            RemoteError::Dismissed(format!("{}: {error}; check --data", unfinished.display()))
        })?;
        let remote = Remote {
            line: line.map_err(RemoteError::Dismissed)?,
            idle: dealings.exit_when_idle,
            equip: Arc::new(equip),
            bench: Arc::default(),
            disk: data.unfinished().into(),
        };
        Ok(Self { data, remote })
    }

    /// Works until `stop` ends, the server dismisses the worker, or there was nothing to do for long
    /// enough. `admitted` is told what the server said first.
    pub async fn run(
        self,
        stop: impl Future<Output = ()> + Send + 'static,
        admitted: impl FnOnce(&Welcome),
    ) -> Result<(), RemoteError> {
        let (say_stop, mut stopping) = watch::channel(false);
        let stopper = tokio::spawn(async move {
            stop.await;
            let _ = say_stop.send(true);
        });
        let ended = self.work(&mut stopping, admitted).await;
        stopper.abort();
        ended.map_err(|Dismissed(reason)| RemoteError::Dismissed(reason))
    }

    async fn work(
        &self,
        stopping: &mut watch::Receiver<bool>,
        admitted: impl FnOnce(&Welcome),
    ) -> Result<(), Dismissed> {
        let Some(welcome) = self.remote.register(stopping).await? else {
            return Ok(());
        };
        admitted(&welcome);
        self.remote.equip(&welcome.terms)?;
        let worker = Worker {
            jobs: self.remote.clone(),
            unfinished: self.data.unfinished(),
            idle: self.remote.idle,
        };
        let ended = worker.run(stopping.clone()).await;
        self.remote.leave().await;
        ended
    }
}

/// The jobs of a server elsewhere. Cheap to clone; clones share everything.
struct Remote<B> {
    line: Line,
    idle: Option<Duration>,
    equip: Equip<B>,
    bench: Arc<Mutex<Bench<B>>>,
    /// A folder on the disk that builds take.
    disk: Arc<Path>,
}

/// What a worker builds with, and has built with.
struct Bench<B> {
    made: Option<(Terms, B)>,
    places: Vec<Place>,
    /// The pause before the server is asked again that did not answer.
    pause: Duration,
}

impl<B> Default for Bench<B> {
    fn default() -> Self {
        Self {
            made: None,
            places: Vec::new(),
            pause: FIRST_PAUSE,
        }
    }
}

// Derived, it would ask for a builder that can be compared and shown.
impl<B> Clone for Remote<B> {
    fn clone(&self) -> Self {
        Self {
            line: self.line.clone(),
            idle: self.idle,
            equip: Arc::clone(&self.equip),
            bench: Arc::clone(&self.bench),
            disk: Arc::clone(&self.disk),
        }
    }
}

impl<B: Build> Remote<B> {
    fn bench(&self) -> std::sync::MutexGuard<'_, Bench<B>> {
        self.bench.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says who this is, until the server answers; `None`: it is time to go.
    async fn register(
        &self,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<Option<Welcome>, Dismissed> {
        let begun = Instant::now();
        loop {
            let request = self.line.ask(Method::POST, "register").json(&self.about());
            let answered = async { self.line.read(self.line.send(request).await?).await };
            let answered = tokio::select! {
                answered = answered => answered,
                () = stopped(stop) => return Ok(None),
            };
            match answered {
                Ok(welcome) => return Ok(Some(welcome)),
                Err(trouble) => self.endure(trouble, stop).await?,
            }
            if *stop.borrow() || self.idle.is_some_and(|idle| begun.elapsed() >= idle) {
                return Ok(None);
            }
        }
    }

    /// Waits out what may pass.
    async fn endure(
        &self,
        trouble: Trouble,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<(), Dismissed> {
        if let Trouble::Dismissed(reason) | Trouble::Wrong(reason) = trouble {
            return Err(Dismissed(reason));
        }
        let pause = self.bench().pause;
        tracing::warn!(%trouble, "the server is asked again");
        tokio::select! {
            () = tokio::time::sleep(pause.min(self.idle.unwrap_or(pause))) => {}
            () = stopped(stop) => {}
        }
        self.bench().pause = (pause * 2).min(LONGEST_PAUSE);
        Ok(())
    }

    async fn leave(&self) {
        let request = self.line.ask(Method::POST, "leave").timeout(FAREWELL);
        if let Err(trouble) = self.line.send(request).await {
            tracing::info!(%trouble, "the server does not know that this worker has gone");
        }
    }

    /// Has a builder that builds as the server wants.
    fn equip(&self, terms: &Terms) -> Result<(), Dismissed> {
        if self
            .bench()
            .made
            .as_ref()
            .is_some_and(|(made_for, _)| made_for == terms)
        {
            return Ok(());
        }
        let builder = (self.equip)(terms).map_err(Dismissed)?;
        self.bench().made = Some((terms.clone(), builder));
        Ok(())
    }

    fn about(&self) -> About {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        About {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            arch: std::env::consts::ARCH.to_owned(),
            cores: u32::try_from(cores).unwrap_or(u32::MAX),
            disk_free: asu_builder::free_space(&self.disk).unwrap_or(0),
        }
    }

    async fn claim(&self) -> Result<Option<worker::Job>, Trouble> {
        let wait = self.idle.map_or(WAIT, |idle| idle.min(WAIT));
        let wish = Wish {
            about: self.about(),
            imagebuilders: self.bench().places.clone(),
            wait_ms: u64::try_from(wait.as_millis()).unwrap_or(0),
        };
        let request = self.line.ask(Method::POST, "claim").json(&wish);
        let answer = self.line.send(request.timeout(wait + PATIENCE)).await?;
        self.bench().pause = FIRST_PAUSE;
        if answer.status() == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        self.line.read(answer).await.map(Some)
    }

    /// A job of the server's, as one of this worker's.
    async fn accept(&self, job: worker::Job) -> Result<Job, Dismissed> {
        let lease = Lease::told(job.request_hash, job.lease);
        if let Err(dismissed) = self.equip(&job.terms) {
            self.give_back(&lease).await;
            return Err(dismissed);
        }
        self.remember(Place {
            version: job.request.version.clone(),
            target: job.request.target.clone(),
        });
        Ok(Job {
            claim: Claim {
                lease,
                request: job.request,
                attempt: job.attempt,
            },
            profiles: job.profiles,
            heartbeat: Duration::from_millis(job.heartbeat_ms.max(1)),
            limit: Duration::from_millis(job.limit_ms),
        })
    }

    /// The ImageBuilder that is used next is the last to be removed.
    fn remember(&self, place: Place) {
        let places = &mut self.bench().places;
        places.retain(|known| *known != place);
        places.push(place);
        let spare = places.len().saturating_sub(MOST_PLACES);
        places.drain(..spare);
    }

    async fn report(&self, job: &Job, news: Vec<News>) -> Result<(), Trouble> {
        let path = path_of(&job.claim.lease, "report");
        let request = self.line.ask(Method::POST, &path).json(&Report { news });
        self.line.send(request).await.map(drop)
    }

    async fn give_back(&self, lease: &Lease) {
        let request = self.line.ask(Method::POST, &path_of(lease, "hand-back"));
        if let Err(trouble) = self.line.send(request.timeout(FAREWELL)).await {
            tracing::warn!(%trouble, "the job goes back to the queue when its lease ends");
        }
    }

    /// Gives signs of life, until the job is not this worker's any more.
    async fn keep_beating(&self, job: &Job) -> Trouble {
        loop {
            tokio::time::sleep(job.heartbeat).await;
            let told = self.report(job, Vec::new()).await;
            if let Err(lost @ (Trouble::Lost(_) | Trouble::Dismissed(_))) = told {
                return lost;
            }
        }
    }
}

fn path_of(lease: &Lease, what: &str) -> String {
    let (hash, number) = (lease.request_hash(), lease.number());
    format!("jobs/{hash}/{number}/{what}")
}

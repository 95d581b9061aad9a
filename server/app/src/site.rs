use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use asu_artifacts::{ArtifactError, Artifacts, BucketSettings};
use asu_http::{Api, Clock, Limits, Pulse};
use asu_protocol::worker::Terms;
use asu_signing::Signer;
use asu_store::{Database, DatabaseError, Policy, Store, StoreError};
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::local::Local;
use crate::office::{Office, Publishing};
use crate::worker::{Worker, keep_clean, remove, remove_strays};
use crate::{Build, Connections, DataDir, DataError, Foresee, Pace, listen, verdicts};

/// How long open downloads may go on when the server accepts no more connections.
const LAST_ANSWERS: Duration = Duration::from_secs(10);

/// The pause before the worker is started again after a panic of its own.
const RESTART_PAUSE: Duration = Duration::from_secs(1);

/// What an operator can set.
#[derive(Clone)]
pub struct Settings {
    /// What clients may ask for.
    pub limits: Limits,
    /// How long answers are kept and how often a job is tried.
    pub policy: Policy,
    /// Where the jobs are; in the data folder if it is not said.
    pub database: Option<Database>,
    /// The bucket that images are kept in; the data folder if it is not said.
    pub images: Option<BucketSettings>,
    /// How the worker spends its time.
    pub pace: Pace,
    /// Whether there is a worker in this process; if not, only those elsewhere build.
    pub worker: bool,
    /// How workers elsewhere are to build.
    pub terms: Terms,
    /// What connections may take.
    pub connections: Connections,
    /// The time.
    pub clock: Clock,
    /// Signs images and answers; nothing is signed without.
    pub signer: Option<Arc<Signer>>,
}

/// Why the server cannot serve.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The job database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The data folder cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The data folder's path cannot be that of a job database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The folder or bucket of images cannot be used.
    #[error(transparent)]
    Artifacts(#[from] ArtifactError),
    /// The listener failed.
    #[error("the server cannot accept connections: {0}")]
    Listener(#[from] io::Error),
}

/// A server, ready to accept connections.
pub struct Site<O, B> {
    // Held to the end: it is the lock.
    _data: DataDir,
    office: Office<O>,
    worker: Option<Worker<Local<O, B>>>,
    connections: Connections,
}

impl<O: Foresee, B: Build> Site<O, B> {
    /// Opens what lies in `data`. Builds that an earlier run left unfinished are queued again.
    pub async fn open(
        data: DataDir,
        offer: O,
        builder: B,
        settings: Settings,
    ) -> Result<Self, ServeError> {
        let database = settings.database.map_or_else(|| data.database(), Ok)?;
        let store = Store::open(&database, settings.policy).await?;
        let now = (settings.clock)();
        let name = data.worker()?;
        // The data folder is ours alone, so whoever held these leases is gone.
        let released = store.release(&name, now).await?;
        if released > 0 {
            tracing::warn!(released, "builds were interrupted and are queued again");
        }
        let artifacts = match settings.images {
            Some(bucket) => Artifacts::in_bucket(bucket).await?,
            None => Artifacts::on_disk(data.images())?,
        };
        // A bucket may be large, and others look after it too: it waits for the first sweep.
        if !artifacts.are_shared() {
            remove_strays(&store, &artifacts).await?;
        }
        // A job that was given up or lost never comes back to clear its own folder.
        remove(&data.unfinished())?;
        std::fs::create_dir_all(data.unfinished())?;
        let pulse = Pulse::default();
        if settings.worker {
            pulse.beat(now);
        } else {
            pulse.excuse();
        }
        let wake = store.wake();
        let publishing = Publishing::default();
        let mut api = Api {
            offer,
            store,
            artifacts,
            limits: Arc::new(settings.limits),
            wake,
            pulse,
            clock: settings.clock,
            hot: asu_http::Hot::default(),
            signer: settings.signer,
            foreman: None,
        };
        let office = |api| Office {
            api,
            unfinished: data.unfinished(),
            pace: settings.pace.clone(),
            terms: settings.terms.clone(),
            publishing: publishing.clone(),
        };
        // Not with itself inside: then neither of them would ever go.
        api.foreman = Some(Arc::new(office(api.clone())));
        let office = office(api);
        let jobs = Local {
            name: name.into(),
            office: office.clone(),
            builder,
        };
        let worker = Worker {
            jobs,
            unfinished: data.unfinished(),
            idle: None,
        };
        Ok(Self {
            worker: settings.worker.then_some(worker),
            _data: data,
            office,
            connections: settings.connections,
        })
    }

    /// Serves until `stop` ends; then the build under way is given back, connections are accepted for
    /// [`Connections::drain`] yet, and open downloads have a few seconds.
    pub async fn serve(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), ServeError> {
        let (say_stop, stopping) = watch::channel(false);
        let api = self.office.api.clone();
        let worker = self.worker.clone();
        let worker = worker.map(|worker| tokio::spawn(keep_working(worker, stopping.clone())));
        let cleaner = tokio::spawn(keep_clean(self.office.clone()));
        let hot = api.hot.clone();
        let stopper = tokio::spawn(async move {
            stop.await;
            hot.close();
            let _ = say_stop.send(true);
        });
        let until = |mut stopping: watch::Receiver<bool>| async move {
            let _ = stopping.wait_for(|stop| *stop).await;
        };
        let verdicts = tokio::spawn(verdicts::watch(api.clone()));
        let front = asu_http::router(api.clone());
        let connections =
            listen::serve(listener, front, &self.connections, until(stopping.clone()));
        let patience = self.connections.drain + LAST_ANSWERS;
        let out_of_patience = async move {
            until(stopping).await;
            tokio::time::sleep(patience).await;
        };
        tokio::select! {
            () = connections => {}
            () = out_of_patience => tracing::warn!("some downloads were cut off"),
        }
        stopper.abort();
        verdicts.abort();
        if let Some(worker) = worker
            && let Err(error) = worker.await
        {
            tracing::error!(%error, "the worker did not end in order");
        }
        cleaner.abort();
        api.store.close().await;
        Ok(())
    }
}

/// Runs the worker, and runs it again should it panic outside of a build.
async fn keep_working<O: Foresee, B: Build>(
    worker: Worker<Local<O, B>>,
    stopping: watch::Receiver<bool>,
) {
    let (name, api) = (&worker.jobs.name, &worker.jobs.office.api);
    loop {
        let run = tokio::spawn(worker.clone().run(stopping.clone()));
        let Err(error) = run.await else { return };
        tracing::error!(%error, "the worker is started again");
        tokio::time::sleep(RESTART_PAUSE).await;
        let now = (api.clock)();
        if let Err(error) = api.store.release(name, now).await {
            tracing::error!(%error, "its job stays taken until its lease ends");
        }
    }
}

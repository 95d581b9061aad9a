//! The whole server over real HTTP, with an invented upstream and an invented builder.
//!
//! It is two test programs: this one is on SQLite, `postgres` has it as a module and is on
//! PostgreSQL. So modules here name each other with `super`, not with `crate`.
#![allow(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in test functions, not in their helpers"
)]

mod bucket;
mod builds;
mod cancel;
mod connections;
mod elsewhere;
pub(crate) mod mirror;
mod processes;
mod restarts;
mod signed;
mod upstream;
pub(crate) mod workshop;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use asu_http::Limits;
use asu_protocol::worker::Terms;
use asu_server::{Connections, DataDir, Pace, Settings, Site};
use asu_store::{Database, Policy};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use upstream::Upstream;
use workshop::Workshop;

asu_test_s3::process!();

/// Longer than anything here takes; a test that gets here has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A running server.
pub(crate) struct Server {
    pub(crate) url: String,
    client: Client,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
    ahead: Arc<AtomicI64>,
}

/// Quick enough for tests; the lease is shorter than a slow build.
pub(crate) fn pace() -> Pace {
    Pace {
        lease: Duration::from_millis(600),
        heartbeat: Duration::from_millis(100),
        idle: Duration::from_millis(20),
        limit: PATIENCE,
        clean: Duration::from_millis(20),
        sweep: Duration::from_hours(1),
    }
}

fn policy() -> Policy {
    Policy {
        pause: Duration::from_millis(10),
        pause_growth: 1,
        ..Policy::default()
    }
}

impl Server {
    async fn start(data: &Path, workshop: &Workshop) -> Self {
        Self::with(data, workshop, pace()).await
    }

    async fn with(data: &Path, workshop: &Workshop, pace: Pace) -> Self {
        Self::on(database_of(data), data, workshop, pace).await
    }

    /// With its jobs in `database`, or in its data folder.
    pub(crate) async fn on(
        database: Option<Database>,
        data: &Path,
        workshop: &Workshop,
        pace: Pace,
    ) -> Self {
        Self::set_up(data, workshop, |settings| {
            (settings.pace, settings.database) = (pace, database);
        })
        .await
    }

    async fn set_up(data: &Path, workshop: &Workshop, change: impl FnOnce(&mut Settings)) -> Self {
        Self::at("127.0.0.1:0", data, workshop, change).await
    }

    async fn at(
        address: &str,
        data: &Path,
        workshop: &Workshop,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        let ahead = Arc::new(AtomicI64::new(0));
        let read = Arc::clone(&ahead);
        let mut settings = Settings {
            limits: Limits::default(),
            policy: policy(),
            database: database_of(data),
            images: None,
            pace: pace(),
            worker: true,
            terms: Terms::default(),
            connections: Connections::default(),
            clock: Arc::new(move || {
                Timestamp::now() + SignedDuration::from_secs(read.load(Ordering::Relaxed))
            }),
            signer: None,
        };
        change(&mut settings);
        let data = DataDir::open(data).unwrap();
        let site = Site::open(data, Upstream, workshop.clone(), settings)
            .await
            .unwrap();
        let listener = TcpListener::bind(address).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(async move {
            let stop = async move {
                let _ = stopped.await;
            };
            site.serve(listener, stop).await.unwrap();
        });
        Self {
            url,
            client: Client::new(),
            stop,
            serving,
            ahead,
        }
    }

    /// As SIGTERM does.
    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        tokio::time::timeout(PATIENCE, self.serving)
            .await
            .unwrap()
            .unwrap();
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.ahead.fetch_add(seconds, Ordering::Relaxed);
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        let url = format!("{}{path}", self.url);
        self.client.get(url).send().await.unwrap()
    }

    pub(crate) async fn post(&self, packages: &[&str]) -> (StatusCode, Value) {
        self.post_wish(&wish(packages)).await
    }

    async fn post_wish(&self, wish: &Value) -> (StatusCode, Value) {
        let request = self
            .client
            .post(format!("{}/api/v1/build", self.url))
            .header("content-type", "application/json")
            .body(wish.to_string());
        let response = request.send().await.unwrap();
        (response.status(), json_of(response).await)
    }

    /// Asks and waits for what comes of it.
    pub(crate) async fn build(&self, packages: &[&str]) -> (StatusCode, Value) {
        let (_, asked) = self.post(packages).await;
        self.wait(asked["request_hash"].as_str().unwrap(), |status, _| {
            status != 202
        })
        .await
    }

    /// Looks at a request until it stands as wanted.
    pub(crate) async fn wait(
        &self,
        request_hash: &str,
        wanted: impl Fn(StatusCode, &Value) -> bool,
    ) -> (StatusCode, Value) {
        let looking = async {
            loop {
                let response = self.get(&format!("/api/v1/build/{request_hash}")).await;
                let status = response.status();
                let body = json_of(response).await;
                if wanted(status, &body) {
                    return (status, body);
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, looking)
            .await
            .expect("the job never stood as wanted")
    }
}

/// Where the jobs of a data folder are: for a folder the second time where they were the first time.
fn database_of(data: &Path) -> Option<Database> {
    if env!("CARGO_CRATE_NAME") != "postgres" {
        return None;
    }
    let known = data.join("database-of-the-test");
    if !known.exists() {
        std::fs::write(&known, asu_test_postgres::database()).unwrap();
    }
    Some(std::fs::read_to_string(known).unwrap().parse().unwrap())
}

async fn json_of(response: Response) -> Value {
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

fn wish(packages: &[&str]) -> Value {
    json!({
        "version": "24.10.2",
        "target": "ath79/generic",
        "profile": "router",
        "packages": packages,
    })
}

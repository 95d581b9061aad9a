//! The routes as clients see them, with an invented upstream, a real job store and real files.
//!
//! It is two test programs: this one is on SQLite, `postgres.rs` has it as a module and is on
//! PostgreSQL. So modules here name each other with `super`, not with `crate`.
#![allow(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in test functions, not in their helpers"
)]

mod askers;
mod bucket;
mod builds;
mod cancel;
mod contract;
mod documents;
mod edges;
mod events;
mod hot;
mod images;
mod legacy;
mod legacy_lists;
mod numbers;
mod openapi;
mod plans;
mod repositories;
mod signed;
mod upgrade_check;
mod upstream;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use asu_artifacts::{Artifacts, FolderName};
use asu_http::{Api, Front, Limits, Pulse};
use asu_store::{Database, Policy, Store};
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;
use upstream::Upstream;

asu_test_s3::process!();

/// A server whose clock stands still unless told.
struct Server {
    dir: TempDir,
    api: Api<Upstream>,
    router: Front,
    second: Arc<AtomicI64>,
}

/// An answer, read whole.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    bytes: Vec<u8>,
}

impl Server {
    async fn start() -> Self {
        Self::with(Limits::default()).await
    }

    async fn with(limits: Limits) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let artifacts = Artifacts::on_disk(dir.path().join("store")).unwrap();
        Self::on(dir, artifacts, limits).await
    }

    async fn on(dir: TempDir, artifacts: Artifacts, limits: Limits) -> Self {
        let database = if env!("CARGO_CRATE_NAME") == "postgres" {
            asu_test_postgres::database().parse()
        } else {
            Database::file(&dir.path().join("jobs.sqlite"))
        };
        let store = Store::open(&database.unwrap(), Policy::default())
            .await
            .unwrap();
        let second = Arc::new(AtomicI64::new(1_700_000_000));
        let read = Arc::clone(&second);
        let api = Api {
            offer: Upstream,
            store,
            artifacts,
            limits: Arc::new(limits),
            wake: Arc::default(),
            pulse: Pulse::default(),
            clock: Arc::new(move || Timestamp::from_second(read.load(Ordering::Relaxed)).unwrap()),
            hot: asu_http::Hot::default(),
            signer: None,
            foreman: None,
        };
        let router = asu_http::router(api.clone());
        Self {
            dir,
            api,
            router,
            second,
        }
    }

    fn now(&self) -> Timestamp {
        (self.api.clock)()
    }

    fn pass(&self, seconds: i64) {
        self.second.fetch_add(seconds, Ordering::Relaxed);
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            bytes: bytes.to_vec(),
        }
    }

    async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, &[]).await
    }

    async fn post(&self, body: &Value) -> Answer {
        self.post_to("/api/v1/build", body).await
    }

    async fn post_to(&self, path: &str, body: &Value) -> Answer {
        let request = Request::post(path)
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        self.send(request).await
    }

    /// Stores a finished build of one file.
    async fn store_image(&self, folder: &str, name: &str, bytes: &[u8]) {
        let from = self.dir.path().join("out");
        std::fs::create_dir(&from).unwrap();
        std::fs::write(from.join(name), bytes).unwrap();
        let folder = FolderName::new(folder).unwrap();
        self.api.artifacts.put(&folder, &from).await.unwrap();
    }

    async fn pending(&self) -> u32 {
        self.api.store.load(self.now()).await.unwrap().pending
    }
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|e| panic!("{e}: {:?}", String::from_utf8_lossy(&self.bytes)))
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }
}

/// A request that everything accepts.
fn wish() -> Value {
    json!({
        "version": "24.10.2",
        "target": "ath79/generic",
        "profile": "tplink_archer-c7-v5",
        "packages": ["luci", "htop"],
    })
}

fn wish_with(field: &str, value: impl Into<Value>) -> Value {
    let mut wish = wish();
    wish[field] = value.into();
    wish
}

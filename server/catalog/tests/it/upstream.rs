//! A mirror in this process: files by path, ETags, and the ways a mirror fails.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use asu_catalog::{Catalog, CatalogConfig, Trust, Tuning};
use asu_distributions::Distributions;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode, Uri};

/// How the mirror behaves.
#[derive(Clone, Copy, Default, PartialEq)]
pub(crate) enum Mode {
    /// As it should.
    #[default]
    Good,
    /// Every request is answered 503.
    Broken,
    /// No request is answered.
    Silent,
    /// Every file is gone.
    Empty,
    /// Half of each file, as a complete answer.
    HalfWritten,
}

#[derive(Default)]
struct Shared {
    files: BTreeMap<String, Vec<u8>>,
    mode: Mode,
    log: Vec<(String, u16)>,
}

/// The mirror, with a clock that only tests move.
#[derive(Clone)]
pub(crate) struct Upstream {
    shared: Arc<Mutex<Shared>>,
    seconds: Arc<AtomicU64>,
    pub(crate) url: String,
}

impl Upstream {
    /// A mirror with three releases of two targets each, and one whose targets are not there.
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let shared = Arc::new(Mutex::new(Shared::default()));
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let upstream = Self {
            shared,
            seconds: Arc::default(),
            url,
        };
        upstream.put(
            ".versions.json",
            r#"{"stable_version":"24.10.10","oldstable_version":"23.05.5","upcoming_version":"25.12.0-rc1",
                "versions_list":["1.2.3","23.05.5","24.10.9","24.10.10","25.12.0-rc1"]}"#,
        );
        for version in ["23.05.5", "24.10.10", "25.12.0-rc1"] {
            upstream.put_release(version);
        }
        upstream
    }

    /// Publishes the targets and profiles of a release.
    pub(crate) fn put_release(&self, version: &str) {
        let targets = r#"{"ath79/generic":"mips_24kc","x86/64":"x86_64"}"#;
        self.put(&format!("releases/{version}/.targets.json"), targets);
        let folder = format!("releases/{version}/targets");
        self.put(
            &format!("{folder}/ath79/generic/profiles.json"),
            include_str!("ath79-profiles.json"),
        );
        self.put(
            &format!("{folder}/x86/64/profiles.json"),
            include_str!("x86-profiles.json"),
        );
    }

    pub(crate) fn put(&self, path: &str, body: impl AsRef<[u8]>) {
        self.shared
            .lock()
            .unwrap()
            .files
            .insert(path.to_owned(), body.as_ref().to_vec());
    }

    pub(crate) fn turn(&self, mode: Mode) {
        self.shared.lock().unwrap().mode = mode;
    }

    /// The statuses answered for `path` so far.
    pub(crate) fn answered(&self, path: &str) -> Vec<u16> {
        let shared = self.shared.lock().unwrap();
        shared
            .log
            .iter()
            .filter(|(asked, _)| asked == path)
            .map(|(_, status)| *status)
            .collect()
    }

    /// Moves the catalog's clock.
    pub(crate) fn pass(&self, seconds: u64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) async fn catalog(&self, cache_dir: &Path) -> Catalog {
        self.catalog_trusting(cache_dir, Trust::default()).await
    }

    /// With a distribution of this text.
    pub(crate) async fn catalog_with(&self, cache_dir: &Path, text: &str) -> Catalog {
        self.open(CatalogConfig {
            distributions: Some(Distributions::from_texts(&[("own.yml", text)]).unwrap()),
            ..self.config(cache_dir, Trust::default())
        })
        .await
    }

    pub(crate) async fn catalog_trusting(&self, cache_dir: &Path, trust: Trust) -> Catalog {
        self.open(self.config(cache_dir, trust)).await
    }

    fn config(&self, cache_dir: &Path, trust: Trust) -> CatalogConfig {
        CatalogConfig {
            upstream: self.url.clone(),
            cache_dir: cache_dir.to_owned(),
            distributions: None,
            trust,
        }
    }

    async fn open(&self, config: CatalogConfig) -> Catalog {
        let seconds = Arc::clone(&self.seconds);
        let tuning = Tuning {
            clock: Arc::new(move || Duration::from_secs(seconds.load(Ordering::SeqCst))),
            timeout: Duration::from_millis(300),
        };
        Catalog::open_with(config, tuning).await.unwrap()
    }
}

async fn answer(
    State(shared): State<Arc<Mutex<Shared>>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response<Body> {
    let path = uri.path().trim_start_matches('/').to_owned();
    if shared.lock().unwrap().mode == Mode::Silent {
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
    let mut shared = shared.lock().unwrap();
    let response = respond(&shared, &path, &headers);
    shared.log.push((path, response.status().as_u16()));
    response
}

fn respond(shared: &Shared, path: &str, headers: &HeaderMap) -> Response<Body> {
    let status = |status| Response::builder().status(status);
    if shared.mode == Mode::Broken {
        return status(StatusCode::SERVICE_UNAVAILABLE)
            .body(Body::from("down"))
            .unwrap();
    }
    let file = shared
        .files
        .get(path)
        .filter(|_| shared.mode != Mode::Empty);
    let Some(body) = file else {
        return status(StatusCode::NOT_FOUND).body(Body::empty()).unwrap();
    };
    let length = if shared.mode == Mode::HalfWritten {
        body.len() / 2
    } else {
        body.len()
    };
    let body = &body[..length];
    let sum = body.iter().fold(body.len(), |sum, byte| {
        sum.wrapping_mul(31) + usize::from(*byte)
    });
    let etag = format!("\"{sum:x}\"");
    if headers
        .get("if-none-match")
        .is_some_and(|sent| *sent == *etag)
    {
        return status(StatusCode::NOT_MODIFIED)
            .body(Body::empty())
            .unwrap();
    }
    status(StatusCode::OK)
        .header("etag", etag)
        .body(Body::from(body.to_vec()))
        .unwrap()
}

/// Waits until `condition` holds; revalidation happens behind the answer.
pub(crate) async fn eventually(condition: impl Fn() -> bool) {
    for _ in 0..200 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not happen within two seconds");
}

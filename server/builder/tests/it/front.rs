//! A package feed in a runtime of its own, that can fail and be stopped.

use std::collections::{BTreeMap, VecDeque};
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use flate2::write::GzEncoder;
use futures_util::{StreamExt, stream};
use sha2::{Digest, Sha256};
use tokio::runtime::Runtime;

/// What goes wrong with one answer.
#[derive(Clone)]
pub(crate) enum Fault {
    /// The server says that it does not work.
    Broken,
    /// The connection breaks after half of the file.
    Cut,
    /// Another file comes in its place.
    Other(Vec<u8>),
    /// It lies elsewhere.
    Redirect(String),
    /// It comes late enough for others to ask meanwhile.
    Slow,
}

#[derive(Default)]
struct Shared {
    files: BTreeMap<String, Vec<u8>>,
    faults: BTreeMap<String, VecDeque<Fault>>,
    log: Vec<(String, StatusCode)>,
}

/// A feed at `url`.
pub(crate) struct Front {
    shared: Arc<Mutex<Shared>>,
    pub(crate) url: String,
    runtime: Option<Runtime>,
}

impl Drop for Front {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Front {
    pub(crate) fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Mutex::new(Shared::default()));
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&shared));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, router).await
        });
        Self {
            shared,
            url,
            runtime: Some(runtime),
        }
    }

    /// Ends it with all of its connections.
    pub(crate) fn stop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }

    pub(crate) fn put(&self, path: &str, body: impl AsRef<[u8]>) {
        let mut shared = self.shared.lock().unwrap();
        shared.files.insert(path.to_owned(), body.as_ref().to_vec());
    }

    /// Puts packages and their index into `folder`; gives the index before it was packed.
    pub(crate) fn publish(&self, folder: &str, packages: &[(&str, &[u8])]) -> String {
        let index = index(packages);
        for (name, body) in packages {
            self.put(&format!("{folder}/{name}.ipk"), body);
        }
        self.put(&format!("{folder}/Packages.gz"), packed(&index));
        index
    }

    /// Lets the next answers for `path` fail.
    pub(crate) fn fail(&self, path: &str, faults: impl IntoIterator<Item = Fault>) {
        let mut shared = self.shared.lock().unwrap();
        let queue = shared.faults.entry(path.to_owned()).or_default();
        queue.extend(faults);
    }

    pub(crate) fn heal(&self) {
        self.shared.lock().unwrap().faults.clear();
    }

    /// The statuses of all answers for `path`.
    pub(crate) fn answers(&self, path: &str) -> Vec<u16> {
        let shared = self.shared.lock().unwrap();
        let of_path = shared.log.iter().filter(|(asked, _)| asked == path);
        of_path.map(|(_, status)| status.as_u16()).collect()
    }
}

/// The text of `Packages`.
pub(crate) fn index(packages: &[(&str, &[u8])]) -> String {
    let stanza = |(name, body): &(&str, &[u8])| {
        format!(
            "Package: {name}\nVersion: 1\nArchitecture: all\nFilename: {name}.ipk\nSize: {}\n\
             SHA256sum: {}\n\n",
            body.len(),
            sum(body)
        )
    };
    packages.iter().map(stanza).collect()
}

/// A text as `Packages.gz` has it.
pub(crate) fn packed(text: &str) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text.as_bytes()).unwrap();
    packed.finish().unwrap()
}

pub(crate) fn sum(body: &[u8]) -> String {
    hex::encode(Sha256::digest(body))
}

async fn answer(State(shared): State<Arc<Mutex<Shared>>>, uri: Uri, asked: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/').to_owned();
    let fault = {
        let mut shared = shared.lock().unwrap();
        shared.faults.get_mut(&path).and_then(VecDeque::pop_front)
    };
    if matches!(fault, Some(Fault::Slow)) {
        tokio::time::sleep(Duration::from_millis(700)).await;
    }
    let mut shared = shared.lock().unwrap();
    let response = match (fault, shared.files.get(&path)) {
        (Some(Fault::Redirect(to)), _) => {
            (StatusCode::FOUND, [(header::LOCATION, to)]).into_response()
        }
        (Some(Fault::Broken), _) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        (Some(Fault::Other(body)), _) => body.into_response(),
        (Some(Fault::Cut), Some(body)) => cut(body),
        (_, Some(body)) => whole(body, &asked),
        (_, None) => StatusCode::NOT_FOUND.into_response(),
    };
    shared.log.push((path, response.status()));
    response
}

fn whole(body: &[u8], asked: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", sum(body));
    let known = asked.get(header::IF_NONE_MATCH);
    if known.is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    ([(header::ETAG, tag)], body.to_vec()).into_response()
}

fn cut(body: &[u8]) -> Response {
    let half = Bytes::copy_from_slice(&body[..body.len() / 2]);
    let begun = stream::iter([Ok(half)]);
    // The half must be on its way before the connection breaks.
    let broken = stream::once(async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        Err(std::io::Error::other("cut"))
    });
    let length = [(header::CONTENT_LENGTH, body.len())];
    (length, Body::from_stream(begun.chain(broken))).into_response()
}

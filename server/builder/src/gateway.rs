//! What a confined build reaches of the network: the mirror and the feeds of its request, to be read
//! through a cache that all builds share.
//!
//! | module | what it is |
//! |---|---|
//! | `door`, `signers` | which addresses a build may read, and whose indexes are believed there |
//! | `visit` | what one build was given |
//! | `packages`, `indexes`, `store` | what all builds share, in memory and on disk |
//! | `fetch`, `flights` | asking a feed, once for all who want the same |
//! | `listing` | what an index says about packages |

mod door;
mod fetch;
mod flights;
mod indexes;
mod listing;
mod packages;
mod signers;
mod store;
mod visit;

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use reqwest::Url;
use tokio::io::Interest;
use tokio::net::{TcpListener, UnixListener};
use tokio::task::{JoinHandle, JoinSet, spawn_blocking};
use tokio::time::timeout;

pub(crate) use packages::Packages;
pub(crate) use signers::Signers;

use self::door::{Door, inside, outside};
use self::packages::shown;
use self::visit::Visit;
use crate::sandbox::{socket_in, take};

/// How many ports one build may lend; each run of `make` lends one.
const PORTS: usize = 8;
/// How long a sandbox may take to lend one.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many bytes of a body are in memory at once.
const CHUNK: u64 = 256 << 10;

/// Serves one build; ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Gateway {
    visit: Arc<Visit>,
    serving: JoinHandle<()>,
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Gateway {
    /// Serves the sandboxes in `folder` what lies below the URLs, each with those who may sign indexes
    /// there.
    pub(crate) fn open<'a>(
        folder: &Path,
        packages: Arc<Packages>,
        urls: impl IntoIterator<Item = (&'a str, Signers)>,
    ) -> io::Result<Self> {
        let doors = urls.into_iter();
        let doors: Arc<[Door]> = doors.map(|(url, by)| Door::new(url, by)).collect();
        let desk = UnixListener::bind(socket_in(&File::open(folder)?))?;
        let visit = Arc::new(Visit::new(doors, packages));
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&visit));
        let serving = tokio::spawn(serve(desk, router));
        Ok(Self { visit, serving })
    }

    /// What `url`, which lies below one of those given, is called inside.
    pub(crate) fn inside(&self, url: &str) -> String {
        inside(&self.visit.doors, url)
    }

    /// The address of an index that was refused, because nobody vouches for it who may.
    pub(crate) fn untrusted(&self) -> Option<String> {
        self.visit.untrusted()
    }
}

/// Serves at each port that a sandbox lends; all end with this.
async fn serve(desk: UnixListener, router: Router) {
    let mut ports = JoinSet::new();
    loop {
        let taken = async {
            let (stream, _) = desk.accept().await?;
            let port = timeout(
                PATIENCE,
                stream.async_io(Interest::READABLE, || take(&stream)),
            );
            let port = port.await.map_err(io::Error::from)??;
            port.set_nonblocking(true)?;
            TcpListener::from_std(port)
        };
        match taken.await {
            Ok(port) if ports.len() < PORTS => {
                ports.spawn(axum::serve(port, router.clone()).into_future());
            }
            Ok(_) => tracing::warn!("a build lends more ports than it can have"),
            Err(error) => {
                tracing::error!(%error, "a build has no way to the mirror");
                // What failed, such as a lack of descriptors, may fail again at once.
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn answer(State(visit): State<Arc<Visit>>, request: Request) -> Response {
    let is_reading = matches!(*request.method(), Method::GET | Method::HEAD);
    let path = request.uri().path();
    let Some((door, url)) = outside(&visit.doors, path).filter(|_| is_reading) else {
        tracing::warn!(path, "a build asked for what it may not reach");
        return StatusCode::FORBIDDEN.into_response();
    };
    match visit.read(door, &url).await {
        Ok(Some(body)) => send(body),
        Ok(None) => pass(&visit.packages, request.method(), &url).await,
        Err(refusal) => refusal.status().into_response(),
    }
}

fn send(body: Arc<store::Body>) -> Response {
    let size = body.size;
    // Most packages are small, and have been read a moment ago: they are in memory.
    if size <= CHUNK {
        return match body.part(0, size) {
            Ok(bytes) => bytes.into_response(),
            Err(error) => {
                tracing::warn!(%error, "the package cache cannot be read; check the disk");
                StatusCode::BAD_GATEWAY.into_response()
            }
        };
    }
    let chunks = stream::try_unfold(0, move |at| {
        let body = Arc::clone(&body);
        async move {
            if at >= body.size {
                return Ok::<_, io::Error>(None);
            }
            let chunk = spawn_blocking(move || body.part(at, CHUNK)).await??;
            let next = at + chunk.len() as u64;
            Ok(Some((Bytes::from(chunk), next)))
        }
    });
    ([(header::CONTENT_LENGTH, size)], Body::from_stream(chunks)).into_response()
}

/// Passes on what no index tells anything of, as it comes.
async fn pass(packages: &Packages, method: &Method, url: &Url) -> Response {
    let asked = packages.client.request(method.clone(), url.clone());
    let found = match asked.send().await {
        Ok(found) if found.status().is_redirection() => {
            tracing::warn!(
                url = shown(url),
                "a build's download leads to no web server"
            );
            return StatusCode::BAD_GATEWAY.into_response();
        }
        Ok(found) => found,
        Err(error) => {
            let reason = fetch::trouble(&error).to_string();
            tracing::warn!(url = shown(url), reason, "a build's download failed");
            return StatusCode::BAD_GATEWAY.into_response();
        }
    };
    let status = found.status();
    let length = found.headers().get(header::CONTENT_LENGTH).cloned();
    let mut response = Body::from_stream(found.bytes_stream()).into_response();
    *response.status_mut() = status;
    if let Some(length) = length {
        response
            .headers_mut()
            .insert(header::CONTENT_LENGTH, length);
    }
    response
}

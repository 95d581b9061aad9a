//! Connections: axum's own server has no time limit for a request's head, so its loop is here.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use asu_http::Front;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;
use tower::Service;

/// The longest head, bytes: a browser with cookies of other services on the same host sends a few
/// thousand. hyper's own limit on their number is 100.
const LONGEST_HEAD: usize = 32 * 1024;
/// What of an answer waits in memory for a client to take it, bytes.
const BUFFER: usize = 64 * 1024;
/// The pause after a connection could not be accepted: there are too many open files.
const PAUSE: Duration = Duration::from_millis(200);

/// What connections may take of the server.
#[derive(Debug, Clone)]
pub struct Connections {
    /// How many are open at once; more wait until one of these ends.
    pub most: usize,
    /// Within this a request's head must have come, and after this an idle connection is closed.
    pub head_time: Duration,
    /// A client that takes nothing of its answer for so long is dropped.
    pub stalled: Duration,
}

impl Default for Connections {
    fn default() -> Self {
        Self {
            most: 1024,
            head_time: Duration::from_secs(30),
            stalled: Duration::from_secs(30),
        }
    }
}

/// Answers connections until `stop` ends, then waits for the answers under way.
pub(crate) async fn serve(
    listener: TcpListener,
    front: Front,
    limits: &Connections,
    stop: impl Future<Output = ()>,
) {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(limits.most));
    let http = http(limits);
    tokio::pin!(stop);
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            () = &mut stop => break,
            accepted = accepted => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let stream = patient(stream, limits);
                let connection = connection(stream, peer, &http, &front, graceful.watcher());
                tokio::spawn(async move {
                    connection.await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    graceful.shutdown().await;
}

fn http(limits: &Connections) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        .max_header_size(LONGEST_HEAD)
        .max_buf_size(BUFFER);
    http
}

/// Fails when nothing of an answer was taken for a while. Reading has limits of its own.
fn patient(
    stream: TcpStream,
    limits: &Connections,
) -> std::pin::Pin<Box<TimeoutStream<TcpStream>>> {
    // An answer goes out at once, not when the next one does.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits.stalled));
    Box::pin(stream)
}

fn connection(
    stream: std::pin::Pin<Box<TimeoutStream<TcpStream>>>,
    peer: SocketAddr,
    http: &http1::Builder,
    front: &Front,
    watcher: Watcher,
) -> impl Future<Output = ()> + Send + 'static {
    let front = front.clone();
    let answer = service_fn(move |request: Request<Incoming>| {
        let mut front = front.clone();
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        front.call(request)
    });
    let connection = watcher.watch(http.serve_connection(TokioIo::new(stream), answer));
    async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, %peer, "a connection ended early");
        }
    }
}

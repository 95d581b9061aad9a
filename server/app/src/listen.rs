//! Connections: axum's own server has no time limit for a request's head, so its loop is here.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use asu_http::Front;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, Request, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
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
/// How long after the last connection was accepted those that are open may still ask, at most.
const LINGER: Duration = Duration::from_millis(500);
/// The time between two looks whether all connections have ended.
const LOOK: Duration = Duration::from_millis(10);

/// What connections may take of the server.
#[derive(Debug, Clone)]
pub struct Connections {
    /// How many are open at once; more wait until one of these ends.
    pub most: usize,
    /// Within this a request's head must have come, and after this an idle connection is closed.
    pub head_time: Duration,
    /// A client that takes nothing of its answer for so long is dropped.
    pub stalled: Duration,
    /// For so long new ones are accepted after the server was told to stop: whoever sends requests to
    /// several servers has not noticed yet. Each answer then says that its connection ends.
    pub drain: Duration,
}

impl Default for Connections {
    fn default() -> Self {
        Self {
            most: 1024,
            head_time: Duration::from_secs(30),
            stalled: Duration::from_secs(30),
            drain: Duration::ZERO,
        }
    }
}

/// What every connection is served with.
struct Hall<'a> {
    front: Front,
    http: http1::Builder,
    limits: &'a Connections,
    graceful: GracefulShutdown,
    /// Whether connections end with their next answer.
    closing: Arc<AtomicBool>,
}

/// Answers connections until `stop` ends and some time longer, then waits for the answers under way.
pub(crate) async fn serve(
    listener: TcpListener,
    front: Front,
    limits: &Connections,
    stop: impl Future<Output = ()>,
) {
    let hall = Hall {
        front,
        http: http(limits),
        limits,
        graceful: GracefulShutdown::new(),
        closing: Arc::default(),
    };
    let closing = Arc::clone(&hall.closing);
    let drained = async move {
        stop.await;
        closing.store(true, Ordering::Relaxed);
        tokio::time::sleep(limits.drain).await;
    };
    accept(&listener, &hall, drained).await;
    if let Err(error) = accept_rest(listener, &hall) {
        tracing::warn!(%error, "connections that were waiting are lost");
    }
    let ended = async {
        while hall.graceful.count() > 0 {
            tokio::time::sleep(LOOK).await;
        }
    };
    let _ = tokio::time::timeout(LINGER.min(limits.drain), ended).await;
    hall.graceful.shutdown().await;
}

async fn accept(listener: &TcpListener, hall: &Hall<'_>, stop: impl Future<Output = ()>) {
    let places = Arc::new(Semaphore::new(hall.limits.most));
    tokio::pin!(stop);
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            () = &mut stop => return,
            accepted = accepted => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let connection = connection(stream, peer, hall);
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
}

/// Whoever the kernel has let in already would be thrown out with the listener.
fn accept_rest(listener: TcpListener, hall: &Hall<'_>) -> io::Result<()> {
    let listener = listener.into_std()?;
    loop {
        match listener.accept() {
            Ok((stream, peer)) => {
                stream.set_nonblocking(true)?;
                let stream = TcpStream::from_std(stream)?;
                tokio::spawn(connection(stream, peer, hall));
            }
            Err(none) if none.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        }
    }
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
    stream: TcpStream,
    peer: SocketAddr,
    hall: &Hall<'_>,
) -> impl Future<Output = ()> + Send + use<> {
    let (front, closing) = (hall.front.clone(), Arc::clone(&hall.closing));
    let answer = service_fn(move |request: Request<Incoming>| {
        let mut front = front.clone();
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        let (answered, closing) = (front.call(request), Arc::clone(&closing));
        async move {
            let mut answer = answered.await?;
            if closing.load(Ordering::Relaxed) {
                let close = HeaderValue::from_static("close");
                answer.headers_mut().insert(header::CONNECTION, close);
            }
            Ok::<_, Infallible>(answer)
        }
    });
    let stream = TokioIo::new(patient(stream, hall.limits));
    let connection = hall.http.serve_connection(stream, answer);
    let connection = hall.graceful.watch(connection);
    async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, %peer, "a connection ended early");
        }
    }
}

//! Serves the mirror over HTTP.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tower_http::services::ServeDir;
use wildmatch::WildMatch;

/// Serves `dir` on `listen` until SIGTERM or SIGINT. A path that matches one of `failing` is
/// answered with 503. When connections are accepted, a line of JSON on standard output says where.
pub async fn serve(dir: PathBuf, listen: SocketAddr, failing: &[String]) -> Result<()> {
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen on {listen}; choose another address or port"))?;
    let address = listener.local_addr()?;
    // Listened for before anybody learns of the server, who might end it at once.
    let mut terminated = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupted = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    println!(
        "{}",
        serde_json::json!({ "listening": format!("http://{address}") })
    );
    // Downloads under way are cut off: nobody waits for a test mirror to end.
    tokio::select! {
        result = axum::serve(listener, router(dir, failing)) => result?,
        _ = terminated.recv() => {}
        _ = interrupted.recv() => {}
    }
    Ok(())
}

/// Answers for the files of `dir`; a path that matches one of `failing` is answered with 503.
pub fn router(dir: PathBuf, failing: &[String]) -> Router {
    let failing: Arc<[WildMatch]> = failing.iter().map(|glob| WildMatch::new(glob)).collect();
    let files = ServeDir::new(dir).append_index_html_on_directories(false);
    Router::new()
        .fallback_service(files)
        .layer(middleware::from_fn(move |request, next| {
            let failing = Arc::clone(&failing);
            async move { Ok::<_, Infallible>(answer(request, next, &failing).await) }
        }))
}

async fn answer(request: Request, next: Next, failing: &[WildMatch]) -> Response {
    let path = request.uri().path();
    if failing.iter().any(|glob| glob.matches(path)) {
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            "this path was told to fail\n",
        )
            .into_response();
    }
    let known = request.headers().get(header::IF_NONE_MATCH).cloned();
    let mut response = next.run(request).await;
    let Some(tag) = tag(response.headers()) else {
        return response;
    };
    if known.is_some_and(|known| known == tag) {
        response = StatusCode::NOT_MODIFIED.into_response();
    }
    response.headers_mut().insert(header::ETAG, tag);
    response
}

/// A tag of a file's size and time, as common servers make it.
fn tag(headers: &HeaderMap) -> Option<HeaderValue> {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    let range = text(header::CONTENT_RANGE).and_then(|range| range.split('/').nth(1));
    let size = range.or_else(|| text(header::CONTENT_LENGTH))?;
    let time: String = text(header::LAST_MODIFIED)?
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    HeaderValue::from_str(&format!("\"{size}-{time}\"")).ok()
}

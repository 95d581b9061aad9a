//! A mirror that is a folder of this machine.

use std::path::{Path, PathBuf};

use axum::Router;
use tokio::net::TcpListener;
use tower_http::services::ServeDir;

use super::Error;

/// The folder that `upstream` names: `file:///path`, or a path that is there.
pub(crate) fn of(upstream: &str) -> Option<PathBuf> {
    if let Some(path) = upstream.strip_prefix("file://") {
        return Some(path.into());
    }
    Some(PathBuf::from(upstream)).filter(|path| path.is_dir())
}

/// Serves the folder to this machine as long as this process lives, and tells the URL.
///
/// Over HTTP, because the ImageBuilder's own tools fetch packages from it, too.
pub(crate) async fn serve(folder: &Path) -> Result<String, Error> {
    if !folder.is_dir() {
        let shown = folder.display();
        return Err(format!("{shown} is not a folder; check --upstream").into());
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let router = Router::new().fallback_service(ServeDir::new(folder));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(url)
}

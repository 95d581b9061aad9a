//! What a confined build reaches of the network: the mirror and the feeds of its request, to be read.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::net::UnixListener;
use tokio::task::JoinHandle;

use crate::sandbox::{ADDRESS, SOCKET};

/// How long a feed may send nothing.
const SILENCE: Duration = Duration::from_secs(30);

/// Serves one build; ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Gateway {
    doors: Arc<[Door]>,
    serving: JoinHandle<()>,
}

/// A place that may be read, with all that lies below it.
#[derive(Debug)]
struct Door {
    /// `https://feeds.example`.
    origin: String,
    /// `/24.10/mine/`.
    below: String,
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Gateway {
    /// Listens in `folder`, which is made, for requests of what lies below `urls`.
    pub(crate) fn open<'a>(
        folder: &Path,
        urls: impl IntoIterator<Item = &'a str>,
    ) -> io::Result<Self> {
        let doors: Arc<[Door]> = urls.into_iter().map(door).collect();
        std::fs::create_dir_all(folder)?;
        // A socket's path may have 108 bytes only; by way of a descriptor any folder's is short.
        let place = File::open(folder)?;
        let listener = UnixListener::bind(format!("/proc/self/fd/{}/{SOCKET}", place.as_raw_fd()))?;
        // Builds may run as another user; the folder above keeps all others out.
        std::fs::set_permissions(folder.join(SOCKET), PermissionsExt::from_mode(0o666))?;
        let client = reqwest::Client::builder()
            .user_agent(concat!("asu-server/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(10))
            .read_timeout(SILENCE)
            .build()
            .map_err(io::Error::other)?;
        let router = Router::new()
            .fallback(pass)
            .with_state((client, Arc::clone(&doors)));
        let serving = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "a build lost its way to the mirror");
            }
        });
        Ok(Self { doors, serving })
    }

    /// What `url`, which lies below one of those given, is called inside.
    pub(crate) fn inside(&self, url: &str) -> String {
        let wanted = door(url);
        let known =
            |door: &Door| door.origin == wanted.origin && wanted.below.starts_with(&door.below);
        let number = self.doors.iter().position(known).unwrap_or_default();
        let path = url.strip_prefix(&wanted.origin).unwrap_or_default();
        format!("http://{ADDRESS}/{number}{path}")
    }
}

/// An index that is named itself lies among its packages.
fn door(url: &str) -> Door {
    let host = url.find("://").map_or(0, |at| at + 3);
    let end = url[host..].find('/').map_or(url.len(), |at| host + at);
    let (origin, path) = url.split_at(end);
    let is_index = Path::new(path).extension().is_some_and(|end| end == "adb");
    let folder = match path.rsplit_once('/') {
        Some((folder, _)) if is_index => folder,
        _ => path.trim_end_matches('/'),
    };
    Door {
        origin: origin.to_owned(),
        below: format!("{folder}/"),
    }
}

/// The address outside of what is called `path` inside, if it may be read.
fn outside(doors: &[Door], path: &str) -> Option<String> {
    let (number, rest) = path.strip_prefix('/')?.split_once('/')?;
    let door = doors.get(number.parse::<usize>().ok()?)?;
    let place = format!("/{rest}");
    let climbs = place.split('/').any(|part| {
        let part = part.to_ascii_lowercase().replace("%2e", ".");
        part == ".." || part.contains("%2f") || part.contains('\\')
    });
    (place.starts_with(&door.below) && !climbs).then(|| format!("{}{place}", door.origin))
}

type Way = (reqwest::Client, Arc<[Door]>);

async fn pass(State((client, doors)): State<Way>, request: Request) -> Response {
    let is_reading = matches!(*request.method(), Method::GET | Method::HEAD);
    let Some(url) = outside(&doors, request.uri().path()).filter(|_| is_reading) else {
        tracing::warn!(
            path = request.uri().path(),
            "a build asked for what it may not reach"
        );
        return StatusCode::FORBIDDEN.into_response();
    };
    match client.request(request.method().clone(), &url).send().await {
        Ok(found) => answer(found),
        Err(error) => {
            tracing::warn!(url, %error, "a build's download failed");
            StatusCode::BAD_GATEWAY.into_response()
        }
    }
}

fn answer(found: reqwest::Response) -> Response {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lies_below_is_reached() {
        let doors = [
            "http://m.example:8/owrt",
            "https://f.example/x/packages.adb",
        ]
        .map(door);
        let reached = |path| outside(&doors, path);
        assert_eq!(
            reached("/0/owrt/releases/1/Packages.gz").as_deref(),
            Some("http://m.example:8/owrt/releases/1/Packages.gz")
        );
        assert_eq!(
            reached("/1/x/a.apk").as_deref(),
            Some("https://f.example/x/a.apk")
        );
        for path in [
            "/0/other",
            "/0/owrt",
            "/0/owrtx/a",
            "/2/x",
            "/0/owrt/../etc",
            "/0/owrt/%2E%2e/a",
            "/0/owrt/..%2fa",
            "http://evil/",
            "/",
            "/1/x",
        ] {
            assert_eq!(reached(path), None, "{path}");
        }
    }
}

//! uhttpd: ubus over HTTP, uploads, and static files on one port.

mod backup;
mod files;
mod multipart;
mod ubus;
mod upload;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use tokio::net::TcpListener;

pub(crate) use self::files::Site;
use crate::rpcd::Rpcd;

/// What requests are answered from.
pub(crate) struct Server {
    rpcd: Rpcd,
    /// Folders by the path they appear under; the first that fits answers.
    sites: Vec<Site>,
}

impl Server {
    /// A server in front of an rpcd.
    pub(crate) fn new(rpcd: Rpcd, sites: Vec<Site>) -> Self {
        Self { rpcd, sites }
    }

    /// Answers until `stop` ends; connections that are open then are cut.
    pub(crate) async fn serve(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()>,
    ) -> std::io::Result<()> {
        let router = Router::new().fallback(answer).with_state(Arc::new(self));
        tokio::select! {
            result = axum::serve(listener, router).into_future() => result,
            () = stop => Ok(()),
        }
    }
}

async fn answer(State(server): State<Arc<Server>>, request: Request) -> Response {
    let path = request.uri().path();
    match path
        .strip_prefix("/ubus")
        .filter(|rest| rest.is_empty() || rest.starts_with('/'))
    {
        Some(rest) => {
            let rest = rest.to_owned();
            ubus::answer(&server.rpcd, &rest, request).await
        }
        None if path == "/cgi-bin/cgi-upload" => upload::answer(&server.rpcd, request).await,
        None if path == "/cgi-bin/cgi-backup" => backup::answer(&server.rpcd, request).await,
        None => files::answer(&server.sites, &request),
    }
}

/// An answer with a body of a type.
fn response(status: StatusCode, kind: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    if !kind.is_empty() {
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    response
}

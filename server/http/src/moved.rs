//! Paths of old clients, and paths of nobody.

use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use crate::failure::Failure;

/// Moved to `/json/v1/overview.json`.
#[utoipa::path(get, path = "/api/v1/overview", tag = "moved",
    responses((status = 301, description = "To the document.",
        headers(("Location" = String, description = "`/json/v1/overview.json`")))))]
pub(crate) async fn overview() -> Response {
    to(StatusCode::MOVED_PERMANENTLY, "/json/v1/overview.json")
}

/// Moved to `/json/v1/latest.json`.
#[utoipa::path(get, path = "/api/v1/latest", tag = "moved",
    responses((status = 301, description = "To the document.",
        headers(("Location" = String, description = "`/json/v1/latest.json`")))))]
pub(crate) async fn latest() -> Response {
    to(StatusCode::MOVED_PERMANENTLY, "/json/v1/latest.json")
}

/// Everything else; old clients send `//json/v1/…` when their server's URL ends with a slash.
pub(crate) async fn unknown(method: Method, uri: Uri) -> Response {
    let Some(path) = uri.path().strip_prefix("//") else {
        return Failure::not_found().into_response();
    };
    // One slash, or the rest would be read as another host's name.
    let mut place = format!("/{}", path.trim_start_matches('/'));
    if let Some(query) = uri.query() {
        place = format!("{place}?{query}");
    }
    let status = match method {
        Method::GET | Method::HEAD => StatusCode::MOVED_PERMANENTLY,
        // 301 would turn a POST into a GET.
        _ => StatusCode::PERMANENT_REDIRECT,
    };
    to(status, &place)
}

/// A known path, asked in a way it does not answer.
pub(crate) async fn wrong_method() -> Failure {
    Failure::wrong_method()
}

fn to(status: StatusCode, place: &str) -> Response {
    (status, [(header::LOCATION, place)]).into_response()
}

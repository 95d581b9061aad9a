//! Paths of old clients, and paths of nobody.

use axum::extract::Request;
use axum::http::uri::PathAndQuery;
use axum::http::{StatusCode, Uri, header};
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

/// Takes the second slash away that clients send whose server's URL ends with one.
///
/// A redirect would do for browsers only: uclient, which owut and auc use, repeats a `POST` without
/// its body, and its older versions do not follow to a path.
pub(crate) fn one_slash(request: &mut Request) {
    if let Some(uri) = without_slash(request.uri()) {
        *request.uri_mut() = uri;
    }
}

fn without_slash(uri: &Uri) -> Option<Uri> {
    let asked = uri.path_and_query()?.as_str();
    let path = asked.strip_prefix("//")?.trim_start_matches('/');
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = PathAndQuery::try_from(format!("/{path}")).ok();
    Uri::from_parts(parts).ok()
}

/// Everything else.
pub(crate) async fn unknown() -> Failure {
    Failure::not_found()
}

/// A known path, asked in a way it does not answer.
pub(crate) async fn wrong_method() -> Failure {
    Failure::wrong_method()
}

fn to(status: StatusCode, place: &str) -> Response {
    (status, [(header::LOCATION, place)]).into_response()
}

use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};

use crate::{Api, Offer};

/// This API, for people.
#[utoipa::path(get, path = "/api/v1/docs", tag = "operation", responses(
    (status = 200, body = String, content_type = "text/html", description = "A page."),
))]
pub(crate) async fn show<O: Offer>(State(_): State<Api<O>>) -> Response {
    Html("").into_response()
}

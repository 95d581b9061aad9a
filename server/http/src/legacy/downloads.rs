//! `/download/{request_hash}/{file}`: counts, and forwards to the file.

use asu_artifacts::{FileName, FolderName};
use axum::extract::State;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::failure::{Failure, Told};
use crate::path::Path;
use crate::{Api, Offer};

/// An image, counted.
///
/// Leads to the file in `/store`; a `GET` counts as a download.
#[utoipa::path(
    method(get, head),
    path = "/download/{request_hash}/{file}",
    tag = "2017",
    params(
        ("request_hash" = String, Path, pattern = "^[0-9a-f]{64}$",
            description = "The request's identity."),
        ("file" = String, Path, pattern = "^[A-Za-z0-9_+~-][A-Za-z0-9._+~-]{0,254}$",
            description = "The file's name."),
    ),
    responses(
        (status = 302, description = "To a file that is there.",
            headers(("Location" = String, description = "`/store/…`"))),
        (status = 404, body = Told, description = "There is no such file, or it has expired."),
    ),
)]
// Both names are checked before they become part of the answer.
pub(crate) async fn count_and_forward<O: Offer>(
    State(api): State<Api<O>>,
    method: Method,
    Path((request_hash, file)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let folder = FolderName::new(&request_hash).map_err(|_| Failure::not_found())?;
    let name = FileName::new(&file).map_err(|_| Failure::not_found())?;
    let found = api.artifacts.find(&folder, &name);
    found.ok_or_else(Failure::not_found)?;
    if method == Method::GET
        && let Err(error) = api.store.count_download(api.now()).await
    {
        // An image is worth more than a number.
        tracing::warn!(%error, "a download was not counted");
    }
    let place = format!("/store/{folder}/{name}");
    Ok((StatusCode::FOUND, [(header::LOCATION, place)]).into_response())
}

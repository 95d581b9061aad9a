//! `/download/{request_hash}/{file}`: counts, and forwards to the file.

use asu_artifacts::{FileName, FolderName};
use axum::extract::{Path, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::failure::Failure;
use crate::{Api, Offer};

/// Leads to a file that is there, and nowhere else: both names are checked before they become part
/// of the answer.
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

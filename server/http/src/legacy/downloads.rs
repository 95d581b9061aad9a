//! `/download/{bin_dir}/{file}`: counts, and forwards to the file.

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
    path = "/download/{bin_dir}/{file}",
    tag = "2017",
    params(
        ("bin_dir" = String, Path, pattern = "^[0-9a-f]{64}(-(0|[1-9][0-9]{0,17}))?$",
            description = "The folder of the answer's files."),
        ("file" = String, Path, pattern = "^[A-Za-z0-9_+~-][A-Za-z0-9._+~-]{0,254}$",
            description = "The file's name."),
    ),
    responses(
        (status = 302, description = "To a file that is there.",
            headers(("Location" = String, description = "`/store/…`"))),
        (status = 404, body = Told, description = "There is no such file, or it has expired."),
        (status = 503, body = Told, description = "The server's images cannot be reached.",
            headers(("Retry-After" = u32, description = "5 seconds"))),
    ),
)]
// Both names are checked before they become part of the answer.
pub(crate) async fn count_and_forward<O: Offer>(
    State(api): State<Api<O>>,
    method: Method,
    Path((bin_dir, file)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let folder = FolderName::new(&bin_dir).map_err(|_| Failure::not_found())?;
    let name = FileName::new(&file).map_err(|_| Failure::not_found())?;
    let found = api.artifacts.find(&folder, &name).await?;
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

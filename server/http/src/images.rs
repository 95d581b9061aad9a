mod object;

use std::path::{Path as File, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use asu_artifacts::{FileName, FolderName, Found};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tower::ServiceExt;
use tower_http::services::ServeFile;
use utoipa::ToSchema;

use crate::failure::{Failure, Told};
use crate::path::Path;
use crate::{Api, Offer};

/// The bytes of a file.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(
    dead_code,
    reason = "files are streamed; the document needs a name for them"
)]
pub(crate) struct Binary(Vec<u8>);

/// An image, whole or in part.
///
/// It is an attachment; one range of bytes at a time can be asked for. A server whose images are
/// elsewhere may send a `GET` there.
#[utoipa::path(
    method(get, head),
    path = "/store/{bin_dir}/{file}",
    tag = "images",
    params(
        ("bin_dir" = String, Path, pattern = "^[0-9a-f]{64}(-(0|[1-9][0-9]{0,17}))?$",
            description = "`bin_dir` of the answer."),
        ("file" = String, Path, pattern = "^[A-Za-z0-9_+~-][A-Za-z0-9._+~-]{0,254}$",
            description = "`name` of an image in it."),
        ("Range" = Option<String>, Header, description = "`bytes=1000-`"),
        ("If-Range" = Option<String>, Header,
            description = "An `ETag`: the range is sent only of the same file, else all of it."),
    ),
    responses(
        (status = 200, body = Binary, content_type = "application/octet-stream",
            description = "The file.",
            headers(("Content-Disposition" = String, description = "`attachment`, with its name"))),
        (status = 206, body = Binary, content_type = "application/octet-stream",
            description = "The range.",
            headers(("Content-Range" = String, description = "which bytes of how many"))),
        (status = 302, description = "To where the file is, by an address that may last some minutes only.",
            headers(("Location" = String, description = "a URL of another server"))),
        (status = 304, description = "What was held (`If-None-Match`) is still the file."),
        (status = 404, body = Told, description = "There is no such file, or it has expired."),
        (status = 416, description = "The file has no such range."),
        (status = 503, body = Told, description = "The server's images cannot be reached.",
            headers(("Retry-After" = u32, description = "5 seconds"))),
    ),
)]
pub(crate) async fn serve<O: Offer>(
    State(api): State<Api<O>>,
    Path((bin_dir, file)): Path<(String, String)>,
    request: Request<Body>,
) -> Result<Response, Failure> {
    let folder = FolderName::new(&bin_dir).map_err(|_| Failure::not_found())?;
    let name = FileName::new(&file).map_err(|_| Failure::not_found())?;
    let found = api.artifacts.find(&folder, &name).await?;
    match found.ok_or_else(Failure::not_found)? {
        Found::File(path) => from_disk(path, &name, request).await,
        Found::Object(found) => object::serve(&found, &name, request).await,
    }
}

async fn from_disk(
    path: PathBuf,
    name: &FileName,
    request: Request<Body>,
) -> Result<Response, Failure> {
    let tag = tag_of(&path).await.ok_or_else(Failure::not_found)?;
    let request = match unless_held(request, &tag) {
        Ok(request) => request,
        Err(unchanged) => return Ok(*unchanged),
    };
    let Ok(response) = ServeFile::new(path).oneshot(request).await;
    Ok(dressed(response.map(Body::new), name, &tag))
}

async fn tag_of(path: &File) -> Option<String> {
    let meta = tokio::fs::metadata(path).await.ok()?;
    made_tag(meta.modified().ok()?, meta.len())
}

/// Size and time of change: what is in a folder never changes.
fn made_tag(changed: SystemTime, size: u64) -> Option<String> {
    let changed = changed.duration_since(UNIX_EPOCH).ok()?;
    Some(format!("\"{:x}-{size:x}\"", changed.as_nanos()))
}

/// The request, or the answer that what is held is still the file.
fn unless_held(mut request: Request<Body>, tag: &str) -> Result<Request<Body>, Box<Response>> {
    if has(request.headers(), &header::IF_NONE_MATCH, tag) {
        let held = (StatusCode::NOT_MODIFIED, [(header::ETAG, tag.to_owned())]);
        return Err(Box::new(held.into_response()));
    }
    // The rest of another file would make a broken image: send this one whole.
    if request.headers().contains_key(header::IF_RANGE)
        && !has(request.headers(), &header::IF_RANGE, tag)
    {
        request.headers_mut().remove(header::RANGE);
    }
    Ok(request)
}

fn has(headers: &HeaderMap, name: &header::HeaderName, tag: &str) -> bool {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.is_some_and(|value| value.split(',').any(|one| one.trim() == tag))
}

fn dressed(mut response: Response, name: &FileName, tag: &str) -> Response {
    let headers = response.headers_mut();
    let disposition = format!("attachment; filename=\"{name}\"");
    for (header, value) in [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_DISPOSITION, disposition.as_str()),
        (header::ETAG, tag),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(header, value);
        }
    }
    response
}

//! A file in a bucket: read for the client, or told where it is.
//!
//! tower-http serves files of this machine only, so what it does for those is done here for a bucket's.

use std::ops::Range;

use asu_artifacts::{FileName, Object};
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_range_header::parse_range_header;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;

use super::{dressed, made_tag, unless_held};
use crate::failure::Failure;

/// Bytes that no file of this size has.
struct NoSuchRange;

pub(super) async fn serve(
    object: &Object,
    name: &FileName,
    request: Request<Body>,
) -> Result<Response, Failure> {
    let made = || made_tag(object.changed(), object.size());
    let tag = object.tag().map(str::to_owned).or_else(made);
    let tag = tag.ok_or_else(Failure::not_found)?;
    let request = match unless_held(request, &tag) {
        Ok(request) => request,
        Err(unchanged) => return Ok(*unchanged),
    };
    // An address that was signed for GET is no good for HEAD.
    if request.method() == Method::GET
        && let Some(link) = object.link().await?
    {
        let headers = [
            (header::LOCATION, link.as_str()),
            (header::CACHE_CONTROL, "no-store"),
        ];
        return Ok((StatusCode::FOUND, headers).into_response());
    }
    let response = if let Ok(range) = asked_range(request.headers(), object.size()) {
        sent(object, range, request.method())
    } else {
        let size = format!("bytes */{}", object.size());
        let head = [(header::CONTENT_RANGE, size)];
        (StatusCode::RANGE_NOT_SATISFIABLE, head).into_response()
    };
    Ok(dressed(response, name, &tag))
}

/// The one range that is asked for; `None`: everything.
fn asked_range(headers: &HeaderMap, size: u64) -> Result<Option<Range<u64>>, NoSuchRange> {
    let Some(asked) = headers.get(header::RANGE) else {
        return Ok(None);
    };
    let parsed = parse_range_header(asked.to_str().map_err(|_| NoSuchRange)?);
    let ranges = parsed.and_then(|parsed| parsed.validate(size));
    match ranges.map_err(|_| NoSuchRange)?.as_slice() {
        [one] => Ok(Some(*one.start()..one.end() + 1)),
        _ => Err(NoSuchRange),
    }
}

fn sent(object: &Object, range: Option<Range<u64>>, method: &Method) -> Response {
    let part = range.as_ref().map(|range| {
        let (first, last) = (range.start, range.end - 1);
        [(
            header::CONTENT_RANGE,
            format!("bytes {first}-{last}/{}", object.size()),
        )]
    });
    let status = if part.is_some() {
        StatusCode::PARTIAL_CONTENT
    } else {
        StatusCode::OK
    };
    let range = range.unwrap_or(0..object.size());
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_LENGTH, (range.end - range.start).into());
    let changed = Timestamp::try_from(object.changed()).unwrap_or(Timestamp::UNIX_EPOCH);
    let changed = DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&changed)
        .unwrap_or_default();
    let always = [
        (header::ACCEPT_RANGES, "bytes"),
        (header::LAST_MODIFIED, &changed),
    ];
    let body = if *method == Method::HEAD {
        Body::empty()
    } else {
        Body::from_stream(object.read(range))
    };
    (status, headers, always, part, body).into_response()
}

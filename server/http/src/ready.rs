//! An answer as the bytes that are sent, made once and given to everybody who asks.

use std::io::Write;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

/// Below this, gzip saves no packet worth its time, bytes.
const WORTH_PACKING: usize = 1024;

/// May be kept by anybody, and must be asked about each time: the `ETag` makes that cheap.
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

/// JSON, ready to be sent: as it is, and packed where that pays.
///
/// It is packed when it is made, not when it is sent: sending happens a thousand times as often.
#[derive(Debug)]
pub(crate) struct Ready {
    status: StatusCode,
    headers: HeaderMap,
    plain: Form,
    packed: Option<Form>,
}

/// One form of the bytes. A strong `ETag` names bytes, so each form has its own.
#[derive(Debug)]
struct Form {
    bytes: Bytes,
    tag: HeaderValue,
}

impl Ready {
    /// `extra` are headers besides those all JSON documents have.
    pub(crate) fn new(
        status: StatusCode,
        extra: impl IntoIterator<Item = (HeaderName, HeaderValue)>,
        json: Vec<u8>,
    ) -> Self {
        let mut headers: HeaderMap = extra.into_iter().collect();
        let kind = HeaderValue::from_static("application/json");
        headers.insert(header::CONTENT_TYPE, kind);
        headers.insert(header::CACHE_CONTROL, REVALIDATE);
        let encoding = HeaderValue::from_static("accept-encoding");
        headers.insert(header::VARY, encoding);
        let name = hex::encode(&Sha256::digest(&json)[..16]);
        Self {
            status,
            headers,
            packed: packed(&json).map(|bytes| Form::new(bytes, &format!("\"{name}-gzip\""))),
            plain: Form::new(json, &format!("\"{name}\"")),
        }
    }

    /// The answer to somebody who sent these headers.
    pub(crate) fn respond(&self, asked: &HeaderMap) -> Response {
        let mut response = Response::new(Body::empty());
        *response.headers_mut() = self.headers.clone();
        let form = self.form(asked);
        let headers = response.headers_mut();
        if self.status == StatusCode::OK {
            headers.insert(header::ETAG, form.tag.clone());
            if self.is_held(asked) {
                *response.status_mut() = StatusCode::NOT_MODIFIED;
                return response;
            }
        }
        if !std::ptr::eq(form, &raw const self.plain) {
            let gzip = HeaderValue::from_static("gzip");
            headers.insert(header::CONTENT_ENCODING, gzip);
        }
        *response.status_mut() = self.status;
        *response.body_mut() = Body::from(form.bytes.clone());
        response
    }

    /// Whether it says the same as `json` would.
    pub(crate) fn says(&self, json: &[u8]) -> bool {
        self.plain.bytes == json
    }

    /// The bytes that are sent where they are not packed.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.plain.bytes
    }

    /// How much memory it takes, bytes.
    pub(crate) fn weight(&self) -> u32 {
        let packed = self.packed.as_ref().map_or(0, |form| form.bytes.len());
        u32::try_from(self.plain.bytes.len() + packed + 1024).unwrap_or(u32::MAX)
    }

    fn form(&self, asked: &HeaderMap) -> &Form {
        let accepted = asked.get(header::ACCEPT_ENCODING);
        let accepted = accepted.and_then(|value| value.to_str().ok());
        match &self.packed {
            Some(form) if accepted.is_some_and(takes_gzip) => form,
            _ => &self.plain,
        }
    }

    fn is_held(&self, asked: &HeaderMap) -> bool {
        let Some(held) = asked.get(header::IF_NONE_MATCH) else {
            return false;
        };
        let tags = held.to_str().unwrap_or_default().split(',').map(str::trim);
        let forms = [Some(&self.plain), self.packed.as_ref()];
        let ours = |tag: &str| forms.iter().flatten().any(|form| form.tag == tag);
        // A proxy that packs by itself makes the tag a weak one.
        tags.map(|tag| tag.strip_prefix("W/").unwrap_or(tag))
            .any(|tag| tag == "*" || ours(tag))
    }
}

impl Form {
    fn new(bytes: Vec<u8>, tag: &str) -> Self {
        Self {
            bytes: bytes.into(),
            tag: HeaderValue::from_str(tag).unwrap_or(HeaderValue::from_static("\"\"")),
        }
    }
}

/// Whether an `Accept-Encoding` has gzip in it, and not with a weight of nothing.
fn takes_gzip(accepted: &str) -> bool {
    accepted.split(',').any(|one| {
        let mut parts = one.split(';').map(str::trim);
        let named = parts
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let refused =
            |weight: &str| weight.strip_prefix("q=").and_then(|q| q.parse().ok()) == Some(0.0);
        named && !parts.any(refused)
    })
}

fn packed(json: &[u8]) -> Option<Vec<u8>> {
    if json.len() < WORTH_PACKING {
        return None;
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(json).ok()?;
    encoder.finish().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_those_who_take_it() {
        for (accepted, taken) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("gzip;q=0", false),
            ("gzip; q=0.0", false),
            ("gzip;q=1.0", true),
            ("br", false),
        ] {
            assert_eq!(takes_gzip(accepted), taken, "{accepted}");
        }
    }
}

//! uhttpd's static files: its content types, its headers, its refusals.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;
use nix::fcntl::{OFlag, openat};
use nix::sys::stat::Mode;

use super::response;

/// File endings with their types, as far as a web page has them. There is none for WebAssembly,
/// so uhttpd serves it as unknown bytes.
const TYPES: [(&str, &str); 14] = [
    ("txt", "text/plain"),
    ("log", "text/plain"),
    ("js", "text/javascript"),
    ("css", "text/css"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("gif", "image/gif"),
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("svg", "image/svg+xml"),
    ("json", "application/json"),
    ("xml", "application/xml"),
    ("gz", "application/x-gzip"),
    ("tar", "application/x-tar"),
];

/// A folder that is served below a path.
pub(crate) struct Site {
    prefix: String,
    /// The folder itself: its path may be out of reach since the root changed.
    directory: OwnedFd,
}

impl Site {
    /// Serves `directory` below `prefix`, which has a slash at its start and none at its end.
    pub(crate) fn open(prefix: &str, directory: &Path) -> io::Result<Self> {
        Ok(Self {
            prefix: prefix.to_owned(),
            directory: File::open(directory)?.into(),
        })
    }

    fn file(&self, path: &str) -> io::Result<File> {
        let path = if path.is_empty() { "." } else { path };
        Ok(openat(
            &self.directory,
            path,
            OFlag::O_RDONLY | OFlag::O_CLOEXEC,
            Mode::empty(),
        )?
        .into())
    }
}

/// Answers from the first site whose path fits.
pub(super) fn answer(sites: &[Site], request: &Request) -> Response {
    let Some(path) = decode(request.uri().path()) else {
        return not_found(request.uri().path());
    };
    if !matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::POST | Method::OPTIONS
    ) {
        return response(StatusCode::METHOD_NOT_ALLOWED, "", Body::empty());
    }
    let below = |site: &Site| {
        path.strip_prefix(&site.prefix)
            .filter(|rest| rest.is_empty() || rest.starts_with('/'))
            .map(str::to_owned)
    };
    let Some((site, rest)) = sites.iter().find_map(|site| Some((site, below(site)?))) else {
        return not_found(&path);
    };
    serve(site, &rest, request).unwrap_or_else(|_| not_found(&path))
}

fn serve(site: &Site, path: &str, request: &Request) -> io::Result<Response> {
    let relative = path.trim_matches('/');
    let file = site.file(relative)?;
    let metadata = file.metadata()?;
    if !metadata.is_dir() {
        return send(file, &metadata, relative, request);
    }
    if !path.ends_with('/') {
        return Ok(redirect(request));
    }
    let index = format!("{relative}/index.html");
    let index = index.trim_start_matches('/');
    match site
        .file(index)
        .and_then(|file| Ok((file.metadata()?, file)))
    {
        Ok((metadata, file)) => send(file, &metadata, index, request),
        Err(_) => Ok(forbidden(path)),
    }
}

/// To the same path with a slash, so that relative links work.
fn redirect(request: &Request) -> Response {
    let query = request
        .uri()
        .query()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    let mut answer = response(StatusCode::FOUND, "", Body::empty());
    put(
        &mut answer,
        LOCATION,
        &format!("{}/{query}", request.uri().path()),
    );
    answer
}

fn send(
    mut file: File,
    metadata: &Metadata,
    name: &str,
    request: &Request,
) -> io::Result<Response> {
    if metadata.mode() & 0o004 == 0 {
        return Ok(forbidden(name));
    }
    let tag = format!(
        "\"{:x}-{:x}-{:x}\"",
        metadata.ino(),
        metadata.size(),
        metadata.mtime()
    );
    let mut answer = if is_known(request.headers(), &tag, metadata) {
        response(StatusCode::NOT_MODIFIED, "", Body::empty())
    } else {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        response(StatusCode::OK, content_type(name), bytes)
    };
    put(&mut answer, ETAG, &tag);
    if let Ok(modified) = metadata.modified() {
        put(
            &mut answer,
            LAST_MODIFIED,
            &httpdate::fmt_http_date(modified),
        );
    }
    Ok(answer)
}

/// Whether the client has the file already.
fn is_known(headers: &HeaderMap, tag: &str, metadata: &Metadata) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let same_tag = text(IF_NONE_MATCH)
        .is_some_and(|tags| tags.split([' ', ',']).any(|one| one == tag || one == "*"));
    let since = text(IF_MODIFIED_SINCE).and_then(|date| httpdate::parse_http_date(date).ok());
    let unchanged = since.and_then(|since| since.duration_since(std::time::UNIX_EPOCH).ok());
    same_tag
        || unchanged
            .is_some_and(|since| i128::from(since.as_secs()) >= i128::from(metadata.mtime()))
}

fn content_type(name: &str) -> &'static str {
    let ending = name.rsplit(['.', '/']).next().unwrap_or_default();
    let found = TYPES
        .iter()
        .find(|(known, _)| ending.eq_ignore_ascii_case(known));
    found.map_or("application/octet-stream", |(_, kind)| kind)
}

fn put(answer: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}

fn not_found(path: &str) -> Response {
    refuse(
        StatusCode::NOT_FOUND,
        "Not Found",
        &format!(
            "The requested URL {} was not found on this server.",
            escape(path)
        ),
    )
}

fn forbidden(path: &str) -> Response {
    let message = format!(
        "You don't have permission to access {} on this server.",
        escape(path)
    );
    refuse(StatusCode::FORBIDDEN, "Forbidden", &message)
}

fn refuse(status: StatusCode, title: &str, message: &str) -> Response {
    response(status, "text/html", format!("<h1>{title}</h1>{message}"))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// A path with its escapes decoded and its dots resolved; none if it is not text.
fn decode(path: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    let path = String::from_utf8(bytes)
        .ok()
        .filter(|path| !path.contains('\0'))?;
    let slash = if path.len() > 1 && path.ends_with('/') {
        "/"
    } else {
        ""
    };
    Some(super::multipart::canonical(&path) + slash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_those_of_uhttpd() {
        assert_eq!(content_type("a/index.html"), "text/html");
        assert_eq!(content_type("asu.wasm"), "application/octet-stream");
        assert_eq!(content_type("app.min.js"), "text/javascript");
        assert_eq!(content_type("README"), "application/octet-stream");
    }

    #[test]
    fn a_path_cannot_lead_out_of_the_folder() {
        assert_eq!(
            decode("/a/%2e%2e/%2E%2E/etc/passwd").as_deref(),
            Some("/etc/passwd")
        );
        assert_eq!(decode("/a/").as_deref(), Some("/a/"));
        assert_eq!(decode("/").as_deref(), Some("/"));
        assert_eq!(decode("/%zz"), None);
        assert_eq!(decode("/%00"), None);
    }
}

//! cgi-upload of cgi-io: checks a form's parts in their order, stores the file, answers with its sums.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use md5::Md5;
use multer::{Field, Multipart};
use nix::errno::Errno;
use sha2::Sha256;
use tempfile::NamedTempFile;

use super::{multipart, response};
use crate::programs::digest;
use crate::rpcd::Rpcd;

/// Why a part was not accepted; uhttpd answers with status 200 all the same.
struct Failure(&'static str, Errno);

/// What the parts before the file said.
struct Upload<'a> {
    rpcd: &'a Rpcd,
    session: Option<String>,
    path: Option<String>,
    mode: u32,
}

/// Answers a POST of a form; anything else is an invalid request.
pub(super) async fn answer(rpcd: &Rpcd, request: Request) -> Response {
    let kind = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let Some(boundary) = multipart::boundary(kind).map(str::to_owned) else {
        return refuse(&Failure("Invalid request", Errno::EINVAL));
    };
    let mut form = Multipart::new(request.into_body().into_data_stream(), boundary);
    let mut upload = Upload {
        rpcd,
        session: None,
        path: None,
        mode: 0o600,
    };
    let answer = upload.receive(&mut form).await;
    // The rest of the form is read and ignored, so that the client gets to reading the answer.
    while let Ok(Some(mut field)) = form.next_field().await {
        while let Ok(Some(_)) = field.chunk().await {}
    }
    match answer {
        Ok(Some(path)) => accept(&path),
        Err(failure) => refuse(&failure),
        Ok(None) => response(
            StatusCode::BAD_GATEWAY,
            "text/html",
            "<h1>Bad Gateway</h1>The process did not produce any response",
        ),
    }
}

impl Upload<'_> {
    /// The stored file, or none if the form ended before one was complete.
    async fn receive(&mut self, form: &mut Multipart<'_>) -> Result<Option<PathBuf>, Failure> {
        while let Ok(Some(field)) = form.next_field().await {
            match multipart::part(field.name().unwrap_or_default()) {
                Some("filedata") => return self.store(field).await,
                Some(part) => {
                    let Ok(text) = field.text().await else {
                        return Ok(None);
                    };
                    self.take(part, text).await?;
                }
                None => {}
            }
        }
        Ok(None)
    }

    async fn take(&mut self, part: &str, text: String) -> Result<(), Failure> {
        match part {
            "sessionid" => {
                if !self.rpcd.access(&text, "cgi-io", "upload", "write").await {
                    return Err(Failure("Upload permission denied", Errno::EPERM));
                }
                self.session = Some(text);
            }
            "filename" => self.path = Some(multipart::canonical(&text)),
            // What is not octal counts as zero, as strtoul has it.
            _ => self.mode = u32::from_str_radix(text.trim(), 8).unwrap_or(0),
        }
        Ok(())
    }

    async fn store(&self, mut field: Field<'_>) -> Result<Option<PathBuf>, Failure> {
        let stale = Errno::from_raw(0);
        let session = self
            .session
            .as_deref()
            .ok_or(Failure("File data without session", stale))?;
        let path = self
            .path
            .as_deref()
            .ok_or(Failure("File data without name", Errno::EAGAIN))?;
        if !self.rpcd.access(session, "file", path, "write").await {
            return Err(Failure("Access to path denied by ACL", Errno::EAGAIN));
        }
        let mut temporary = NamedTempFile::new_in("/tmp")
            .map_err(|error| failed("Failed to create temporary file", &error))?;
        let mut empty = true;
        loop {
            match field.chunk().await {
                Ok(Some(chunk)) => {
                    empty &= chunk.is_empty();
                    // The file itself: the wrapper hides the error number.
                    temporary.as_file_mut().write_all(&chunk).map_err(|error| {
                        failed("I/O failure while writing temporary file", &error)
                    })?;
                }
                Ok(None) if empty => return Err(Failure("No file data received", Errno::EINVAL)),
                Ok(None) => break,
                Err(_) => return Ok(None),
            }
        }
        let path = PathBuf::from(path);
        put(temporary, &path, self.mode)?;
        Ok(Some(path))
    }
}

/// Moves the file to its place; to another filesystem it is copied.
fn put(temporary: NamedTempFile, path: &Path, mode: u32) -> Result<(), Failure> {
    if let Err(error) = temporary.persist(path) {
        let copy = || -> io::Result<()> {
            let mut target = File::create(path)?;
            io::copy(&mut error.file.reopen()?, &mut target).map(drop)
        };
        copy().map_err(|error| failed("Failed to open target file", &error))?;
    }
    fs::set_permissions(path, Permissions::from_mode(mode))
        .map_err(|error| failed("Failed to chmod target file", &error))
}

fn failed(message: &'static str, error: &io::Error) -> Failure {
    Failure(
        message,
        Errno::from_raw(error.raw_os_error().unwrap_or_default()),
    )
}

fn accept(path: &Path) -> Response {
    let size = fs::metadata(path)
        .map_or_else(|_| "null".to_owned(), |metadata| metadata.len().to_string());
    let quoted = |sum: io::Result<String>| {
        sum.map_or_else(|_| "null".to_owned(), |sum| format!("\"{sum}\""))
    };
    let (md5, sha256) = (quoted(digest::<Md5>(path)), quoted(digest::<Sha256>(path)));
    text(format!(
        "{{\n\t\"size\": {size},\n\t\"checksum\": {md5},\n\t\"sha256sum\": {sha256}\n}}\n"
    ))
}

fn refuse(Failure(message, errno): &Failure) -> Response {
    let (number, reason) = (
        *errno as i32,
        if *errno as i32 == 0 {
            "Success"
        } else {
            errno.desc()
        },
    );
    text(format!(
        "{{\n\t\"message\": \"{message}\",\n\t\"failure\": [ {number}, \"{reason}\" ]\n}}\n"
    ))
}

fn text(body: String) -> Response {
    response(StatusCode::OK, "text/plain", Body::from(body))
}

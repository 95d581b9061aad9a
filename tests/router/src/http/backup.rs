//! cgi-backup of cgi-io: the settings as sysupgrade keeps them, for whoever may read a backup.

use std::io;

use axum::extract::Request;
use axum::http::header::CONTENT_DISPOSITION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::response;
use crate::rpcd::Rpcd;
use crate::sysupgrade;

/// A form with a session is much shorter.
const LONGEST_BODY: usize = 4_096;

/// Answers a POST of a form with a session.
pub(super) async fn answer(rpcd: &Rpcd, request: Request) -> Response {
    let body = axum::body::to_bytes(request.into_body(), LONGEST_BODY).await;
    let form = String::from_utf8(body.unwrap_or_default().into()).unwrap_or_default();
    let session = form
        .split('&')
        .find_map(|field| field.strip_prefix("sessionid="));
    if !rpcd
        .access(session.unwrap_or_default(), "cgi-io", "backup", "read")
        .await
    {
        return response(
            StatusCode::FORBIDDEN,
            "text/plain",
            "Backup permission denied",
        );
    }
    packed().map_or_else(
        |error| {
            response(
                StatusCode::INTERNAL_SERVER_ERROR,
                "text/plain",
                error.to_string(),
            )
        },
        |archive| {
            let mut answer = response(StatusCode::OK, "application/x-targz", archive);
            let name = HeaderValue::from_static("attachment; filename=\"backup-OpenWrt.tar.gz\"");
            answer.headers_mut().insert(CONTENT_DISPOSITION, name);
            answer
        },
    )
}

fn packed() -> io::Result<Vec<u8>> {
    sysupgrade::pack(GzEncoder::new(Vec::new(), Compression::fast()))?.finish()
}

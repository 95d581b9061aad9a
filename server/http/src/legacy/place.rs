//! Where this server is, as its clients see it: they use links as they are.

use axum::http::{HeaderMap, header};

/// The start of every link: `https://sysupgrade.example.org`, or nothing where the client does not
/// say whom it asked, so that links are relative.
///
/// A link leads back to where the request was sent and nowhere else; it is told to nobody but the
/// one who sent it.
pub(crate) fn base(headers: &HeaderMap) -> String {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let Some(host) = host.filter(|host| is_host(host)) else {
        return String::new();
    };
    let scheme = headers.get("x-forwarded-proto");
    let secure = scheme.is_some_and(|scheme| scheme.as_bytes() == b"https");
    format!("{}://{host}", if secure { "https" } else { "http" })
}

fn is_host(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b".-_:[]".contains(&b);
    !text.is_empty() && text.len() <= 255 && text.bytes().all(allowed)
}

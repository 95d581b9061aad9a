//! Asking a mirror or a feed for one file.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use futures_util::StreamExt;
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, Response, StatusCode, Url, header};
use sha2::{Digest, Sha256};
use tempfile::{NamedTempFile, TempPath};

use super::store::{Body, Validators};

/// How long a feed may send nothing.
const SILENCE: Duration = Duration::from_secs(30);
/// How many redirects are followed.
const REDIRECTS: usize = 5;

/// What a feed has at an address.
#[derive(Debug)]
pub(super) enum Found {
    /// This, which is not what was known.
    New(Fresh),
    /// What was known.
    Same,
    /// Nothing, as it says itself.
    Nothing(StatusCode),
}

/// A whole body, in a temporary file.
#[derive(Debug)]
pub(super) struct Fresh {
    pub(super) body: Body,
    pub(super) file: TempPath,
    pub(super) validators: Validators,
}

/// Why a file could not be fetched.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// The feed cannot be reached now.
    #[error("{0}")]
    Away(String),
    /// What it answers cannot be used.
    #[error("{0}")]
    Unusable(String),
    /// This machine's disk failed.
    #[error("it cannot be stored: {0}")]
    Storage(#[from] std::io::Error),
}

/// A client that follows redirects on the same host only.
pub(super) fn client() -> reqwest::Result<Client> {
    Client::builder()
        .user_agent(concat!("asu-server/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs(10))
        .read_timeout(SILENCE)
        .redirect(Policy::custom(|attempt| {
            if attempt.previous().len() > REDIRECTS {
                attempt.error("it redirects without end")
            } else if stays(&attempt) {
                attempt.follow()
            } else {
                attempt.error("it redirects to another host, which nobody allowed")
            }
        }))
        .build()
}

/// Whether a redirect stays with the host that was asked; from HTTP it may go on to HTTPS.
fn stays(attempt: &Attempt<'_>) -> bool {
    let (to, Some(from)) = (attempt.url(), attempt.previous().first()) else {
        return false;
    };
    let place = |url: &Url| (url.scheme().to_owned(), url.port());
    let is_same = place(to) == place(from);
    let is_upgrade = place(to) == ("https".to_owned(), None) && place(from).1.is_none();
    let has_no_user = to.username().is_empty() && to.password().is_none();
    to.host() == from.host() && (is_same || is_upgrade) && has_no_user
}

/// Fetches `url` into a file in `scratch`, unless it still is what `known` tells; refuses more than
/// `most` bytes.
pub(super) async fn get(
    client: &Client,
    url: &Url,
    known: &Validators,
    most: u64,
    scratch: &Path,
) -> Result<Found, Trouble> {
    let mut request = client.get(url.clone());
    let conditions = [
        (header::IF_NONE_MATCH, &known.etag),
        (header::IF_MODIFIED_SINCE, &known.last_modified),
    ];
    for (name, value) in conditions {
        if let Some(value) = value {
            request = request.header(name, value);
        }
    }
    let response = request.send().await.map_err(|error| trouble(&error))?;
    let status = response.status();
    match status {
        StatusCode::OK => receive(response, most, scratch).await.map(Found::New),
        StatusCode::NOT_MODIFIED => Ok(Found::Same),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => Err(answers(status)),
        _ if status.is_client_error() => Ok(Found::Nothing(status)),
        _ => Err(answers(status)),
    }
}

fn answers(status: StatusCode) -> Trouble {
    Trouble::Unusable(format!("it answers {status}"))
}

async fn receive(response: Response, most: u64, scratch: &Path) -> Result<Fresh, Trouble> {
    let too_large = || Trouble::Unusable(format!("it has more than {most} bytes"));
    if response.content_length().is_some_and(|size| size > most) {
        return Err(too_large());
    }
    let validators = validators(&response);
    let mut file = NamedTempFile::new_in(scratch)?;
    let (mut hash, mut size) = (Sha256::new(), 0);
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| Trouble::Unusable(innermost(&error)))?;
        size += chunk.len() as u64;
        if size > most {
            return Err(too_large());
        }
        hash.update(&chunk);
        file.write_all(&chunk)?;
    }
    let sha256 = hex::encode(hash.finalize());
    let (file, path) = file.into_parts();
    Ok(Fresh {
        body: Body { file, size, sha256 },
        file: path,
        validators,
    })
}

fn validators(response: &Response) -> Validators {
    let text = |name| {
        let value = response.headers().get(name)?;
        value.to_str().ok().map(str::to_owned)
    };
    Validators {
        etag: text(header::ETAG),
        last_modified: text(header::LAST_MODIFIED),
    }
}

/// What to make of an answer that did not come.
pub(super) fn trouble(error: &reqwest::Error) -> Trouble {
    let text = innermost(error);
    if error.is_redirect() {
        Trouble::Unusable(text)
    } else {
        Trouble::Away(text)
    }
}

/// "Connection refused" is said by the innermost error.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

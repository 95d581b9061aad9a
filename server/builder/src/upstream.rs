//! The mirror ImageBuilders come from, over HTTP.

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use reqwest::{Client, Response, StatusCode, header};

use crate::BuildError;

/// How long the mirror may send nothing before it counts as down.
const SILENCE: Duration = Duration::from_secs(15);
/// What the mirror must send on average once it had [`SILENCE`] for it, bytes a second: at this pace
/// an ImageBuilder takes hours, and every build behind it waits.
const SLOWEST: u64 = 10 << 10;
/// Largest text accepted, bytes; the largest `sha256sums` upstream has 0.5 MB.
const MAX_TEXT: usize = 8 << 20;

/// One mirror.
#[derive(Debug, Clone)]
pub(crate) struct Upstream {
    client: Client,
    root: String,
}

impl Upstream {
    pub(crate) fn new(root: &str) -> Result<Self, BuildError> {
        let client = Client::builder()
            .user_agent(concat!("asu-server/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(10))
            .read_timeout(SILENCE)
            .build()
            .map_err(|error| BuildError::upstream(format!("Error: no HTTP client: {error}")))?;
        Ok(Self {
            client,
            root: root.trim_end_matches('/').to_owned(),
        })
    }

    /// The mirror's root, without a slash at its end.
    pub(crate) fn root(&self) -> &str {
        &self.root
    }

    /// A small file; absent if the mirror says that it has no such file.
    pub(crate) async fn text(&self, path: &str) -> Result<Option<Vec<u8>>, BuildError> {
        let Some(response) = self.get(path).await? else {
            return Ok(None);
        };
        let mut text = Vec::new();
        self.receive(path, response, |chunk| {
            text.extend_from_slice(chunk);
            if text.len() > MAX_TEXT {
                return Err(self.invalid(path, "it is larger than any such file should be"));
            }
            Ok(())
        })
        .await?;
        Ok(Some(text))
    }

    /// What follows the first `from` bytes of a file; absent if the mirror gives only whole files, or
    /// has fewer bytes of this one.
    pub(crate) async fn rest(&self, path: &str, from: u64) -> Result<Option<Response>, BuildError> {
        let request = self.client.get(format!("{}/{path}", self.root));
        let request = request.header(header::RANGE, format!("bytes={from}-"));
        let response = request.send().await;
        let response = response.map_err(|error| self.broken(path, &error))?;
        let begin = format!("bytes {from}-");
        let range = response.headers().get(header::CONTENT_RANGE);
        let fits = range.is_some_and(|range| range.as_bytes().starts_with(begin.as_bytes()));
        match response.status() {
            StatusCode::PARTIAL_CONTENT if fits => Ok(Some(response)),
            StatusCode::PARTIAL_CONTENT | StatusCode::OK | StatusCode::RANGE_NOT_SATISFIABLE => {
                Ok(None)
            }
            status => Err(self.invalid(path, &format!("the mirror answers {status}"))),
        }
    }

    /// Hands a body over as it comes, unless it comes too slowly.
    pub(crate) async fn receive(
        &self,
        path: &str,
        response: Response,
        mut take: impl FnMut(&[u8]) -> Result<(), BuildError> + Send,
    ) -> Result<(), BuildError> {
        let (begun, mut received) = (Instant::now(), 0);
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| self.broken(path, &error))?;
            received += chunk.len() as u64;
            take(&chunk)?;
            let time = begun.elapsed();
            if time > SILENCE && received / SLOWEST < time.as_secs() {
                return Err(self.invalid(path, "the mirror sends it too slowly"));
            }
        }
        Ok(())
    }

    /// A file's body; absent if the mirror says that it has no such file.
    pub(crate) async fn get(&self, path: &str) -> Result<Option<Response>, BuildError> {
        let request = self.client.get(format!("{}/{path}", self.root)).send();
        let response = request.await.map_err(|error| self.broken(path, &error))?;
        match response.status() {
            StatusCode::OK => Ok(Some(response)),
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(None),
            status => Err(self.invalid(path, &format!("the mirror answers {status}"))),
        }
    }

    fn broken(&self, path: &str, error: &dyn std::error::Error) -> BuildError {
        // "Connection refused" is said by the innermost error.
        let mut innermost = error;
        while let Some(source) = innermost.source() {
            innermost = source;
        }
        self.invalid(path, &innermost.to_string())
    }

    /// The error for a file that is of no use.
    pub(crate) fn invalid(&self, path: &str, reason: &str) -> BuildError {
        BuildError::upstream(format!(
            "Error: {}/{path} cannot be used: {reason}",
            self.root
        ))
    }
}

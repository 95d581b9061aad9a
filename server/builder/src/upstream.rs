//! The mirror ImageBuilders come from, over HTTP.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use reqwest::{Client, Response, StatusCode};
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

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

    /// Downloads a file into `folder`, and gives it only if it has the SHA-256 expected.
    pub(crate) async fn download(
        &self,
        path: &str,
        sha256: &str,
        folder: &Path,
    ) -> Result<NamedTempFile, BuildError> {
        let gone = || self.invalid(path, "sha256sums lists it, but the mirror does not have it");
        let response = self.get(path).await?.ok_or_else(gone)?;
        let storage = |error| BuildError::storage("Storing an ImageBuilder", &error);
        let mut file = NamedTempFile::new_in(folder).map_err(storage)?;
        let mut hash = Sha256::new();
        self.receive(path, response, |chunk| {
            hash.update(chunk);
            file.write_all(chunk).map_err(storage)
        })
        .await?;
        if hex::encode(hash.finalize()) != sha256 {
            return Err(self.invalid(path, "it does not have the checksum sha256sums tells"));
        }
        Ok(file)
    }

    /// Hands a body over as it comes, unless it comes too slowly.
    async fn receive(
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

    async fn get(&self, path: &str) -> Result<Option<Response>, BuildError> {
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

    fn invalid(&self, path: &str, reason: &str) -> BuildError {
        BuildError::upstream(format!(
            "Error: {}/{path} cannot be used: {reason}",
            self.root
        ))
    }
}

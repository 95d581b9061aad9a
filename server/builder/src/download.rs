//! Downloading an archive, going on where an earlier attempt ended.
//!
//! No entity tags are kept: a download is known by the digest it must come to, so parts of different
//! files can never pass for one.

use std::io::{self, Seek, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytesize::ByteSize;
use reqwest::Response;
use sha2::{Digest, Sha256};

use crate::BuildError;
use crate::depot::{Depot, Partial};
use crate::upstream::Upstream;

/// How often a connection that broke is made anew, if each of them brought something.
const CONNECTIONS: u32 = 6;
/// What a connection must have brought, bytes.
const SOMETHING: u64 = 64 << 10;
/// The time between two words on how far it is.
const PACE: Duration = Duration::from_secs(5);

/// Told how far it is, in words for people.
pub(crate) type Tell<'a> = &'a (dyn Fn(&str) + Send + Sync);

/// An archive on a mirror.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) upstream: &'a Upstream,
    /// Where it is, below the mirror's root.
    pub(crate) path: &'a str,
    /// What it must come to.
    pub(crate) sha256: &'a str,
}

/// A download as far as it is.
struct Progress<'a> {
    partial: Partial,
    hash: Sha256,
    length: u64,
    tell: Tell<'a>,
    told: Option<Instant>,
}

/// Downloads what is missing, and gives the archive only if it is the one wanted.
///
/// What is not, is thrown away; and asked for once more, if a part of it was here before.
pub(crate) async fn download(
    source: Source<'_>,
    depot: &Arc<Depot>,
    partial: Partial,
    tell: Tell<'_>,
) -> Result<Partial, BuildError> {
    let mut progress = Progress::of(partial, tell)
        .await
        .map_err(|error| storage(&error))?;
    let was_begun = progress.length > 0;
    if progress.is(source.sha256) {
        return Ok(progress.partial);
    }
    source.complete(depot, &mut progress).await?;
    if was_begun && !progress.is(source.sha256) {
        tracing::warn!(
            path = source.path,
            "what was downloaded before is of no use"
        );
        progress.clear().map_err(|error| storage(&error))?;
        source.complete(depot, &mut progress).await?;
    }
    if progress.is(source.sha256) {
        return Ok(progress.partial);
    }
    progress.partial.remove().map_err(|error| storage(&error))?;
    let reason = "it does not have the checksum sha256sums tells";
    Err(source.upstream.invalid(source.path, reason))
}

impl Source<'_> {
    /// Receives to the end, by several connections if need be.
    async fn complete(
        &self,
        depot: &Arc<Depot>,
        progress: &mut Progress<'_>,
    ) -> Result<(), BuildError> {
        let mut left = CONNECTIONS;
        loop {
            left -= 1;
            let before = progress.length;
            let Err(error) = self.receive(depot, progress).await else {
                return Ok(());
            };
            let is_broken = error.failure().cause == "upstream";
            if left == 0 || !is_broken || progress.length < before.saturating_add(SOMETHING) {
                return Err(error);
            }
            tracing::warn!(%error, received = progress.length, "a download goes on");
        }
    }

    async fn receive(
        &self,
        depot: &Arc<Depot>,
        progress: &mut Progress<'_>,
    ) -> Result<(), BuildError> {
        let response = self.open(progress).await?;
        let rest = response.content_length();
        depot.room(rest.unwrap_or(0)).await?;
        let total = rest.map(|rest| progress.length + rest);
        progress.say(total);
        let take = |chunk: &[u8]| progress.take(chunk, total).map_err(|error| storage(&error));
        self.upstream.receive(self.path, response, take).await
    }

    /// Asks for what is missing; for all of it where the mirror cannot give a part.
    async fn open(&self, progress: &mut Progress<'_>) -> Result<Response, BuildError> {
        if progress.length > 0 {
            if let Some(rest) = self.upstream.rest(self.path, progress.length).await? {
                return Ok(rest);
            }
            progress.clear().map_err(|error| storage(&error))?;
        }
        let whole = self.upstream.get(self.path).await?;
        let gone = "sha256sums lists it, but the mirror does not have it";
        whole.ok_or_else(|| self.upstream.invalid(self.path, gone))
    }
}

impl<'a> Progress<'a> {
    /// What was left by an earlier attempt, perhaps nothing.
    async fn of(partial: Partial, tell: Tell<'a>) -> io::Result<Self> {
        let read = move || {
            let mut hash = Sha256::new();
            (&partial.file).rewind()?;
            let length = io::copy(&mut &partial.file, &mut hash)?;
            io::Result::Ok((partial, hash, length))
        };
        let (partial, hash, length) = tokio::task::spawn_blocking(read).await??;
        Ok(Self {
            partial,
            hash,
            length,
            tell,
            told: None,
        })
    }

    fn is(&self, sha256: &str) -> bool {
        hex::encode(self.hash.clone().finalize()) == sha256
    }

    fn clear(&mut self) -> io::Result<()> {
        self.partial.file.set_len(0)?;
        self.partial.file.rewind()?;
        (self.hash, self.length) = (Sha256::new(), 0);
        Ok(())
    }

    fn take(&mut self, chunk: &[u8], total: Option<u64>) -> io::Result<()> {
        self.partial.file.write_all(chunk)?;
        self.hash.update(chunk);
        self.length += chunk.len() as u64;
        if self.told.is_none_or(|told| told.elapsed() >= PACE) {
            self.say(total);
        }
        Ok(())
    }

    fn say(&mut self, total: Option<u64>) {
        let size = |bytes| ByteSize::b(bytes).display().si();
        let received = size(self.length);
        let total = total.map_or(String::new(), |total| format!(" of {}", size(total)));
        tracing::info!("downloading an ImageBuilder: {received}{total}");
        (self.tell)(&format!("downloading the ImageBuilder: {received}{total}"));
        self.told = Some(Instant::now());
    }
}

fn storage(error: &io::Error) -> BuildError {
    BuildError::storage("Storing an ImageBuilder", error)
}

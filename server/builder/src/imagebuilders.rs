//! The ImageBuilders of a mirror: which one a build needs, and getting it into the depot.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use asu_protocol::name::{Target, VersionName};
use asu_protocol::release::path_of;

use crate::depot::{Depot, ImageBuilder, Partial};
use crate::download::{Source, Tell, download};
use crate::upstream::Upstream;
use crate::{BuildError, Failure, Trust, sums, vouch};

/// An archive's size times this is about what it takes unpacked.
const EXPANSION: u64 = 4;

/// The ImageBuilders of one mirror.
#[derive(Debug)]
pub(crate) struct ImageBuilders {
    upstream: Upstream,
    trust: Trust,
    depot: Arc<Depot>,
    /// Archives of releases, by folder: a release does not change once it is published.
    released: Mutex<HashMap<String, Archive>>,
}

/// An archive upstream vouches for.
#[derive(Debug, Clone)]
struct Archive {
    name: String,
    sha256: String,
}

impl ImageBuilders {
    pub(crate) fn new(upstream: Upstream, trust: Trust, depot: Arc<Depot>) -> Self {
        Self {
            upstream,
            trust,
            depot,
            released: Mutex::default(),
        }
    }

    /// The ImageBuilder of a target, downloaded if it is not here yet; `tell` is told how far that is.
    pub(crate) async fn obtain(
        &self,
        version: &VersionName,
        target: &Target,
        tell: Tell<'_>,
    ) -> Result<ImageBuilder, BuildError> {
        let folder = format!("{}/targets/{target}", path_of(version.as_str()));
        let archive = self.archive(version, target, &folder).await?;
        let found = self
            .depot
            .take(&archive.sha256)
            .map_err(|error| storage(&error))?;
        let found = match found {
            Some(found) => found,
            None => self.fetch(&folder, &archive, tell).await?,
        };
        // Only now: a listing whose archive cannot be had is one of a mirror that is being updated.
        if !version.as_str().ends_with("SNAPSHOT") {
            lock(&self.released).insert(folder, archive);
        }
        Ok(found)
    }

    async fn archive(
        &self,
        version: &VersionName,
        target: &Target,
        folder: &str,
    ) -> Result<Archive, BuildError> {
        if let Some(archive) = lock(&self.released).get(folder) {
            return Ok(archive.clone());
        }
        let missing = || missing(version, target);
        let listing = self
            .upstream
            .text(&format!("{folder}/sha256sums"))
            .await?
            .ok_or_else(missing)?;
        vouch::check(&self.upstream, &self.trust, folder, &listing).await?;
        let listing = String::from_utf8_lossy(&listing);
        let found = sums::imagebuilder(&listing).ok_or_else(missing)?;
        let archive = Archive {
            name: found.name.to_owned(),
            sha256: found.sha256.to_owned(),
        };
        Ok(archive)
    }

    async fn fetch(
        &self,
        folder: &str,
        archive: &Archive,
        tell: Tell<'_>,
    ) -> Result<ImageBuilder, BuildError> {
        let Archive { name, sha256 } = archive;
        let partial = self
            .depot
            .partial(sha256)
            .await
            .map_err(|error| storage(&error))?;
        // Who was at it until now may be done.
        if let Some(found) = self.depot.take(sha256).map_err(|error| storage(&error))? {
            partial.remove().map_err(|error| storage(&error))?;
            return Ok(found);
        }
        self.depot.room(0).await?;
        let source = Source {
            upstream: &self.upstream,
            path: &format!("{folder}/{name}"),
            sha256,
        };
        let partial = download(source, &self.depot, partial, tell).await?;
        tell("unpacking the ImageBuilder");
        let (depot, name, sha256) = (Arc::clone(&self.depot), name.clone(), sha256.clone());
        let unpacking = move || unpack(&depot, partial, &name, &sha256);
        let unpacked = tokio::task::spawn_blocking(unpacking).await;
        let unpacked = unpacked.unwrap_or_else(|error| Err(std::io::Error::other(error)));
        unpacked.map_err(|error| storage(&error))
    }
}

/// Unpacks an archive, and removes what has to go for it.
fn unpack(
    depot: &Arc<Depot>,
    partial: Partial,
    name: &str,
    sha256: &str,
) -> std::io::Result<ImageBuilder> {
    depot.clear(partial.size()?.saturating_mul(EXPANSION))?;
    let found = depot.put(partial, name, sha256)?;
    tracing::info!(name, "an ImageBuilder is ready");
    let depot = Arc::clone(depot);
    // Measuring all that is there takes its time, and the build need not wait.
    std::thread::spawn(move || depot.tidy_or_warn());
    Ok(found)
}

fn storage(error: &std::io::Error) -> BuildError {
    BuildError::storage("Obtaining an ImageBuilder", error)
}

fn missing(version: &VersionName, target: &Target) -> BuildError {
    let detail = format!(
        "Error: Image not found: the ImageBuilder of {version} for {target}. If this version was \
         just released, please try again in a few hours as it may take some time to become fully \
         available."
    );
    BuildError::infrastructure(Failure::new(
        "imagebuilder-missing",
        detail,
        "Try again in a few hours.",
    ))
}

/// A poisoned lock is used all the same: every change under these locks is a single insertion.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

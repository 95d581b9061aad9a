//! The ImageBuilders on disk: each unpacked once, named by its checksum, never written to again.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use asu_protocol::name::{Target, VersionName};
use asu_protocol::release::path_of;

use crate::upstream::Upstream;
use crate::usign::Signature;
use crate::{BuildError, Failure, Trust, sums, unpack};

/// The ImageBuilders of one mirror.
#[derive(Debug)]
pub(crate) struct ImageBuilders {
    upstream: Upstream,
    trust: Trust,
    trees: PathBuf,
    scratch: PathBuf,
    /// Held while an archive is fetched, so that it is fetched once.
    gates: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    /// Archives of releases, by folder: a release does not change once it is published.
    released: Mutex<HashMap<String, Archive>>,
}

/// An archive upstream vouches for.
#[derive(Debug, Clone)]
struct Archive {
    name: String,
    sha256: String,
}

/// An unpacked ImageBuilder.
#[derive(Debug)]
pub(crate) struct ImageBuilder {
    /// Its files; not to be changed.
    pub(crate) tree: PathBuf,
    /// Where the output of `make info` is kept; absent if it is asked each time.
    pub(crate) info: Option<PathBuf>,
}

impl ImageBuilders {
    pub(crate) fn new(upstream: Upstream, trust: Trust, trees: PathBuf, scratch: PathBuf) -> Self {
        let (gates, released) = Default::default();
        Self {
            upstream,
            trust,
            trees,
            scratch,
            gates,
            released,
        }
    }

    /// The ImageBuilder of a target, downloaded if it is not here yet.
    pub(crate) async fn obtain(
        &self,
        version: &VersionName,
        target: &Target,
    ) -> Result<ImageBuilder, BuildError> {
        let folder = format!("{}/targets/{target}", path_of(version.as_str()));
        let archive = self.archive(version, target, &folder).await?;
        let tree = self.trees.join(&archive.sha256);
        let gate = Arc::clone(lock(&self.gates).entry(archive.sha256.clone()).or_default());
        let _gate = gate.lock().await;
        if !tree.exists() {
            self.fetch(&folder, &archive, &tree).await?;
        }
        // Only now: a listing whose archive cannot be had is one of a mirror that is being updated.
        if !version.as_str().ends_with("SNAPSHOT") {
            lock(&self.released).insert(folder, archive.clone());
        }
        let info = self.trees.join(format!("{}.info", archive.sha256));
        Ok(ImageBuilder {
            tree,
            info: Some(info),
        })
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
        self.check(folder, &listing).await?;
        let listing = String::from_utf8_lossy(&listing);
        let found = sums::imagebuilder(&listing).ok_or_else(missing)?;
        let archive = Archive {
            name: found.name.to_owned(),
            sha256: found.sha256.to_owned(),
        };
        Ok(archive)
    }

    /// Checks that a trusted key vouches for the listing.
    async fn check(&self, folder: &str, listing: &[u8]) -> Result<(), BuildError> {
        let keys = match &self.trust {
            Trust::Unsigned => {
                tracing::warn!(
                    folder,
                    "running an ImageBuilder nobody vouches for, as configured"
                );
                return Ok(());
            }
            Trust::Keys(keys) if keys.is_empty() => return Err(no_keys()),
            Trust::Keys(keys) => keys,
        };
        let path = format!("{folder}/sha256sums.sig");
        let text = self.upstream.text(&path).await?;
        let text = text.ok_or_else(|| untrusted(&path, "the mirror does not have it"))?;
        let signature: Result<Signature, _> = String::from_utf8_lossy(&text).parse();
        let signature = signature.map_err(|error| untrusted(&path, &error.to_string()))?;
        if signature.is_by_one_of(keys, listing) {
            return Ok(());
        }
        let number = signature.number();
        Err(untrusted(
            &path,
            &format!(
                "it was not made by a trusted key, or of another file (it names key {number})"
            ),
        ))
    }

    async fn fetch(&self, folder: &str, archive: &Archive, tree: &Path) -> Result<(), BuildError> {
        let Archive { name, sha256 } = archive;
        tracing::info!(name, "downloading an ImageBuilder");
        let file = self
            .upstream
            .download(&format!("{folder}/{name}"), sha256, &self.scratch)
            .await?;
        let (name, scratch, tree) = (name.clone(), self.scratch.clone(), tree.to_owned());
        let unpacking = move || {
            let archive = file.reopen()?;
            unpack::unpack(&archive, &name, &scratch, &tree)
        };
        let unpacked = tokio::task::spawn_blocking(unpacking).await;
        let unpacked = unpacked.unwrap_or_else(|error| Err(std::io::Error::other(error)));
        unpacked.map_err(|error| BuildError::storage("Unpacking an ImageBuilder", &error))
    }
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

fn no_keys() -> BuildError {
    let detail = "Error: this server has no key to check upstream's ImageBuilders with, so it runs none of them";
    let hint = "The server's operator must configure upstream's public key, or declare the mirror unsigned.";
    BuildError::infrastructure(Failure::new("untrusted", detail, hint))
}

fn untrusted(path: &str, reason: &str) -> BuildError {
    let detail = format!("Error: the signature {path} cannot be trusted: {reason}");
    let hint = "If the mirror is being updated, ask again in a few minutes; else the server's \
                operator must check the mirror and its public key.";
    BuildError::infrastructure(Failure::new("untrusted", detail, hint))
}

/// A poisoned lock is used all the same: every change under these locks is a single insertion.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! Jobs for workers elsewhere: what they send is kept apart, and counts when all of it is what they
//! said it is.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use asu_artifacts::FileName;
use asu_builder::{BuildError, Failure};
use asu_http::{Foreman, NotTaken, Upload};
use asu_protocol::worker::{self, Fault, File, Finish, Foreseen, News, Outcome, Terms};
use asu_store::{Claim, Lease, StoreError, Wanted};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt};
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt;

use super::Office;
use crate::Foresee;
use crate::jobs::Ended;
use crate::worker::remove;

/// Most files of one build; a device has a dozen.
const MOST_FILES: usize = 256;
/// What a file that is still arriving begins with; no image does.
const ARRIVING: &str = ".arriving-";

impl<O: Foresee> Foreman for Office<O> {
    fn terms(&self) -> Terms {
        self.terms.clone()
    }

    fn claim<'a>(
        &'a self,
        worker: &'a str,
        wanted: &'a Wanted,
    ) -> BoxFuture<'a, Result<Option<worker::Job>, StoreError>> {
        async move {
            let claimed = Office::claim(self, worker, wanted).await?;
            Ok(claimed.map(|(claim, mut profiles)| {
                let request_hash = claim.lease.request_hash().to_owned();
                tracing::info!(request_hash, worker, "a worker elsewhere builds");
                let device = claim.request.profile.as_str();
                profiles.profiles.retain(|name, _| name == device);
                worker::Job {
                    request_hash,
                    lease: claim.lease.number(),
                    attempt: claim.attempt,
                    request: claim.request,
                    profiles,
                    lease_ms: millis(self.pace.lease),
                    heartbeat_ms: millis(self.pace.heartbeat),
                    limit_ms: millis(self.pace.limit),
                    terms: self.terms.clone(),
                }
            }))
        }
        .boxed()
    }

    fn report<'a>(
        &'a self,
        lease: &'a Lease,
        news: &'a [News],
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            self.beat(lease).await?;
            self.tell(lease, news).await
        }
        .boxed()
    }

    fn foresee<'a>(&'a self, claim: &'a Claim, anew: bool) -> BoxFuture<'a, Option<Foreseen>> {
        async move {
            let foreseen = self.api.offer.foresee(&claim.request, anew).await?;
            Some(Foreseen {
                packages: foreseen.packages,
                is_certain: foreseen.is_certain,
            })
        }
        .boxed()
    }

    fn take<'a>(
        &'a self,
        lease: &'a Lease,
        file: &'a File,
        bytes: Upload,
    ) -> BoxFuture<'a, Result<(), NotTaken>> {
        async move {
            let name = checked(file)?;
            let folder = self.staging(lease);
            fs::create_dir_all(&folder)?;
            self.refuse_too_much(&folder, file)?;
            let arrived = receive(&folder, file, bytes).await?;
            let arrived = arrived.persist(folder.join(name.as_str()));
            arrived.map_err(|error| error.error)?;
            Ok(())
        }
        .boxed()
    }

    fn finish<'a>(
        &'a self,
        claim: &'a Claim,
        finish: Finish,
    ) -> BoxFuture<'a, Result<(), NotTaken>> {
        self.take_end(claim, finish).boxed()
    }

    fn take_back<'a>(&'a self, lease: &'a Lease) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            let now = (self.api.clock)();
            self.api.store.hand_back(lease, now).await?;
            self.discard(lease);
            Ok(())
        }
        .boxed()
    }

    fn release<'a>(&'a self, worker: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            let now = (self.api.clock)();
            let released = self.api.store.release(worker, now).await?;
            if released > 0 {
                tracing::warn!(worker, released, "builds elsewhere were interrupted");
                self.api.wake.notify_one();
            }
            Ok(())
        }
        .boxed()
    }
}

impl<O: Foresee> Office<O> {
    async fn take_end(&self, claim: &Claim, finish: Finish) -> Result<(), NotTaken> {
        let Finish { outcome, files } = finish;
        let out = self.staging(&claim.lease);
        let _alone = self.publishing.alone(&claim.lease).await;
        // The same end may have come before, and its answer got lost.
        self.beat(&claim.lease).await?;
        let ended = ended(outcome, &files)?;
        let folder = out.clone();
        let checked = tokio::task::spawn_blocking(move || verify(&folder, &files)).await;
        checked.map_err(io::Error::other)??;
        let publishing = self.with_a_free_folder(claim).await?;
        let reported = self.end(&publishing, ended, &out).await;
        self.discard(&claim.lease);
        Ok(reported?)
    }

    /// Where the files of a build elsewhere lie until it ends.
    fn staging(&self, lease: &Lease) -> PathBuf {
        let (hash, number) = (lease.request_hash(), lease.number());
        self.unfinished.join(format!("{hash}-{number}"))
    }

    fn discard(&self, lease: &Lease) {
        if let Err(error) = remove(&self.staging(lease)) {
            tracing::warn!(%error, "what was uploaded of a build could not be removed");
        }
    }

    fn refuse_too_much(&self, folder: &Path, file: &File) -> Result<(), NotTaken> {
        let (mut count, mut bytes) = (1, file.size);
        for entry in fs::read_dir(folder)? {
            count += 1;
            bytes = bytes.saturating_add(entry?.metadata().map_or(0, |meta| meta.len()));
        }
        let most = self.terms.disk;
        if count > MOST_FILES || bytes > most {
            let told = format!("a build may have {MOST_FILES} files and {most} bytes");
            return Err(NotTaken::Wrong(told));
        }
        Ok(())
    }

    /// Removes what came of builds whose lease has ended.
    pub(crate) async fn discard_strays(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.unfinished)? {
            let name = entry?.file_name();
            let lease = name.to_str().and_then(|name| name.split_once('-'));
            let Some((hash, Ok(number))) = lease.map(|(hash, n)| (hash, n.parse())) else {
                continue;
            };
            let lease = Lease::told(hash.to_owned(), number);
            let held = self.api.store.is_held(&lease).await;
            // What is published under another lease lies there by the name of the first.
            if matches!(held, Ok(false)) && !self.publishing.is_taken(&lease) {
                self.discard(&lease);
            }
        }
        Ok(())
    }
}

fn checked(file: &File) -> Result<FileName, NotTaken> {
    let is_digest = file.sha256.len() == 64 && file.sha256.bytes().all(|b| b.is_ascii_hexdigit());
    match FileName::new(&file.name) {
        Ok(name) if is_digest => Ok(name),
        Ok(_) => Err(NotTaken::Wrong("sha256 must be 64 hex digits".to_owned())),
        Err(unsafe_name) => Err(NotTaken::Wrong(unsafe_name.to_string())),
    }
}

/// Writes a file that arrives; it goes again unless it is kept.
async fn receive(folder: &Path, file: &File, mut bytes: Upload) -> Result<NamedTempFile, NotTaken> {
    let arriving = tempfile::Builder::new()
        .prefix(ARRIVING)
        .permissions(fs::Permissions::from_mode(0o644))
        .tempfile_in(folder)?;
    let mut to = tokio::fs::File::from_std(arriving.reopen()?);
    let (mut hash, mut length) = (Sha256::new(), 0);
    while let Some(chunk) = bytes.next().await {
        let chunk = chunk.map_err(|error| NotTaken::Wrong(format!("it broke off: {error}")))?;
        length += chunk.len() as u64;
        if length > file.size {
            break;
        }
        hash.update(&chunk);
        to.write_all(&chunk).await?;
    }
    to.flush().await?;
    is_as_told(file, length, &hex::encode(hash.finalize()))?;
    Ok(arriving)
}

fn is_as_told(file: &File, size: u64, sha256: &str) -> Result<(), NotTaken> {
    if (size, sha256) == (file.size, file.sha256.as_str()) {
        return Ok(());
    }
    let File { name, .. } = file;
    Err(NotTaken::Wrong(format!(
        "{name} is not what it was said to be: its size or its SHA-256 differs"
    )))
}

/// What came of a build, in the builder's words. Images that were not told of are no images.
fn ended(outcome: Outcome, files: &[File]) -> Result<Ended, NotTaken> {
    let output = match outcome {
        Outcome::Built(output) => output,
        Outcome::Refused(fault) => return Ok(Err(BuildError::Request(failure(fault)))),
        Outcome::Failed(fault) => return Ok(Err(BuildError::Infrastructure(failure(fault)))),
    };
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    let is_missing = |name: &&String| !names.contains(&name.as_str());
    let images = output.images.iter().map(|image| &image.name);
    let missing: Vec<String> = images.filter(is_missing).cloned().collect();
    if missing.is_empty() && !output.images.is_empty() {
        return Ok(Ok(*output));
    }
    let told = format!("images are not among the files: {}", missing.join(", "));
    Err(NotTaken::Wrong(told))
}

fn failure(fault: Fault) -> Box<Failure> {
    Box::new(Failure {
        cause: fault.cause,
        detail: fault.detail,
        hint: fault.hint,
        packages: fault.packages,
        stdout: fault.stdout,
        stderr: fault.stderr,
    })
}

/// Leaves the files that were told of, if each of them is what it was said to be.
fn verify(folder: &Path, files: &[File]) -> Result<(), NotTaken> {
    let mut told: BTreeMap<&str, &File> = files
        .iter()
        .map(|file| (file.name.as_str(), file))
        .collect();
    let entries = match fs::read_dir(folder) {
        Err(none) if none.kind() == ErrorKind::NotFound => None,
        entries => Some(entries?),
    };
    for entry in entries.into_iter().flatten() {
        let entry = entry?;
        let name = entry.file_name();
        let Some(file) = name.to_str().and_then(|name| told.remove(name)) else {
            fs::remove_file(entry.path())?;
            continue;
        };
        let mut hash = Sha256::new();
        let size = io::copy(&mut fs::File::open(entry.path())?, &mut hash)?;
        is_as_told(file, size, &hex::encode(hash.finalize()))?;
    }
    if told.is_empty() {
        return Ok(());
    }
    let missing = told.into_keys().map(str::to_owned);
    Err(NotTaken::Missing(missing.collect()))
}

fn millis(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

//! Handing in what came of a build, however often the line breaks.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use asu_builder::{BUILD_LOG, BuildError, Failure};
use asu_protocol::worker::{Fault, File, Finish, Outcome};
use reqwest::Method;
use sha2::{Digest, Sha256};

use super::line::Trouble;
use super::{FIRST_PAUSE, LONGEST_PAUSE, Remote, path_of};
use crate::Build;
use crate::jobs::{Dropped, Ended, Job};

/// For so long a server that does not answer is told again what came of a build.
const PERSISTENCE: Duration = Duration::from_mins(15);
/// How often what arrived wrong is sent again.
const TRIES: u32 = 5;
/// The slowest line a file is sent over, bytes a second.
const SLOWEST: u64 = 8 << 10;

/// What is to be handed in.
pub(super) struct Delivery<'a, B> {
    remote: &'a Remote<B>,
    job: &'a Job,
    out: &'a Path,
    end: Finish,
}

impl<'a, B: Build> Delivery<'a, B> {
    pub(super) async fn of(
        remote: &'a Remote<B>,
        job: &'a Job,
        ended: Ended,
        out: &'a Path,
    ) -> Result<Self, Dropped> {
        let (folder, is_built) = (out.to_owned(), ended.is_ok());
        let files = tokio::task::spawn_blocking(move || measured(&folder, is_built)).await;
        let files = files.unwrap_or_else(|panic| Err(io::Error::other(panic)));
        let files = files
            .map_err(|error| Dropped::Broken(format!("the images cannot be read back: {error}")))?;
        let outcome = outcome(ended);
        Ok(Self {
            remote,
            job,
            out,
            end: Finish { outcome, files },
        })
    }

    /// Hands it in; ends when the server has it, or has lost interest.
    pub(super) async fn bring(&self) -> Result<(), Dropped> {
        let (begun, mut pause, mut wrong) = (Instant::now(), FIRST_PAUSE, 0);
        loop {
            let trouble = match self.bring_once().await {
                Ok(()) => return Ok(()),
                Err(Trouble::Lost(lost)) => return Err(Dropped::Lost(lost)),
                Err(dismissed @ Trouble::Dismissed(_)) => {
                    return Err(Dropped::Broken(dismissed.to_string()));
                }
                Err(trouble) => trouble,
            };
            wrong += u32::from(matches!(trouble, Trouble::Wrong(_)));
            if wrong >= TRIES || begun.elapsed() > PERSISTENCE {
                return Err(Dropped::Broken(trouble.to_string()));
            }
            tracing::warn!(%trouble, "what came of the build is sent again");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn bring_once(&self) -> Result<(), Trouble> {
        let uploading = async {
            for file in &self.end.files {
                self.upload(file).await?;
            }
            Ok(())
        };
        // At the end the server extends the lease by itself.
        tokio::select! {
            biased;
            uploaded = uploading => uploaded?,
            trouble = self.remote.keep_beating(self.job) => return Err(trouble),
        }
        let line = &self.remote.line;
        let path = path_of(&self.job.claim.lease, "finish");
        let request = line.ask(Method::POST, &path).json(&self.end);
        // The server reads all files once more before it answers.
        let request = request.timeout(Duration::from_mins(5));
        line.send(request).await.map(drop)
    }

    async fn upload(&self, file: &File) -> Result<(), Trouble> {
        let File { name, size, sha256 } = file;
        let broken = |error: io::Error| Trouble::Wrong(format!("{name} cannot be read: {error}"));
        let opened = tokio::fs::File::open(self.out.join(name)).await;
        let path = path_of(&self.job.claim.lease, &format!("files/{name}"));
        let line = &self.remote.line;
        let request = line.ask(Method::PUT, &path);
        let request = request
            .query(&[("size", size.to_string()), ("sha256", sha256.clone())])
            .timeout(Duration::from_secs(60 + size / SLOWEST))
            .body(opened.map_err(broken)?);
        line.send(request).await.map(drop)
    }
}

/// The files of a build; of one that failed only its log.
fn measured(folder: &Path, is_built: bool) -> io::Result<Vec<File>> {
    let entries = match fs::read_dir(folder) {
        Err(none) if none.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().into_string().unwrap_or_default();
        let is_safe = asu_artifacts::FileName::new(&name).is_ok();
        if entry.file_type()?.is_file() && is_safe && (is_built || name == BUILD_LOG) {
            files.push(measure(entry.path(), name)?);
        }
    }
    Ok(files)
}

fn measure(path: PathBuf, name: String) -> io::Result<File> {
    let mut hash = Sha256::new();
    let size = io::copy(&mut fs::File::open(path)?, &mut hash)?;
    Ok(File {
        name,
        size,
        sha256: hex::encode(hash.finalize()),
    })
}

fn outcome(ended: Ended) -> Outcome {
    match ended {
        Ok(output) => Outcome::Built(Box::new(output)),
        Err(BuildError::Request(failure)) => Outcome::Refused(fault(*failure)),
        Err(BuildError::Infrastructure(failure)) => Outcome::Failed(fault(*failure)),
    }
}

fn fault(failure: Failure) -> Fault {
    Fault {
        cause: failure.cause,
        detail: failure.detail,
        hint: failure.hint,
        packages: failure.packages,
        stdout: failure.stdout,
        stderr: failure.stderr,
    }
}

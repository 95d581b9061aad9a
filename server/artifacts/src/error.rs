use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::FolderName;

/// What went wrong with images, and where.
#[derive(Debug, Error)]
pub enum ArtifactError {
    /// The disk did not do as asked.
    #[error("{action} {} failed: {source}", path.display())]
    Disk {
        /// What was being done.
        action: &'static str,
        /// With what.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The S3 server did not do as asked, also when asked again.
    #[error("{action} {key} failed: {source}")]
    Bucket {
        /// What was being done.
        action: &'static str,
        /// With which key.
        key: String,
        /// What it says.
        source: Box<object_store::Error>,
    },
    /// A folder of this name was published before; what is published never changes.
    #[error("{0} is there already, and images that are there are never replaced")]
    Taken(FolderName),
    /// The bucket cannot be used as it is set: what, why, and what to do.
    #[error("{0}")]
    Unusable(String),
}

pub(crate) fn at(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> ArtifactError {
    let path = path.to_owned();
    move |source| ArtifactError::Disk {
        action,
        path,
        source,
    }
}

pub(crate) fn with(
    action: &'static str,
    key: &object_store::path::Path,
) -> impl FnOnce(object_store::Error) -> ArtifactError {
    let key = key.to_string();
    move |source| ArtifactError::Bucket {
        action,
        key,
        source: Box::new(source),
    }
}

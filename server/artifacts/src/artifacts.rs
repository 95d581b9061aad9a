use std::path::{Path, PathBuf};

use crate::bucket::{Bucket, Object};
use crate::disk::Disk;
use crate::{ArtifactError, BucketSettings, FileName, FolderName};

/// A stored file and what its bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// The file's name.
    pub name: String,
    /// Size in bytes.
    pub size: u64,
    /// SHA-256, hex.
    pub sha256: String,
}

/// A stored file that was looked for.
#[derive(Debug)]
pub enum Found {
    /// It is on this machine.
    File(PathBuf),
    /// It is in the bucket.
    Object(Object),
}

/// All image files. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Artifacts(Home);

/// Where they are.
#[derive(Debug, Clone)]
enum Home {
    Disk(Disk),
    Bucket(Bucket),
}

impl Artifacts {
    /// Uses the folder `root`, which is made if it is not there; finishes removals that were
    /// interrupted. Blocks on the disk.
    pub fn on_disk(root: PathBuf) -> Result<Self, ArtifactError> {
        Ok(Self(Home::Disk(Disk::open(root)?)))
    }

    /// Uses a bucket, after a look at whether it lists, takes and removes objects as it must.
    pub async fn in_bucket(settings: BucketSettings) -> Result<Self, ArtifactError> {
        Ok(Self(Home::Bucket(Bucket::open(settings).await?)))
    }

    /// Whether other servers may keep images in the same place.
    pub fn are_shared(&self) -> bool {
        matches!(self.0, Home::Bucket(_))
    }

    /// Moves the finished folder `from` here as `folder`, and says what is stored now: the sums are
    /// those of the bytes that will be served.
    ///
    /// Files with unsafe names and anything that is not a plain file are left out. A folder that is
    /// there is never replaced ([`ArtifactError::Taken`]). For a home on disk, `from` must be on the
    /// same filesystem, and the folder appears at once and whole; in a bucket its files appear one
    /// after the other, and what was put before a failure is removed again.
    pub async fn put(
        &self,
        folder: &FolderName,
        from: &Path,
    ) -> Result<Vec<StoredFile>, ArtifactError> {
        match &self.0 {
            Home::Bucket(bucket) => bucket.put(folder, from).await,
            Home::Disk(disk) => {
                let (disk, folder, from) = (disk.clone(), folder.clone(), from.to_owned());
                blocking(move || disk.put(&folder, &from)).await
            }
        }
    }

    /// Whether a folder of this name is there, also one that is still being put into a bucket.
    pub async fn has(&self, folder: &FolderName) -> Result<bool, ArtifactError> {
        match &self.0 {
            Home::Bucket(bucket) => bucket.has(folder).await,
            Home::Disk(disk) => Ok(disk.has(folder)),
        }
    }

    /// A stored file; `None` if there is none of this name.
    pub async fn find(
        &self,
        folder: &FolderName,
        file: &FileName,
    ) -> Result<Option<Found>, ArtifactError> {
        match &self.0 {
            // One look at a name the kernel most likely knows is not worth another thread.
            Home::Disk(disk) => Ok(disk.find(folder, file).map(Found::File)),
            Home::Bucket(bucket) => Ok(bucket.find(folder, file).await?.map(Found::Object)),
        }
    }

    /// Removes a folder with its files, if it is there. Downloads under way end well if it is on disk.
    pub async fn remove(&self, folder: &FolderName) -> Result<(), ArtifactError> {
        match &self.0 {
            Home::Bucket(bucket) => bucket.remove(folder).await,
            Home::Disk(disk) => {
                let (disk, folder) = (disk.clone(), folder.clone());
                blocking(move || disk.remove(&folder)).await
            }
        }
    }

    /// All folders there are, those that are still being put into a bucket too.
    pub async fn folders(&self) -> Result<Vec<FolderName>, ArtifactError> {
        match &self.0 {
            Home::Bucket(bucket) => bucket.folders().await,
            Home::Disk(disk) => {
                let disk = disk.clone();
                blocking(move || disk.folders()).await
            }
        }
    }
}

/// Runs what waits for the disk where nobody waits for it.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ArtifactError> + Send + 'static,
) -> Result<T, ArtifactError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|panic| Err(ArtifactError::Unusable(format!("a fault of ours: {panic}"))))
}

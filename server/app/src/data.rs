use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use asu_store::{Database, DatabaseError};
use thiserror::Error;

/// The folder of one server: database, images, ImageBuilders, cached documents.
///
/// It is this process's alone as long as this value lives; the kernel ends the lock with the
/// process, however that ends.
#[derive(Debug)]
pub struct DataDir {
    root: PathBuf,
    _lock: File,
}

/// Why a data folder cannot be used.
#[derive(Debug, Error)]
pub enum DataError {
    /// Another server works on it.
    #[error(
        "another asu-server is using the data folder {}; stop it, or give this one a folder of its own with --data",
        .0.display()
    )]
    InUse(PathBuf),
    /// It cannot be made or written.
    #[error("the data folder {} cannot be used: {source}; check its owner and free space", path.display())]
    Unusable {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl DataDir {
    /// Takes the folder, which is made if it is not there, for this process.
    pub fn open(root: &Path) -> Result<Self, DataError> {
        let unusable = |source| DataError::Unusable {
            path: root.to_owned(),
            source,
        };
        fs::create_dir_all(root).map_err(unusable)?;
        // Build tools are run elsewhere than here; a relative path would lead them astray.
        let root = root.canonicalize().map_err(unusable)?;
        let lock = File::create(root.join("lock")).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { root, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(DataError::InUse(root)),
            Err(TryLockError::Error(source)) => Err(unusable(source)),
        }
    }

    /// Whether a server has taken the folder; it is looked at only.
    pub fn is_taken(root: &Path) -> bool {
        let lock = File::open(root.join("lock"));
        lock.is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// The job database, unless it is elsewhere.
    pub fn database(&self) -> Result<Database, DatabaseError> {
        Database::file(&self.root.join("jobs.sqlite"))
    }

    /// The name of this folder's worker, the same at every start: jobs it held when the server was
    /// killed are known by it, among those of other servers on the same database.
    pub fn worker(&self) -> Result<String, DataError> {
        let path = self.root.join("worker");
        let known = fs::read_to_string(&path).unwrap_or_default();
        if !known.is_empty() {
            return Ok(known);
        }
        let name = format!("server-{:016x}", fastrand::u64(..));
        let written = fs::write(&path, &name);
        written.map_err(|source| DataError::Unusable { path, source })?;
        Ok(name)
    }

    /// The images that are served.
    pub fn images(&self) -> PathBuf {
        self.root.join("store")
    }

    /// Images of running builds; on the same filesystem as [`Self::images`].
    pub fn unfinished(&self) -> PathBuf {
        self.root.join("unfinished")
    }

    /// ImageBuilders and running builds.
    pub fn builder(&self) -> PathBuf {
        self.root.join("builder")
    }

    /// Upstream's documents.
    pub fn catalog(&self) -> PathBuf {
        self.root.join("catalog")
    }
}

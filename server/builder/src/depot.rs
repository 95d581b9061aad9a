//! The ImageBuilders on disk, and the downloads that are to become some; shared by any number of
//! processes.
//!
//! ```text
//! imagebuilders/SHA256/tree   the files
//! imagebuilders/SHA256/info   what `make info` says, once it was asked
//! imagebuilders/SHA256/first  files that its first run made, see `first_run`
//! imagebuilders/SHA256/used   locked by all who use the tree; its time is that of the last use
//! downloads/SHA256            an archive, as far as it got; locked by who is at it
//! ```
//!
//! The files keep their modes, because a build's layer takes its rights from what is below it.
//! `imagebuilders/SHA256` comes by one rename and goes by one, so it is whole or absent.

mod room;

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::{DiskLimits, disk, unpack};

const TREE: &str = "tree";
const USED: &str = "used";
/// The time between two looks whether another is done with a download.
const LOOK: Duration = Duration::from_millis(100);

/// Where ImageBuilders and downloads lie.
#[derive(Debug)]
pub(crate) struct Depot {
    trees: PathBuf,
    downloads: PathBuf,
    /// Emptied when a server starts; on the same file system.
    scratch: PathBuf,
    limits: DiskLimits,
}

/// An unpacked ImageBuilder, not to be removed as long as this value lives.
#[derive(Debug)]
pub(crate) struct ImageBuilder {
    /// Its files; not to be changed.
    pub(crate) tree: PathBuf,
    /// Where the output of `make info` is kept; absent if it is asked each time.
    pub(crate) info: Option<PathBuf>,
    /// Where the files are kept that its first run makes; absent if every run is a first one.
    pub(crate) first: Option<PathBuf>,
    /// The lock, unless it is none of the depot's.
    _used: Option<File>,
}

/// The archive of an ImageBuilder as far as it was downloaded, ours alone as long as this value lives.
#[derive(Debug)]
pub(crate) struct Partial {
    pub(crate) file: File,
    path: PathBuf,
}

impl ImageBuilder {
    /// One that lies elsewhere and was made by others.
    pub(crate) fn foreign(tree: PathBuf) -> Self {
        Self {
            tree,
            info: None,
            first: None,
            _used: None,
        }
    }

    fn at(folder: &Path, used: File) -> Self {
        Self {
            tree: folder.join(TREE),
            info: Some(folder.join("info")),
            first: Some(folder.join("first")),
            _used: Some(used),
        }
    }
}

impl Partial {
    /// How much of it is here, bytes.
    pub(crate) fn size(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// Ends the download, whose archive is not wanted any more.
    pub(crate) fn remove(self) -> io::Result<()> {
        fs::remove_file(self.path)
    }
}

impl Depot {
    /// Makes the folders in `dir`.
    pub(crate) fn open(dir: &Path, scratch: PathBuf, limits: DiskLimits) -> io::Result<Self> {
        let (trees, downloads) = (dir.join("imagebuilders"), dir.join("downloads"));
        fs::create_dir_all(&trees)?;
        fs::create_dir_all(&downloads)?;
        Ok(Self {
            trees,
            downloads,
            scratch,
            limits,
        })
    }

    /// The ImageBuilder whose archive has this digest, if it is here.
    pub(crate) fn take(&self, sha256: &str) -> io::Result<Option<ImageBuilder>> {
        let folder = self.trees.join(sha256);
        let path = folder.join(USED);
        loop {
            let used = match File::open(&path) {
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                other => other?,
            };
            used.lock_shared()?;
            // Before it was locked, it may have been removed, and another put there.
            if is_at(&used, &path)? {
                used.set_modified(SystemTime::now())?;
                return Ok(Some(ImageBuilder::at(&folder, used)));
            }
        }
    }

    /// The download of the archive with this digest, as soon as nobody else is at it.
    pub(crate) async fn partial(&self, sha256: &str) -> io::Result<Partial> {
        let path = self.downloads.join(sha256);
        loop {
            let mut options = File::options();
            let file = options.read(true).write(true).create(true).open(&path)?;
            match file.try_lock() {
                Ok(()) if is_at(&file, &path)? => return Ok(Partial { file, path }),
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => tokio::time::sleep(LOOK).await,
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }

    /// Unpacks an archive, whose `name` tells its compression; what cannot be unpacked is thrown away.
    pub(crate) fn put(
        &self,
        partial: Partial,
        name: &str,
        sha256: &str,
    ) -> io::Result<ImageBuilder> {
        let staging = tempfile::tempdir_in(&self.scratch)?;
        let (unpacked, folder) = (staging.path().join("archive"), staging.path().join("new"));
        let top = match unpack::unpack(&partial.file, name, &unpacked) {
            // Full or read-only disks are no fault of the archive.
            Err(error) if is_of_disk(&error) => return Err(error),
            Err(error) => return partial.remove().and(Err(error)),
            Ok(top) => top,
        };
        fs::create_dir(&folder)?;
        fs::rename(top, folder.join(TREE))?;
        let used = File::create(folder.join(USED))?;
        used.lock_shared()?;
        rustix::fs::syncfs(&used)?;
        let place = self.trees.join(sha256);
        if place.exists() {
            // Of an older server, which kept them in another way.
            disk::remove(&self.discard(&place)?)?;
        }
        fs::rename(folder, &place)?;
        File::open(&self.trees)?.sync_all()?;
        partial.remove()?;
        Ok(ImageBuilder::at(&place, used))
    }

    /// Moves a file or folder to where the next start removes it, should a crash keep us from doing
    /// so; gives that place.
    fn discard(&self, path: &Path) -> io::Result<PathBuf> {
        let bin = tempfile::tempdir_in(&self.scratch)?;
        fs::rename(path, bin.path().join("removed"))?;
        Ok(bin.keep())
    }
}

/// Whether `path` still leads to this file.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let (file, found) = (file.metadata()?, fs::metadata(path));
    Ok(found.is_ok_and(|found| (found.dev(), found.ino()) == (file.dev(), file.ino())))
}

/// Whether the disk is to blame for a failure to unpack.
fn is_of_disk(error: &io::Error) -> bool {
    use ErrorKind::{
        FileTooLarge, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull,
    };
    let disk = [
        FileTooLarge,
        PermissionDenied,
        QuotaExceeded,
        ReadOnlyFilesystem,
        StorageFull,
    ];
    disk.contains(&error.kind())
}

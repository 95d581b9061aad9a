//! Space on disk: how much is free, what takes it, and giving it back.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

/// What ImageBuilders may take of the disk, and what must stay free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskLimits {
    /// All ImageBuilders and unfinished downloads, bytes; those in use stay even above it. 0 is any.
    pub imagebuilders: u64,
    /// What must be free before a download or a build begins, bytes; 0 is off.
    pub floor: u64,
}

impl Default for DiskLimits {
    fn default() -> Self {
        Self {
            imagebuilders: 20_000_000_000,
            floor: 1_000_000_000,
        }
    }
}

/// What this process may still write below `folder`, bytes.
pub fn free(folder: &Path) -> io::Result<u64> {
    let found = rustix::fs::statvfs(folder)?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

/// The space that files take, bytes; what vanishes meanwhile counts nothing.
pub(crate) fn size(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    let of = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(found) if found.is_dir() => size(&entry.path()),
        Ok(found) => found.blocks() * 512,
        Err(_) => 0,
    };
    entries.flatten().map(of).sum()
}

/// Gives back the right to change what is in `folder`, which a build may have taken from us.
pub(crate) fn open_up(folder: &Path) {
    // By the system's program, which follows no link that is put in its way meanwhile.
    let open = ["-R", "u+rwX", "--"];
    let _ = Command::new("chmod").args(open).arg(folder).output();
}

/// Removes a file or a folder, whatever rights are set in it.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    if !path.symlink_metadata()?.is_dir() {
        return std::fs::remove_file(path);
    }
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            open_up(path);
            std::fs::remove_dir_all(path)
        }
        other => other,
    }
}

//! Where the root filesystem is in an image, and unpacking it.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::read::GzDecoder;
use nix::unistd::Uid;
use tempfile::NamedTempFile;

/// The first bytes of a squashfs.
const SQUASHFS: &[u8; 4] = b"hsqs";
/// Where a squashfs says how long it is, in bytes from its start.
const SQUASHFS_LENGTH: u64 = 40;
/// The erase block of the flash: a sysupgrade image's root filesystem begins at a multiple.
const BLOCK: u64 = 64 * 1024;
/// Where a disk's partition table has the first sector of partition 2.
const SECOND_PARTITION: u64 = 446 + 16 + 8;
/// Bytes of a disk's sector.
const SECTOR: u64 = 512;

/// Why an image cannot be installed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImageError {
    /// Reading failed.
    #[error("{file} cannot be read: {error}", file = .0.display(), error = .1)]
    Read(PathBuf, io::Error),
    /// No squashfs where one should be.
    #[error("{0} has no root filesystem (squashfs): it is not an image of this kind of device")]
    NoRoot(PathBuf),
    /// The squashfs goes on behind the end of the file.
    #[error("{0} ends inside of its root filesystem: it is cut short; get it again")]
    Truncated(PathBuf),
    /// unsquashfs is missing or failed.
    #[error("unsquashfs failed on {file}: {reason}", file = .0.display(), reason = .1)]
    Unpack(PathBuf, String),
}

/// A root filesystem inside of a file.
#[derive(Debug)]
pub(crate) struct Root {
    file: PathBuf,
    offset: u64,
    /// Keeps a decompressed disk while it is needed.
    _disk: Option<NamedTempFile>,
}

/// Finds the root filesystem: in partition 2 of a compressed disk, or at a block of a flash image.
pub(crate) fn root_of(image: &Path) -> Result<Root, ImageError> {
    let wrong = |error| ImageError::Read(image.to_owned(), error);
    let mut file = File::open(image).map_err(wrong)?;
    let mut magic = [0; 2];
    let compressed = file.read_exact(&mut magic).is_ok() && magic == [0x1f, 0x8b];
    file.rewind().map_err(wrong)?;
    if !compressed {
        let offset = find(&mut file, image, true)?;
        return Ok(Root {
            file: image.to_owned(),
            offset,
            _disk: None,
        });
    }
    let mut disk = NamedTempFile::new().map_err(wrong)?;
    // Whatever follows the compressed disk, such as metadata, is not part of it.
    io::copy(&mut GzDecoder::new(file), &mut disk).map_err(wrong)?;
    let offset = find(disk.as_file_mut(), image, false)?;
    Ok(Root {
        file: disk.path().to_owned(),
        offset,
        _disk: Some(disk),
    })
}

fn find(file: &mut File, image: &Path, flash: bool) -> Result<u64, ImageError> {
    let wrong = |error| ImageError::Read(image.to_owned(), error);
    let length = file.metadata().map_err(wrong)?.len();
    let blocks = if flash { length.div_ceil(BLOCK) } else { 0 };
    let mut candidates = (0..blocks).map(|block| block * BLOCK).chain(if flash {
        None
    } else {
        second_partition(file)
    });
    let offset = candidates
        .find(|offset| read_at::<4>(file, *offset).is_ok_and(|magic| &magic == SQUASHFS))
        .ok_or_else(|| ImageError::NoRoot(image.to_owned()))?;
    let used = u64::from_le_bytes(read_at(file, offset + SQUASHFS_LENGTH).map_err(wrong)?);
    match offset.checked_add(used) {
        Some(end) if end <= length => Ok(offset),
        _ => Err(ImageError::Truncated(image.to_owned())),
    }
}

fn second_partition(disk: &mut File) -> Option<u64> {
    read_at(disk, SECOND_PARTITION)
        .ok()
        .map(|sector| u64::from(u32::from_le_bytes(sector)) * SECTOR)
}

fn read_at<const N: usize>(file: &mut File, offset: u64) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    file.seek(SeekFrom::Start(offset))?;
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

impl Root {
    /// Unpacks into a directory that does not exist yet.
    pub(crate) fn unpack(&self, directory: &Path) -> Result<(), ImageError> {
        let failed = |reason: String| ImageError::Unpack(self.file.clone(), reason);
        let output = Command::new("unsquashfs")
            .args([
                "-no-progress",
                "-no-xattrs",
                "-quiet",
                "-offset",
                &self.offset.to_string(),
                "-dest",
            ])
            .arg(directory)
            .arg(&self.file)
            .output()
            .map_err(|error| failed(format!("{error}. Install squashfs-tools.")))?;
        // 2: something was left out, as device files are for anybody but root.
        let done = output.status.success()
            || (output.status.code() == Some(2) && !Uid::effective().is_root());
        if done {
            Ok(())
        } else {
            Err(failed(String::from_utf8_lossy(&output.stderr).into_owned()))
        }
    }
}

//! From archive to a tree that is either whole or absent.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use tar::Archive;

/// Largest window a zstd archive may want, as a power of two; upstream compresses with `--long`.
const WINDOW: u32 = 31;

/// Unpacks the archive's only folder to `tree`, by way of `scratch` on the same file system.
///
/// `name` tells the compression. `tree` appears in one step and after its files are on disk, so a
/// crash never leaves one that only looks whole.
pub(crate) fn unpack(archive: &File, name: &str, scratch: &Path, tree: &Path) -> io::Result<()> {
    let folder = tempfile::tempdir_in(scratch)?;
    Archive::new(decoder(archive, name)?).unpack(folder.path())?;
    let top = only_folder(folder.path())?;
    rustix::fs::syncfs(File::open(&top)?)?;
    std::fs::rename(top, tree)?;
    tree.parent()
        .map_or(Ok(()), |parent| File::open(parent)?.sync_all())
}

fn decoder<'a>(archive: &'a File, name: &str) -> io::Result<Box<dyn Read + 'a>> {
    let archive = BufReader::new(archive);
    match name.rsplit('.').next() {
        Some("xz") => Ok(Box::new(liblzma::read::XzDecoder::new_multi_decoder(
            archive,
        ))),
        Some("zst") => {
            let mut decoder = zstd::Decoder::with_buffer(archive)?;
            decoder.window_log_max(WINDOW)?;
            Ok(Box::new(decoder))
        }
        _ => Err(io::Error::other(format!("{name} is neither .xz nor .zst"))),
    }
}

fn only_folder(folder: &Path) -> io::Result<PathBuf> {
    let mut entries = std::fs::read_dir(folder)?;
    match (entries.next().transpose()?, entries.next()) {
        (Some(only), None) if only.file_type()?.is_dir() => Ok(only.path()),
        _ => Err(io::Error::other(
            "the archive does not hold exactly one folder",
        )),
    }
}

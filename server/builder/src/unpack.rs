//! From archive to files.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use tar::Archive;

/// Largest window a zstd archive may want, as a power of two; upstream compresses with `--long`.
const WINDOW: u32 = 31;

/// Unpacks an archive into `folder`, which is made; gives the only folder that is in it.
///
/// `name` tells the compression.
pub(crate) fn unpack(mut archive: &File, name: &str, folder: &Path) -> io::Result<PathBuf> {
    archive.rewind()?;
    Archive::new(decoder(archive, name)?).unpack(folder)?;
    only_folder(folder)
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

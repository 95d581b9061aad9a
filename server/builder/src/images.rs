//! The files an ImageBuilder made: moved to their place, measured as they lie there.

use std::fs::File;
use std::io;
use std::path::Path;

use asu_protocol::profiles::{Image, TargetProfiles};
use sha2::{Digest, Sha256};

/// The file in which an ImageBuilder describes its images.
const DESCRIPTION: &str = "profiles.json";

/// Reads the `profiles.json` an ImageBuilder wrote.
pub(crate) fn description(folder: &Path) -> io::Result<TargetProfiles> {
    refuse_links(folder)?;
    let file = regular(&folder.join(DESCRIPTION))?;
    serde_json::from_reader(io::BufReader::new(file)).map_err(io::Error::other)
}

/// Moves every image from `folder` to `out`, with their description, and tells each file's size and
/// SHA-256 as it is there.
pub(crate) fn collect(images: &[Image], folder: &Path, out: &Path) -> io::Result<Vec<Image>> {
    std::fs::create_dir_all(out)?;
    let collected: io::Result<Vec<Image>> = images
        .iter()
        .map(|image| collect_one(image, folder, out))
        .collect();
    let collected = collected?;
    relocate(&folder.join(DESCRIPTION), &out.join(DESCRIPTION))?;
    Ok(collected)
}

fn collect_one(image: &Image, folder: &Path, out: &Path) -> io::Result<Image> {
    let name = Path::new(&image.name);
    if name.file_name() != Some(name.as_os_str()) {
        return Err(io::Error::other(format!(
            "{:?} is not the name of a file",
            image.name
        )));
    }
    let (from, to) = (folder.join(name), out.join(name));
    relocate(&from, &to)?;
    let mut file = File::open(&to)?;
    let mut hash = Sha256::new();
    let size = io::copy(&mut file, &mut hash)?;
    Ok(Image {
        size: Some(size),
        sha256: hex::encode(hash.finalize()),
        ..image.clone()
    })
}

fn relocate(from: &Path, to: &Path) -> io::Result<()> {
    regular(from)?;
    // Renaming fails across file systems.
    if std::fs::rename(from, to).is_err() {
        std::fs::copy(from, to)?;
    }
    Ok(())
}

/// The text of a file that a build made, if it has at most so many bytes.
pub(crate) fn text(path: &Path, most: u64) -> io::Result<String> {
    let file = regular(path)?;
    if file.metadata()?.len() > most {
        return Err(io::Error::other("the ImageBuilder made too long a file"));
    }
    let mut text = Vec::new();
    io::Read::read_to_end(&mut io::Read::take(file, most), &mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// Opens a file that a build made; a link could lead to any file of this machine.
fn regular(path: &Path) -> io::Result<File> {
    if path.symlink_metadata()?.is_file() {
        return File::open(path);
    }
    Err(io::Error::other(
        "the ImageBuilder made something that is no file",
    ))
}

fn refuse_links(folder: &Path) -> io::Result<()> {
    if folder.symlink_metadata()?.is_dir() {
        return Ok(());
    }
    Err(io::Error::other(
        "the ImageBuilder made something that is no folder",
    ))
}

//! The mirror on disk, written once and shared by all journeys.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::UNIX_EPOCH;

use anyhow::{Context, bail};

use crate::stage::{NEW_RELEASE, OLD_RELEASE};

/// The releases on the mirror: without 25.12, because these journeys stay within opkg.
const RELEASES: [&str; 2] = [OLD_RELEASE, NEW_RELEASE];

/// One writer at a time; the journeys run side by side.
static WRITING: Mutex<()> = Mutex::new(());

/// The mirror's folder, written by `writer` (`asu-test-upstream`) unless that very program wrote it before.
pub fn written(writer: &Path, folder: &Path) -> anyhow::Result<PathBuf> {
    let _guard = WRITING
        .lock()
        .map_err(|_| anyhow::anyhow!("another journey failed to write the mirror"))?;
    let mirror = folder.join("mirror");
    let stamp_file = folder.join("mirror.stamp");
    let stamp = stamp(writer)?;
    if std::fs::read_to_string(&stamp_file).is_ok_and(|old| old == stamp) {
        return Ok(mirror);
    }
    if mirror.exists() {
        std::fs::remove_dir_all(&mirror)?;
    }
    std::fs::create_dir_all(folder)?;
    let output = Command::new(writer)
        .arg("write")
        .arg("--out")
        .arg(&mirror)
        .args(RELEASES.iter().flat_map(|release| ["--release", release]))
        .output()?;
    if !output.status.success() {
        bail!(
            "the mirror could not be written:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    std::fs::write(&stamp_file, stamp)?;
    Ok(mirror)
}

fn stamp(writer: &Path) -> anyhow::Result<String> {
    let metadata = writer.metadata().with_context(|| {
        format!(
            "{} is not built; run `cargo xtask demo` or `cargo xtask test`",
            writer.display()
        )
    })?;
    let modified = metadata.modified()?.duration_since(UNIX_EPOCH)?.as_nanos();
    Ok(format!("{} {modified} {RELEASES:?}", metadata.len()))
}

//! An ImageBuilder's first run, done once for all builds.
//!
//! It makes what is missing in a fresh one: the index of its own packages, which takes old ones a minute,
//! a key to sign that with, and what it found out about this machine. Every build begins with a fresh
//! one, so what the first run made is kept as a layer of its own between the ImageBuilder's files and
//! the builds'. It is not put among those files, because keys that lie there are trusted to sign the
//! mirror's indexes.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::builder::Inner;
use crate::depot::ImageBuilder;
use crate::run::{Tell, inform, make, prepare};
use crate::workspace::Workspace;
use crate::{BuildError, disk};

/// What `make image` would make first. Where an ImageBuilder has other names for it, builds do it
/// themselves.
const TARGETS: [&str; 2] = ["package_index", "staging_dir/host/.prereq-build"];
/// What belongs to one run: there is nothing in it that the next one needs.
const PASSING: [&str; 4] = ["bin", "build_dir", "dl", "tmp"];
/// The indexes of an ImageBuilder's own packages.
const INDEXES: [&str; 2] = ["packages/Packages.gz", "packages/packages.adb"];

/// Runs an ImageBuilder for the first time, if it has never run.
///
/// Where there are no layers, every build does all of it.
pub(crate) async fn first_run(
    builder: &Inner,
    imagebuilder: &ImageBuilder,
    tell: Tell<'_>,
) -> Result<(), BuildError> {
    let (Some(first), Some(info)) = (imagebuilder.first.clone(), &imagebuilder.info) else {
        return Ok(());
    };
    let last = if builder.layers { &first } else { info };
    if last.exists() {
        return Ok(());
    }
    let workspace = prepare(builder, None, imagebuilder).await?;
    inform(&workspace, imagebuilder, tell).await?;
    if !builder.layers {
        return Ok(());
    }
    for target in TARGETS {
        let ended = make(&workspace, &[target.to_owned()], &|_| ()).await?;
        tracing::debug!(
            target,
            success = ended.success(),
            "an ImageBuilder's first run"
        );
    }
    let written = workspace.tree().written().to_owned();
    let configured: Vec<String> = Workspace::configured(builder.trust.keys()).collect();
    let keep = move || keep(&written, &first, &configured);
    let kept = tokio::task::spawn_blocking(keep).await;
    kept.unwrap_or_else(|panic| Err(panic.into()))
        .map_err(|error| BuildError::storage("Keeping an ImageBuilder's first run", &error))
}

/// Moves what was `written` to `first`, but for what each build has of its own.
fn keep(written: &Path, first: &Path, configured: &[String]) -> io::Result<()> {
    let own = configured.iter().map(String::as_str);
    for path in own.chain(PASSING).filter_map(|name| found(written, name)) {
        disk::remove(&path)?;
    }
    for index in INDEXES.iter().filter_map(|name| found(written, name)) {
        refresh(&index)?;
    }
    rustix::fs::syncfs(File::open(written)?)?;
    match fs::rename(written, first) {
        // Another build was faster.
        Err(_) if first.exists() => Ok(()),
        renamed => renamed,
    }
}

/// The path of a file or folder, if it is there. What ran could have put links in the way, and is not
/// followed.
fn found(folder: &Path, name: &str) -> Option<PathBuf> {
    let path = folder.join(name);
    let is_there = |path: &Path| {
        path.symlink_metadata()
            .is_ok_and(|found| !found.is_symlink())
    };
    (path.parent().is_some_and(is_there) && is_there(&path)).then_some(path)
}

/// Makes an index the newest file of its folder: ImageBuilders make it anew if anything there is newer,
/// which its own signature always is.
fn refresh(index: &Path) -> io::Result<()> {
    let file = File::options().append(true).open(index)?;
    file.set_modified(SystemTime::now())
}

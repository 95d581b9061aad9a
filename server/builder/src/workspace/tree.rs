//! An ImageBuilder as one build sees and changes it: a writable layer over the shared files, or,
//! where the kernel has no such layers, a copy of them.
//!
//! Recipes write nearly everywhere, so there is no smaller part to be copied; and by hard links, one
//! build could change the next one's tools. Where the file system can share blocks, `cp` does.
//!
//! The shared files keep their rights to be written: a layer shows the rights of what lies below it, and
//! who may not write by them cannot write in the layer either. It is no way to them: programs inside
//! see them through the layer only.

use std::ffi::OsString;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tokio::fs;
use tokio::time::Instant;

use crate::command::{self, late};
use crate::depot::ImageBuilder;
use crate::sandbox::{Layer, builder_uid};

/// A private ImageBuilder.
#[derive(Debug)]
pub(crate) struct PrivateTree {
    /// Where programs find it; empty outside of the sandbox if it is a layer.
    pub(crate) place: PathBuf,
    /// The files that are the build's own.
    own: PathBuf,
    /// The folders below them that are everybody's, the uppermost first; none if this is a copy.
    shared: Vec<PathBuf>,
}

impl PrivateTree {
    /// An ImageBuilder made private in `folder`; it becomes a layer only if `layers` says that the
    /// sandbox can make some. A copy has to be made until `deadline`.
    pub(crate) async fn new(
        folder: &Path,
        imagebuilder: &ImageBuilder,
        layers: bool,
        deadline: Instant,
    ) -> io::Result<Self> {
        let place = folder.join("imagebuilder");
        let tree = &imagebuilder.tree;
        if layers && is_usable(tree) {
            let own = folder.join("changes");
            fs::create_dir(&place).await?;
            fs::create_dir(&own).await?;
            // The layer's own folder is what programs see, so it has to look like the one below.
            fs::set_permissions(&own, tree.metadata()?.permissions()).await?;
            let first = imagebuilder.first.iter().filter(|first| is_usable(first));
            let shared = first.chain([tree]).cloned().collect();
            return Ok(Self { place, own, shared });
        }
        copy(tree, &place, folder, deadline).await?;
        let own = place.clone();
        let shared = Vec::new();
        Ok(Self { place, own, shared })
    }

    /// What the sandbox has to mount, with a new folder for the kernel's own use.
    pub(crate) fn layer(&self, folder: &Path) -> io::Result<Option<Layer>> {
        if self.shared.is_empty() {
            return Ok(None);
        }
        // Each mount needs a new one: it does without writing its files to disk at the end, and the
        // kernel refuses to go on with what such a mount left.
        let work = tempfile::Builder::new().prefix("work").tempdir_in(folder)?;
        Ok(Some(Layer {
            lower: self.shared.clone(),
            upper: self.own.clone(),
            work: work.keep(),
            place: self.place.clone(),
        }))
    }

    /// The text of a file, if there is one.
    pub(crate) async fn read(&self, name: &str) -> io::Result<Option<String>> {
        for folder in std::iter::once(&self.own).chain(&self.shared) {
            match fs::read_to_string(folder.join(name)).await {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                read => return read.map(Some),
            }
        }
        Ok(None)
    }

    /// Writes a file, of which a build before its first program has not yet made anything else.
    pub(crate) async fn write(&self, name: &str, text: &str) -> io::Result<()> {
        let file = self.own.join(name);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).await?;
        }
        fs::write(file, text).await
    }

    /// The folder of what the build has written; of a copy, of everything.
    pub(crate) fn written(&self) -> &Path {
        &self.own
    }
}

/// Removes what the kernel left of a layer; what cannot be is removed with the build's folder.
pub(crate) fn tidy(layer: &Layer) {
    // It gives its own folder no rights at all.
    let open = std::fs::Permissions::from_mode(0o700);
    let _ = std::fs::set_permissions(layer.work.join("work"), open);
    let _ = std::fs::remove_dir_all(&layer.work);
}

/// Whether a folder is there that can be below a layer: paths are told to the kernel in a list, and who
/// owns nothing below a layer can change nothing in it.
fn is_usable(folder: &Path) -> bool {
    let path = folder.to_str();
    let is_mountable = path.is_some_and(|path| !path.contains([',', ':', '\\']));
    let owner = folder.metadata().map(|found| found.uid());
    is_mountable && owner.is_ok_and(|owner| owner == builder_uid())
}

async fn copy(from: &Path, to: &Path, folder: &Path, deadline: Instant) -> io::Result<()> {
    let copy = [
        OsString::from("cp"),
        "-a".into(),
        "--reflink=auto".into(),
        "--".into(),
        from.into(),
        to.into(),
    ];
    let copied = command::run(&copy, folder, folder, late(deadline), &|_| ()).await?;
    if copied.success() {
        Ok(())
    } else {
        Err(io::Error::other(copied.stderr))
    }
}

//! Writing a root filesystem: by `install` for the first time, by the supervisor for an upgrade.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::image;
use crate::password;

/// Replaces `root` by the root filesystem of an image, then puts settings on top.
///
/// The old one stays until the new one is complete.
pub(crate) fn write(image: &Path, root: &Path, settings: Option<&Path>) -> anyhow::Result<()> {
    let new = beside(root, "new");
    remove(&new)?;
    image::root_of(image)?.unpack(&new)?;
    if let Some(settings) = settings {
        restore(settings, &new).context("restoring the settings")?;
    }
    let old = beside(root, "old");
    remove(&old)?;
    if root.exists() {
        fs::rename(root, &old).with_context(|| format!("moving {} aside", root.display()))?;
    }
    fs::rename(&new, root)
        .with_context(|| format!("moving the new root filesystem to {}", root.display()))?;
    remove(&old)
}

fn restore(settings: &Path, root: &Path) -> io::Result<()> {
    let mut archive = tar::Archive::new(File::open(settings)?);
    archive.set_preserve_permissions(true);
    archive.unpack(root)
}

/// A folder next to `root`, so that renaming is possible.
fn beside(root: &Path, ending: &str) -> PathBuf {
    let mut name = root.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(ending);
    root.with_file_name(name)
}

fn remove(folder: &Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing {}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// Sets root's password, as a SHA-256 hash of crypt(3).
pub(crate) fn set_password(root: &Path, password: &str) -> anyhow::Result<()> {
    let shadow = root.join("etc/shadow");
    let text = fs::read_to_string(&shadow).unwrap_or_default();
    #[expect(
        deprecated,
        reason = "routers check logins by crypt(3), which has nothing newer everywhere"
    )]
    let hash = pwhash::sha256_crypt::hash(password).context("hashing the password")?;
    fs::create_dir_all(root.join("etc"))?;
    fs::write(&shadow, password::with_hash(&text, "root", &hash))
        .with_context(|| format!("writing {}", shadow.display()))
}

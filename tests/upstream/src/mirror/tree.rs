//! The folders the mirror is written to.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::format::usign::SecretKey;

/// A folder whose files all get one modification time, so that a server's answers do not change
/// when the mirror is written again.
pub struct Folder {
    path: PathBuf,
    mtime: SystemTime,
}

impl Folder {
    /// Creates the folder; `mtime` is in seconds since 1970.
    pub fn create(path: &Path, mtime: u64) -> Result<Self> {
        fs::create_dir_all(path).with_context(|| format!("cannot create {}", path.display()))?;
        let mtime = SystemTime::UNIX_EPOCH + Duration::from_secs(mtime);
        Ok(Self {
            path: path.to_owned(),
            mtime,
        })
    }

    /// A folder below this one.
    pub fn sub(&self, path: &str) -> Result<Self> {
        let path = self.path.join(path);
        fs::create_dir_all(&path).with_context(|| format!("cannot create {}", path.display()))?;
        Ok(Self {
            path,
            mtime: self.mtime,
        })
    }

    /// Writes a file.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.path.join(name);
        let write = || {
            let mut file = File::create(&path)?;
            file.write_all(bytes)?;
            file.set_modified(self.mtime)
        };
        write().with_context(|| format!("cannot write {}", path.display()))
    }

    /// Writes a JSON file, as upstream's scripts do: on one line, keys sorted.
    pub fn write_json(&self, name: &str, value: &Value) -> Result<()> {
        self.write(name, value.to_string().as_bytes())
    }

    /// Writes `sha256sums` over the files of this folder, and its signature.
    pub fn write_sums(&self, key: &SecretKey) -> Result<()> {
        let sums = sums(&self.path)?;
        self.write("sha256sums", sums.as_bytes())?;
        self.write("sha256sums.sig", key.sign(sums.as_bytes()).as_bytes())
    }
}

/// `HEX *NAME` of each file below a folder, sorted by name.
fn sums(root: &Path) -> Result<String> {
    let mut names = Vec::new();
    collect(root, root, &mut names)?;
    names.sort();
    let mut text = String::new();
    for name in names {
        let digest = Sha256::digest(fs::read(root.join(&name))?);
        text += &format!("{} *{name}\n", hex::encode(digest));
    }
    Ok(text)
}

fn collect(root: &Path, folder: &Path, names: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, names)?;
        } else if let Some(name) = path.strip_prefix(root)?.to_str() {
            names.push(name.to_owned());
        }
    }
    Ok(())
}

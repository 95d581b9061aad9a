use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::{FileName, FolderName};

/// Folders being removed begin with this; no folder name does, so they are never served.
const LEAVING: &str = ".leaving-";

/// What went wrong on the disk, where.
#[derive(Debug, Error)]
#[error("{action} {} failed: {source}", path.display())]
pub struct ArtifactError {
    action: &'static str,
    path: PathBuf,
    source: io::Error,
}

/// A stored file and what its bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// The file's name.
    pub name: String,
    /// Size in bytes.
    pub size: u64,
    /// SHA-256, hex.
    pub sha256: String,
}

/// The image files below one folder. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Artifacts {
    root: PathBuf,
}

impl Artifacts {
    /// Uses `root`, which is made if it is not there; finishes removals that were interrupted.
    pub fn open(root: PathBuf) -> Result<Self, ArtifactError> {
        fs::create_dir_all(&root).map_err(at("making", &root))?;
        let artifacts = Self { root };
        for name in artifacts.names()? {
            if name.starts_with(LEAVING) {
                vanish(&artifacts.root.join(name))?;
            }
        }
        Ok(artifacts)
    }

    /// Moves the finished folder `from` here as `folder`, at once and whole.
    ///
    /// `from` must be on the same filesystem. Files with unsafe names and anything that is not a
    /// plain file are left out. An earlier folder of this name is replaced. Says what is stored
    /// now, as read back from the files that will be served.
    pub fn put(&self, folder: &FolderName, from: &Path) -> Result<Vec<StoredFile>, ArtifactError> {
        let stored = keep_plain_files(from)?;
        self.remove(folder)?;
        let to = self.root.join(folder.as_str());
        fs::rename(from, &to).map_err(at("moving images to", &to))?;
        sync(&self.root)?;
        Ok(stored)
    }

    /// Where a stored file is; `None` if there is none of this name.
    pub fn find(&self, folder: &FolderName, file: &FileName) -> Option<PathBuf> {
        let path = self.root.join(folder.as_str()).join(file.as_str());
        fs::symlink_metadata(&path)
            .is_ok_and(|meta| meta.is_file())
            .then_some(path)
    }

    /// Removes a folder with its files, if there; downloads under way still end well.
    pub fn remove(&self, folder: &FolderName) -> Result<(), ArtifactError> {
        let path = self.root.join(folder.as_str());
        let leaving = self.root.join(format!("{LEAVING}{folder}"));
        // An earlier removal that failed halfway would be in the way of this one.
        vanish(&leaving)?;
        match fs::rename(&path, &leaving) {
            Err(gone) if gone.kind() == io::ErrorKind::NotFound => return Ok(()),
            moved => moved.map_err(at("removing", &path))?,
        }
        vanish(&leaving)
    }

    /// All folders there are.
    pub fn folders(&self) -> Result<Vec<FolderName>, ArtifactError> {
        let names = self.names()?;
        Ok(names
            .iter()
            .filter_map(|n| FolderName::new(n).ok())
            .collect())
    }

    fn names(&self) -> Result<Vec<String>, ArtifactError> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.root).map_err(at("reading", &self.root))? {
            let entry = entry.map_err(at("reading", &self.root))?;
            names.extend(entry.file_name().into_string());
        }
        Ok(names)
    }
}

fn vanish(folder: &Path) -> Result<(), ArtifactError> {
    match fs::remove_dir_all(folder) {
        Err(gone) if gone.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(at("removing", folder)),
    }
}

fn keep_plain_files(folder: &Path) -> Result<Vec<StoredFile>, ArtifactError> {
    let mut stored = Vec::new();
    for entry in fs::read_dir(folder).map_err(at("reading", folder))? {
        let entry = entry.map_err(at("reading", folder))?;
        let path = entry.path();
        let kind = entry.file_type().map_err(at("reading", &path))?;
        let name = entry.file_name().into_string().ok();
        match name.filter(|name| FileName::new(name).is_ok()) {
            Some(name) if kind.is_file() => stored.push(measured(&path, name)?),
            _ if kind.is_dir() => fs::remove_dir_all(&path).map_err(at("removing", &path))?,
            _ => fs::remove_file(&path).map_err(at("removing", &path))?,
        }
    }
    sync(folder)?;
    stored.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(stored)
}

fn measured(path: &Path, name: String) -> Result<StoredFile, ArtifactError> {
    let mut file = File::open(path).map_err(at("opening", path))?;
    let mut hash = Sha256::new();
    let size = io::copy(&mut file, &mut hash).map_err(at("reading", path))?;
    // The database will say that this file exists; after a power cut it must.
    file.sync_all().map_err(at("writing", path))?;
    Ok(StoredFile {
        name,
        size,
        sha256: hex::encode(hash.finalize()),
    })
}

fn sync(folder: &Path) -> Result<(), ArtifactError> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(at("writing", folder))
}

fn at(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> ArtifactError {
    let path = path.to_owned();
    move |source| ArtifactError {
        action,
        path,
        source,
    }
}

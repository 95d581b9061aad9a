//! The home on local disk: `ROOT/<folder>/<file>`. Its calls block on the disk.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{ArtifactError, at};
use crate::plain::{Measured, sorted_out};
use crate::{FileName, FolderName, StoredFile};

/// Folders being removed begin with this; no folder name does, so they are never served.
const LEAVING: &str = ".leaving-";
/// So much of a file is read at once, bytes.
const PIECE: usize = 256 << 10;

#[derive(Debug, Clone)]
pub(crate) struct Disk {
    root: PathBuf,
}

impl Disk {
    /// Uses `root`, which is made if it is not there; finishes removals that were interrupted.
    pub(crate) fn open(root: PathBuf) -> Result<Self, ArtifactError> {
        fs::create_dir_all(&root).map_err(at("making", &root))?;
        let disk = Self { root };
        for name in disk.names()? {
            if name.starts_with(LEAVING) {
                vanish(&disk.root.join(name))?;
            }
        }
        Ok(disk)
    }

    /// Moves the finished folder `from`, which is on the same filesystem, here at once and whole.
    pub(crate) fn put(
        &self,
        folder: &FolderName,
        from: &Path,
    ) -> Result<Vec<StoredFile>, ArtifactError> {
        let stored = keep_plain_files(from)?;
        let to = self.root.join(folder.as_str());
        // A rename replaces an empty folder only; one with files is refused.
        fs::rename(from, &to).map_err(|error| match error.kind() {
            io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists => {
                ArtifactError::Taken(folder.clone())
            }
            _ => at("moving images to", &to)(error),
        })?;
        sync(&self.root)?;
        Ok(stored)
    }

    /// Whether a folder is there.
    pub(crate) fn has(&self, folder: &FolderName) -> bool {
        self.root.join(folder.as_str()).exists()
    }

    /// Where a stored file is; `None` if there is none of this name.
    pub(crate) fn find(&self, folder: &FolderName, file: &FileName) -> Option<PathBuf> {
        let path = self.root.join(folder.as_str()).join(file.as_str());
        fs::symlink_metadata(&path)
            .is_ok_and(|meta| meta.is_file())
            .then_some(path)
    }

    /// Removes a folder with its files, if there; downloads under way still end well.
    pub(crate) fn remove(&self, folder: &FolderName) -> Result<(), ArtifactError> {
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
    pub(crate) fn folders(&self) -> Result<Vec<FolderName>, ArtifactError> {
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
    let (plain, others) = sorted_out(folder)?;
    for other in others {
        let path = other.path();
        let is_folder = other.file_type().is_ok_and(|kind| kind.is_dir());
        let removed = if is_folder {
            fs::remove_dir_all(&path)
        } else {
            fs::remove_file(&path)
        };
        removed.map_err(at("removing", &path))?;
    }
    let measured = plain.iter().map(|name| measured(folder, name));
    let stored = measured.collect::<Result<_, _>>()?;
    sync(folder)?;
    Ok(stored)
}

fn measured(folder: &Path, name: &FileName) -> Result<StoredFile, ArtifactError> {
    let path = folder.join(name.as_str());
    let file = File::open(&path).map_err(at("opening", &path))?;
    let mut measured = Measured::new(&file);
    while !measured
        .piece(PIECE)
        .map_err(at("reading", &path))?
        .is_empty()
    {}
    let stored = measured.end(name);
    // The database will say that this file exists; after a power cut it must.
    file.sync_all().map_err(at("writing", &path))?;
    Ok(stored)
}

fn sync(folder: &Path) -> Result<(), ArtifactError> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(at("writing", folder))
}

//! The files of a finished build that may be served.

use std::fs::{self, DirEntry};
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::error::{ArtifactError, at};
use crate::{FileName, StoredFile};

/// The plain files in `folder` whose names are safe, in their order, and everything else there is.
pub(crate) fn sorted_out(folder: &Path) -> Result<(Vec<FileName>, Vec<DirEntry>), ArtifactError> {
    let (mut plain, mut others) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(folder).map_err(at("reading", folder))? {
        let entry = entry.map_err(at("reading", folder))?;
        let kind = entry.file_type().map_err(at("reading", &entry.path()))?;
        let name = entry.file_name().into_string().ok();
        match name.and_then(|name| FileName::new(&name).ok()) {
            Some(name) if kind.is_file() => plain.push(name),
            _ => others.push(entry),
        }
    }
    plain.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    Ok((plain, others))
}

/// A file that is read once, in pieces, and measured meanwhile.
pub(crate) struct Measured<R> {
    from: R,
    sum: Sha256,
    size: u64,
}

impl<R: Read> Measured<R> {
    pub(crate) fn new(from: R) -> Self {
        let (sum, size) = (Sha256::new(), 0);
        Self { from, sum, size }
    }

    /// The next bytes, as many as asked for but at the end.
    pub(crate) fn piece(&mut self, most: usize) -> std::io::Result<Vec<u8>> {
        let mut piece = Vec::with_capacity(most);
        let limit = u64::try_from(most).unwrap_or(u64::MAX);
        self.from.by_ref().take(limit).read_to_end(&mut piece)?;
        self.sum.update(&piece);
        self.size += piece.len() as u64;
        Ok(piece)
    }

    /// What was read.
    pub(crate) fn end(self, name: &FileName) -> StoredFile {
        StoredFile {
            name: name.to_string(),
            size: self.size,
            sha256: hex::encode(self.sum.finalize()),
        }
    }
}

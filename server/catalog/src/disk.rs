//! Documents on disk: each with its validators and checksum in one file.
//!
//! One file, because a body and validators of different ages would make upstream answer "not
//! modified" about a document we do not have. The checksum stands in for fsync: a file that a crash
//! left torn is recognised and fetched again.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What upstream wants to be shown to say "not modified".
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Validators {
    /// The `ETag` header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) etag: Option<String>,
    /// The `Last-Modified` header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_modified: Option<String>,
}

/// What is known of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stored {
    /// Its bytes, as upstream last gave them.
    Body(Vec<u8>, Validators),
    /// Upstream has no such document.
    Absent,
}

#[derive(Default, Serialize, Deserialize)]
struct Header {
    sha256: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    absent: bool,
    #[serde(flatten)]
    validators: Validators,
}

/// The folder of one upstream's documents.
#[derive(Debug)]
pub(crate) struct Disk {
    folder: PathBuf,
}

impl Disk {
    /// Makes the folder; every upstream has its own, so changing the mirror mixes nothing.
    pub(crate) fn open(cache_dir: &Path, upstream: &str) -> std::io::Result<Self> {
        let identity = hex::encode(&Sha256::digest(upstream)[..8]);
        let folder = cache_dir.join(identity);
        std::fs::create_dir_all(&folder)?;
        Ok(Self { folder })
    }

    /// The document as it was last stored, if it is whole.
    pub(crate) fn load(&self, path: &str) -> Option<Stored> {
        let mut bytes = std::fs::read(self.folder.join(path)).ok()?;
        let line_end = bytes.iter().position(|byte| *byte == b'\n')?;
        let header: Header = serde_json::from_slice(&bytes[..line_end]).ok()?;
        if header.absent {
            return Some(Stored::Absent);
        }
        let body = bytes.split_off(line_end + 1);
        (header.sha256 == checksum(&body)).then_some(Stored::Body(body, header.validators))
    }

    /// Replaces the document in one step.
    pub(crate) fn store(
        &self,
        path: &str,
        body: &[u8],
        validators: &Validators,
    ) -> std::io::Result<()> {
        let (sha256, validators) = (checksum(body), validators.clone());
        self.write(
            path,
            &Header {
                sha256,
                validators,
                absent: false,
            },
            body,
        )
    }

    /// Notes that upstream has no such document.
    pub(crate) fn store_absence(&self, path: &str) -> std::io::Result<()> {
        self.write(
            path,
            &Header {
                absent: true,
                ..Header::default()
            },
            &[],
        )
    }

    fn write(&self, path: &str, header: &Header, body: &[u8]) -> std::io::Result<()> {
        let file = self.folder.join(path);
        let folder = file.parent().unwrap_or(&self.folder);
        std::fs::create_dir_all(folder)?;
        let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer(&mut temporary, header)?;
        temporary.write_all(b"\n")?;
        temporary.write_all(body)?;
        temporary.persist(file)?;
        Ok(())
    }
}

fn checksum(body: &[u8]) -> String {
    hex::encode(Sha256::digest(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_file_is_not_loaded() {
        let cache = tempfile::tempdir().unwrap();
        let disk = Disk::open(cache.path(), "http://mirror").unwrap();
        let validators = Validators {
            etag: Some("\"1\"".to_owned()),
            last_modified: None,
        };
        disk.store("a/b.json", b"{\"x\":\n1}", &validators).unwrap();
        assert_eq!(
            disk.load("a/b.json"),
            Some(Stored::Body(b"{\"x\":\n1}".to_vec(), validators))
        );

        let file = disk.folder.join("a/b.json");
        let whole = std::fs::read(&file).unwrap();
        std::fs::write(&file, &whole[..whole.len() - 1]).unwrap();
        assert_eq!(disk.load("a/b.json"), None);
    }

    #[test]
    fn an_absence_is_remembered_until_there_is_a_body() {
        let cache = tempfile::tempdir().unwrap();
        let disk = Disk::open(cache.path(), "http://mirror").unwrap();
        disk.store_absence("x").unwrap();
        assert_eq!(disk.load("x"), Some(Stored::Absent));
        disk.store("x", b"1", &Validators::default()).unwrap();
        assert_eq!(
            disk.load("x"),
            Some(Stored::Body(b"1".to_vec(), Validators::default()))
        );
    }

    #[test]
    fn upstreams_do_not_mix() {
        let cache = tempfile::tempdir().unwrap();
        let one = Disk::open(cache.path(), "http://one").unwrap();
        one.store("x", b"1", &Validators::default()).unwrap();
        let two = Disk::open(cache.path(), "http://two").unwrap();
        assert_eq!(two.load("x"), None);
    }
}

//! What was fetched, on disk: bodies by their SHA-256, and where and when they were found.
//!
//! By hand: of the crates for caches on disk, `cacache` never forgets anything by itself, and
//! `http-cache` knows neither a limit on disk nor digests told by somebody else.
//!
//! Everything appears by a rename, so that several processes may share the folder. How long a body
//! was not used is told by its file's time.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tempfile::{NamedTempFile, TempPath};

/// How long an address is remembered that nobody asks for.
const FORGOTTEN: Duration = Duration::from_hours(90 * 24);

/// Where bodies are kept, and what is known of addresses.
#[derive(Debug)]
pub(super) struct Store {
    bodies: PathBuf,
    entries: PathBuf,
    /// How many bytes the bodies may have.
    limit: u64,
    /// How many they have, as far as this process knows.
    used: Mutex<u64>,
}

/// A whole body; it stays readable when its file is removed.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) file: File,
    pub(super) size: u64,
    /// Lower-case hex.
    pub(super) sha256: String,
}

/// What is known of an address.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Entry {
    /// The address, or what else the body is known by; for people.
    pub(super) key: String,
    /// Of the body.
    pub(super) sha256: String,
    /// By what the server that has it tells changes.
    #[serde(flatten)]
    pub(super) validators: Validators,
    /// When it was last told to be so, seconds since 1970.
    pub(super) seen: u64,
}

/// By what a server tells whether a file has changed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Validators {
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
}

impl Body {
    /// All of it, for what is known to be small.
    pub(super) fn bytes(&self) -> io::Result<Vec<u8>> {
        self.part(0, self.size)
    }

    /// At most `length` bytes from `at`.
    pub(super) fn part(&self, at: u64, length: u64) -> io::Result<Vec<u8>> {
        let length = length.min(self.size.saturating_sub(at));
        let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
        self.file.read_exact_at(&mut bytes, at)?;
        Ok(bytes)
    }
}

impl Store {
    /// Opens the store in `folder`, which is made if it is not there.
    pub(super) fn open(folder: &Path, limit: u64) -> io::Result<Self> {
        let (bodies, entries) = (folder.join("bodies"), folder.join("entries"));
        fs::create_dir_all(&bodies)?;
        fs::create_dir_all(&entries)?;
        let store = Self {
            bodies,
            entries,
            limit,
            used: Mutex::default(),
        };
        store.make_room(0)?;
        store.forget()?;
        Ok(store)
    }

    /// The body with this SHA-256, if it is here; one that the disk has changed is removed.
    pub(super) fn body(&self, sha256: &str) -> Option<Body> {
        let path = self.bodies.join(sha256);
        let mut file = File::open(&path).ok()?;
        let mut hash = Sha256::new();
        let size = io::copy(&mut file, &mut hash).ok()?;
        if hex::encode(hash.finalize()) != sha256 {
            tracing::warn!(path = %path.display(), "a cached package was changed on disk, and is fetched again");
            let _ = fs::remove_file(path);
            return None;
        }
        // Only the order in which bodies go depends on it.
        let _ = file.set_modified(SystemTime::now());
        Some(Body {
            file,
            size,
            sha256: sha256.to_owned(),
        })
    }

    /// Keeps a file that is whole and has been checked.
    pub(super) fn keep(&self, body: &Body, file: TempPath) -> io::Result<()> {
        body.file.sync_all()?;
        file.persist(self.bodies.join(&body.sha256))
            .map_err(|error| error.error)?;
        self.make_room(body.size)
    }

    /// What is known of `key`.
    pub(super) fn entry(&self, key: &str) -> Option<Entry> {
        let text = fs::read(self.place(key)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Notes what is known of an address. One that a crash loses is asked again.
    pub(super) fn note(&self, mut entry: Entry) -> io::Result<()> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        entry.seen = now.unwrap_or_default().as_secs();
        let mut file = NamedTempFile::new_in(&self.entries)?;
        serde_json::to_writer(&mut file, &entry)?;
        file.persist(self.place(&entry.key))?;
        Ok(())
    }

    fn place(&self, key: &str) -> PathBuf {
        self.entries.join(hex::encode(Sha256::digest(key)))
    }

    /// Counts `more` bytes, and if these are too many, removes what was not used for longest.
    fn make_room(&self, more: u64) -> io::Result<()> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        *used += more;
        if more > 0 && *used <= self.limit {
            return Ok(());
        }
        let mut bodies = self.listing()?;
        *used = bodies.iter().map(|body| body.size).sum();
        if *used <= self.limit {
            return Ok(());
        }
        bodies.sort_by_key(|body| body.used);
        // Some more than is needed, so that not each new body lists the folder again.
        let wanted = self.limit / 10 * 9;
        for body in bodies {
            if *used <= wanted {
                break;
            }
            // Another process may have been first.
            if fs::remove_file(&body.path).is_ok() {
                *used -= body.size;
            }
        }
        self.forget()
    }

    fn listing(&self) -> io::Result<Vec<Kept>> {
        let entries = fs::read_dir(&self.bodies)?.flatten();
        let kept = entries.filter_map(|entry| {
            let found = entry.metadata().ok()?;
            Some(Kept {
                path: entry.path(),
                size: found.len(),
                used: found.modified().ok()?,
            })
        });
        Ok(kept.collect())
    }

    /// Removes what is known of addresses whose bodies are gone, and of those long not seen.
    fn forget(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.entries)?.flatten() {
            let known = || {
                let age = entry.metadata().ok()?.modified().ok()?.elapsed();
                let text = fs::read(entry.path()).ok()?;
                let known: Entry = serde_json::from_slice(&text).ok()?;
                let is_recent = age.is_ok_and(|age| age < FORGOTTEN);
                (is_recent && self.bodies.join(known.sha256).exists()).then_some(())
            };
            if known().is_none() {
                let _ = fs::remove_file(entry.path());
            }
        }
        Ok(())
    }
}

/// A body's file.
struct Kept {
    path: PathBuf,
    size: u64,
    used: SystemTime,
}

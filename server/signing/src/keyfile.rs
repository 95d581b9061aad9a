//! The files of a pair of keys: `PREFIX.sec`, for its owner alone, and `PREFIX.pub`.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::{InvalidSecretKey, SecretKey};

/// What of the permissions is for others than the owner.
const OTHERS: u32 = 0o077;
/// Longest file read as a key, bytes; a key has about 200.
const LONGEST: u64 = 64 * 1024;

/// Why a pair of keys cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// There is one already.
    #[error("{} exists already and is not overwritten; choose another name", .0.display())]
    Exists(PathBuf),
    /// Others than its owner can read the secret key.
    #[error(
        "the secret key {} can be used by others than its owner (its mode is {mode:04o}); \
         run: chmod 600 {}", path.display(), path.display()
    )]
    TooOpen {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// It has no usable key.
    #[error("{}: {reason}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: InvalidSecretKey,
    },
    /// The certificates beside it are not for it.
    #[error("the certificate {}: {reason}", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The comment would break the files' form of two lines.
    #[error("the comment must be one line of at most 1000 bytes")]
    Comment,
    /// The disk or the system's random numbers failed.
    #[error("{} cannot be used: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The file of a prefix with this ending: `keys/mine` and `sec` is `keys/mine.sec`.
pub(crate) fn beside(prefix: &Path, ending: &str) -> PathBuf {
    let mut name = prefix.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

/// Makes a new pair of keys, `PREFIX.sec` (mode 0600) and `PREFIX.pub`; neither may be there.
pub fn create(prefix: &Path, comment: Option<&str>) -> Result<SecretKey, KeyFileError> {
    if comment.is_some_and(|text| text.len() > 1000 || text.contains(char::is_control)) {
        return Err(KeyFileError::Comment);
    }
    let (secret, public) = (beside(prefix, "sec"), beside(prefix, "pub"));
    let random = |error: getrandom::Error| failed(&secret)(io::Error::other(error.to_string()));
    let key = SecretKey::generate().map_err(random)?;
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(random)?;
    let named = |half: &str| match comment {
        Some(comment) => comment.to_owned(),
        None => format!("{half} key {}", key.fingerprint()),
    };
    let text = key.secret_text(&named("private"), salt);
    // The public half is made first: a file that is there ends this before there is a secret.
    write_new(&public, 0o644, key.public_text(&named("public")).as_bytes())?;
    if let Err(error) = write_new(&secret, 0o600, text.as_bytes()) {
        let _ = std::fs::remove_file(&public);
        return Err(error);
    }
    Ok(key)
}

fn write_new(path: &Path, mode: u32, bytes: &[u8]) -> Result<(), KeyFileError> {
    let opened = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path);
    let mut file = opened.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => KeyFileError::Exists(path.to_owned()),
        _ => failed(path)(error),
    })?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    written.map_err(failed(path))
}

/// Reads `PREFIX.sec`, which nobody but its owner may be able to read.
pub fn read_secret(prefix: &Path) -> Result<SecretKey, KeyFileError> {
    let path = beside(prefix, "sec");
    let file = File::open(&path).map_err(failed(&path))?;
    let mode = file.metadata().map_err(failed(&path))?.mode() & 0o7777;
    if mode & OTHERS != 0 {
        return Err(KeyFileError::TooOpen { path, mode });
    }
    // Room for all of it at once: growing would leave copies behind.
    let mut text = Zeroizing::new(String::with_capacity(4096));
    let read = file.take(LONGEST).read_to_string(&mut text);
    read.map_err(failed(&path))?;
    text.parse()
        .map_err(|reason| KeyFileError::Invalid { path, reason })
}

pub(crate) fn failed(path: &Path) -> impl FnOnce(io::Error) -> KeyFileError {
    let path = path.to_owned();
    move |source| KeyFileError::Io { path, source }
}

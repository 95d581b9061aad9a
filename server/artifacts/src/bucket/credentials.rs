use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use object_store::aws::AmazonS3Builder;
use thiserror::Error;

/// What of the permissions is for others than the owner.
const OTHERS: u32 = 0o077;
/// Longest file read, bytes.
const LONGEST: u64 = 64 * 1024;

/// Who uses a bucket, from a file as Amazon's own tools write it (`~/.aws/credentials`).
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    key: String,
    secret: String,
    token: Option<String>,
}

/// Why a file says nothing of who uses the bucket.
#[derive(Debug, Error)]
pub enum CredentialsError {
    /// Others than its owner can read it.
    #[error(
        "the credentials {} can be used by others than their owner (their mode is {mode:04o}); \
         run: chmod 600 {}", path.display(), path.display()
    )]
    TooOpen {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// It cannot be read.
    #[error("the credentials {} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It lacks a key or its secret.
    #[error(
        "{} has no aws_access_key_id with an aws_secret_access_key below [{profile}]", path.display()
    )]
    Incomplete {
        /// The file.
        path: PathBuf,
        /// The section that was looked for.
        profile: String,
    },
}

impl Credentials {
    /// Reads the section `profile` of a file that only its owner can read.
    pub fn read(path: &Path, profile: &str) -> Result<Self, CredentialsError> {
        let unreadable = |source| CredentialsError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(unreadable)?;
        let mode = file.metadata().map_err(unreadable)?.permissions().mode() & 0o7777;
        if mode & OTHERS != 0 {
            return Err(CredentialsError::TooOpen {
                path: path.to_owned(),
                mode,
            });
        }
        let mut text = String::new();
        file.take(LONGEST)
            .read_to_string(&mut text)
            .map_err(unreadable)?;
        Self::parse(&text, profile).ok_or_else(|| CredentialsError::Incomplete {
            path: path.to_owned(),
            profile: profile.to_owned(),
        })
    }

    // Three keys of one section: no reader of such files is worth a dependency.
    fn parse(text: &str, profile: &str) -> Option<Self> {
        let header = format!("[{profile}]");
        let lines = text
            .lines()
            .map(str::trim)
            .skip_while(|line| *line != header);
        let section = lines.skip(1).take_while(|line| !line.starts_with('['));
        let pairs: Vec<_> = section.filter_map(|line| line.split_once('=')).collect();
        let value = |name: &str| {
            let pair = pairs.iter().find(|(key, _)| key.trim() == name)?;
            Some(pair.1.trim().to_owned()).filter(|value| !value.is_empty())
        };
        Some(Self {
            key: value("aws_access_key_id")?,
            secret: value("aws_secret_access_key")?,
            token: value("aws_session_token"),
        })
    }

    pub(super) fn give_to(&self, builder: AmazonS3Builder) -> AmazonS3Builder {
        let builder = builder
            .with_access_key_id(&self.key)
            .with_secret_access_key(&self.secret);
        match &self.token {
            Some(token) => builder.with_token(token),
            None => builder,
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

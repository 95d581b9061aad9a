use std::fmt;

use thiserror::Error;

/// A name that must not become part of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not the name of a stored file")]
pub struct UnsafeName;

/// The longest file name served; Linux allows 255 bytes.
const MAX_FILE_NAME: usize = 255;

/// How long a request's hash is, hex digits.
const HASH: usize = 64;

/// The folder of what one attempt at a build made: the request's hash, 64 lower-case hex digits, and
/// after a hyphen the number of the lease under which it was made.
///
/// Folders of older servers are the hash alone; they are served, and none is made any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderName(String);

impl FolderName {
    /// Checks a name from outside.
    pub fn new(name: &str) -> Result<Self, UnsafeName> {
        let (hash, lease) = name.split_once('-').unwrap_or((name, "0"));
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if hash.len() == HASH && hash.bytes().all(hex) && is_number(lease) {
            Ok(Self(name.to_owned()))
        } else {
            Err(UnsafeName)
        }
    }

    /// The folder for what is made under a lease of a request.
    pub fn of(request_hash: &str, lease: i64) -> Result<Self, UnsafeName> {
        Self::new(&format!("{request_hash}-{lease}"))
    }

    /// The request that it was made for.
    pub fn request_hash(&self) -> &str {
        self.0.split('-').next().unwrap_or_default()
    }

    /// The lease under which it was made; `None` of a folder of an older server.
    pub fn lease(&self) -> Option<i64> {
        self.0.split_once('-')?.1.parse().ok()
    }
}

/// Whether it is the one way to write a number that is not negative.
fn is_number(text: &str) -> bool {
    let number: Option<i64> = text.parse().ok();
    number.is_some_and(|number| number >= 0 && number.to_string() == text)
}

/// A file in it: letters, digits and `. _ + - ~`, not beginning with a dot.
///
/// It goes into a path and into a quoted header value; none of these characters is special in
/// either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileName(String);

impl FileName {
    /// Checks a name from outside.
    pub fn new(name: &str) -> Result<Self, UnsafeName> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"._+-~".contains(&b);
        let fits = !name.is_empty() && name.len() <= MAX_FILE_NAME && !name.starts_with('.');
        if fits && name.bytes().all(plain) {
            Ok(Self(name.to_owned()))
        } else {
            Err(UnsafeName)
        }
    }
}

macro_rules! shown_as_text {
    ($name:ident) => {
        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

shown_as_text!(FolderName);
shown_as_text!(FileName);

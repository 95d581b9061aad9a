use std::fmt;

use thiserror::Error;

/// A name that must not become part of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not the name of a stored file")]
pub struct UnsafeName;

/// The longest file name served; Linux allows 255 bytes.
const MAX_FILE_NAME: usize = 255;

/// The folder of one request's images: its hash, 64 lower-case hex digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderName(String);

impl FolderName {
    /// Checks a name from outside.
    pub fn new(name: &str) -> Result<Self, UnsafeName> {
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if name.len() == 64 && name.bytes().all(hex) {
            Ok(Self(name.to_owned()))
        } else {
            Err(UnsafeName)
        }
    }
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

//! apk's index `packages.adb`, and everything else in apk's file format: an ADB.
//!
//! A file is a container: perhaps compressed, then a schema and blocks: the data, its signatures
//! and, in a package, files. The data are values that point at each other. Verify before anything
//! is believed: [`Database::verify`], [`check_package`].
//!
//! Hand-written, because no crate reads the format.

mod container;
mod index;
mod json;
mod package;
mod schema;
mod trust;
mod values;

pub use container::Database;
pub use package::{PackageError, check_package};
pub use trust::{InvalidKey, KeyId, PublicKey, SignatureError, verify};

/// Largest file, unpacked, that is read: bytes.
pub const MAX_BYTES: u64 = 256 << 20;

/// Why a file is no database apk could read.
#[derive(Debug, thiserror::Error)]
pub enum AdbError {
    /// It does not begin like one.
    #[error(
        "this is no apk database: it begins neither with ADB., ADBd nor ADBc; is the address that \
         of a file packages.adb?"
    )]
    NoDatabase,
    /// It is compressed in a way we cannot undo.
    #[error("the database is compressed with method {0}, which is not known here")]
    Compression(u8),
    /// It cannot be unpacked.
    #[error("cannot unpack the database: {0}; load it again")]
    Unpack(#[from] std::io::Error),
    /// It unpacks to more than [`MAX_BYTES`].
    #[error("the database unpacks to more than {MAX_BYTES} bytes")]
    TooLarge,
    /// A block is not where or what it must be.
    #[error("the database is damaged at byte {at} of its unpacked form; load it again")]
    Block {
        /// Where the block begins, bytes.
        at: usize,
    },
    /// It was written for a newer apk.
    #[error("the database is of format {0}, which is newer than what is known here")]
    Version(u8),
    /// It is a database of something else.
    #[error("the database holds “{found}” and not “{wanted}”")]
    Schema {
        /// What it says it holds.
        found: String,
        /// What was asked for.
        wanted: &'static str,
    },
    /// A value points outside of the data.
    #[error("a value of the database points to byte {at}, where there is none; load it again")]
    Value {
        /// Where it points, bytes into the data.
        at: usize,
    },
    /// Values point at the same data more often than any honest writer lets them.
    #[error("the database unfolds to more values than its size can explain")]
    Unfolds,
    /// A package lacks what makes it one.
    #[error("package {position} of the index has no {field}")]
    Package {
        /// Counted from 1.
        position: usize,
        /// What is missing.
        field: &'static str,
    },
}

#[cfg(test)]
mod tests;

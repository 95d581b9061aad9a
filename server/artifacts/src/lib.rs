//! Image files on local disk: `ROOT/<request hash>/<file>`.
//!
//! A folder appears whole, by one rename, and its files never change after that. Names from
//! outside are checked before they touch a path. This crate does not know what the files are, how
//! long they are kept, or HTTP. Its calls block on the disk.

mod name;
mod store;

pub use name::{FileName, FolderName, UnsafeName};
pub use store::{ArtifactError, Artifacts, StoredFile};

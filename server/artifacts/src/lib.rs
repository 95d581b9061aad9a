//! Image files: on local disk, `ROOT/<folder>/<file>`, or in an S3 bucket under the same names.
//!
//! What is put never changes after that and is never replaced: each attempt at a build has a folder
//! of its own, see [`FolderName::of`]. Names from outside are checked before they touch a path. This
//! crate does not know what the files are, how long they are kept, or HTTP.

mod artifacts;
mod bucket;
mod disk;
mod error;
mod name;
mod plain;

pub use artifacts::{Artifacts, Found, StoredFile};
pub use bucket::{
    BucketSettings, BucketUrl, BucketUrlError, Credentials, CredentialsError, HandOut, Object,
};
pub use error::ArtifactError;
pub use name::{FileName, FolderName, UnsafeName};

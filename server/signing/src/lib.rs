//! What a server vouches for: keys as OpenWrt's `usign` keeps them, what is signed with them, whether
//! it is still that, and what is in an image.
//!
//! | module | what it is |
//! |---|---|
//! | `key`, `keyfile` | secret keys, and the files they lie in |
//! | `fwtool`, `ucert` | what an image carries at its end: metadata, certificates, a signature |
//! | `signer` | a server's key at work |
//! | `sbom` | what is in an image |
//! | `verify` | whether a file is what was signed |

mod fwtool;
mod key;
mod keyfile;
mod sbom;
mod signer;
mod ucert;
mod verify;

pub use asu_index::usign::{InvalidUsign, PublicKey, Signature};
pub use fwtool::{Damaged, Found, Kind, MAX_SIGNATURE, last};
pub use key::{InvalidSecretKey, SecretKey};
pub use keyfile::{KeyFileError, create, read_secret};
pub use sbom::{Contents, spdx};
pub use signer::{Seal, SignedFile, Signer, unsigned_sum};
pub use ucert::InvalidChain;
pub use verify::{Appended, Wrong, appended, detached};

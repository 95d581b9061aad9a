//! Keys as OpenWrt's `usign` keeps them, and what is signed with them.
//!
//! | module | what it is |
//! |---|---|
//! | `key`, `keyfile` | secret keys, and the files they lie in |

mod key;
mod keyfile;

pub use asu_index::usign::{InvalidUsign, PublicKey, Signature};
pub use key::{InvalidSecretKey, SecretKey};
pub use keyfile::{KeyFileError, create, read_secret};

//! Writes apk's package files and its index `packages.adb` as `apk mkpkg` and `apk mkndx` do, byte for
//! byte before compression, signs an index as `apk adbsign` does, and reads both.
//!
//! | module | what it is | source of the facts |
//! |---|---|---|
//! | [`index`] | packages, and the data they become | `app_mkndx.c`, `apk_adb.c` |
//! | [`package`] | a package file: description, files, scripts | `app_mkpkg.c`, `apk_adb.c` |
//! | [`read`] | the way back | the same |
//! | [`key`] | a key and its signatures | `adb.c`, `adb_trust_write_signatures` |
//! | `data` | numbers, texts, lists and how they point at each other | `adb.c`, `adb_w_*` |
//! | [`file`] | blocks, and deflate around them | `adb.c`, `adb_c_*`; `adb_comp.c` |
//!
//! Hand-written, because no crate writes the format. It knows nothing of the product's reader, so
//! that the two can be held against each other and against apk-tools 3.0.6.

mod data;
pub mod file;
pub mod index;
pub mod key;
pub mod package;
pub mod read;

pub use index::{Index, Invalid, Package};
pub use key::{Key, PublicKey};
pub use package::Contents;
pub use read::Database;

//! Holds no code: `tests/files.rs` builds the plugins as a router gets them and looks at the files.

#![no_std]

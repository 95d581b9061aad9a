//! A package manager that behaves like apk where an ImageBuilder and its callers can see it: messages,
//! exit codes, the files it leaves. It is not for a router.
//!
//! It chooses packages greedily and never takes a choice back, where apk searches: of several
//! providers it prefers those that the command line names.

pub mod cli;
mod config;
mod database;
mod index;
mod install;
mod package;
pub mod solve;
mod version;

pub use index::entry;

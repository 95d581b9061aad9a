//! A package manager that behaves like opkg where an ImageBuilder and its callers can see it:
//! messages, exit codes, the order of steps, the files it leaves. It is not for a router.

pub mod cli;
mod config;
mod fetch;
mod install;
mod list;
mod package;
pub mod resolve;
mod root;
mod unpack;
mod update;

use crate::format::stanza::Stanza;

/// The control file inside a package file.
pub fn control(ipk: &[u8]) -> std::io::Result<Stanza> {
    unpack::Contents::read(ipk).map(|contents| contents.control())
}

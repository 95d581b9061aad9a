//! The packages of a router, from the databases of apk and opkg, for a plugin to reply with.
//!
//! Names are without ABI suffix, as a request for another release needs them. It does not know
//! what could be installed, and changes nothing.

#![cfg_attr(not(test), no_std)]

mod entry;
mod filter;
mod list;
mod table;
mod world;

pub use crate::list::{answer, write};

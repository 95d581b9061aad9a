//! The C side of rpcd: loads plugins, calls them, and gives them the symbols of libubus.
//!
//! The only module with `unsafe`: the plugins' interface is C, with raw pointers and no other way
//! in. Everything here runs on the one rpcd thread, as in rpcd, so plugins never see two threads.
//! Nothing outside of this module sees a pointer.
#![allow(
    unsafe_code,
    reason = "the plugins' interface is C, and fnmatch is libc's"
)]

mod blob_buf;
mod calls;
mod exec;
mod host;
mod types;

use std::ffi::CString;

pub(crate) use self::exec::{Ended, Output, Program};
pub(crate) use self::host::{Connections, Host};

/// Whether a shell pattern fits all of a text, as rpcd asks libc: `*` also matches `/`.
pub(crate) fn fnmatch(pattern: &str, text: &str) -> bool {
    let (Ok(pattern), Ok(text)) = (CString::new(pattern), CString::new(text)) else {
        return false;
    };
    // SAFETY: both are C strings that outlive the call.
    unsafe { libc::fnmatch(pattern.as_ptr(), text.as_ptr(), libc::FNM_NOESCAPE) == 0 }
}

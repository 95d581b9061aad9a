//! The code under test: the modules of `packagelist`, which is a shared object and no library.

use std::ffi::CString;

use asu_rpcd_plugin::Message;

/// The reply to a call of `list`, if there is one.
pub(crate) fn list(paths: &[CString; 3], all: bool) -> Option<Vec<u8>> {
    let [apk, world, opkg] = paths;
    let databases = crate::list::Databases { apk, world, opkg };
    let mut reply = Message::new();
    crate::list::write(&databases, all, &mut reply).ok()?;
    reply.finish().ok().map(<[u8]>::to_vec)
}

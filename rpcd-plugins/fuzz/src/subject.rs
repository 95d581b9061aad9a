//! The code under test: the package databases as the plugins read them.

use std::path::Path;

use asu_rpcd_plugin::Message;
use asu_rpcd_plugin::host::with_root;

/// The reply to a call of `list` on a router whose files lie below `root`, if there is one.
pub(crate) fn list(root: &Path, all: bool) -> Option<Vec<u8>> {
    let mut reply = Message::new();
    with_root(root, || {
        asu_rpcd_packages::write(all, b"packagelist", &mut reply)
    })
    .ok()?;
    reply.finish().ok().map(<[u8]>::to_vec)
}

//! `/etc/apk/world`: what apk was asked to install.

use core::ffi::CStr;

use asu_rpcd_plugin::{Bytes, File, Lines, Status, Window};

use crate::entry::Entry;

/// The names in the file, each behind a byte with its length: comparing lengths first makes the
/// search for a name several times faster than searching the file's text.
#[derive(Debug)]
pub(crate) struct World {
    names: Bytes,
}

impl World {
    /// Reads the file. One of size 0, or without a final newline, is as good as any other.
    ///
    /// [`Status::NOT_FOUND`] if it is missing: then nobody knows what was asked for.
    pub(crate) fn read(path: &CStr, window: &mut Window) -> Result<Self, Status> {
        let file = File::open(path).ok_or(Status::NOT_FOUND)?;
        let mut lines = Lines::new(file, window);
        let mut names = Bytes::new();
        while let Some(line) = lines.next() {
            for entry in line.split(|byte| matches!(byte, b'\t'..=b' ')) {
                add(&mut names, entry);
            }
            // A name may lie behind the cut, and a list that lacks one is wrong.
            if lines.was_cut() {
                return Err(Status::UNKNOWN_ERROR);
            }
        }
        names.finish().map_err(|_| Status::NO_MEMORY)?;
        lines.outcome().map(|()| Self { names })
    }

    /// Whether a package was asked for; the world may name a library with its ABI suffix or without.
    pub(crate) fn wants(&self, package: &Entry) -> bool {
        let (full, plain) = (package.name(), package.plain_name().len());
        let mut rest = self.names.as_slice();
        while let Some((length, behind)) = rest.split_first() {
            let length = usize::from(*length);
            let Some((known, next)) = behind.split_at_checked(length) else {
                break;
            };
            // The plain name is the beginning of the full one.
            if (length == plain || length == full.len()) && full.starts_with(known) {
                return true;
            }
            rest = next;
        }
        false
    }
}

/// Adds the name in `name`, `name@tag`, `name>=1.2` and their like; not that in `!name`, which
/// excludes.
fn add(names: &mut Bytes, entry: &[u8]) {
    let name = entry
        .split(|byte| matches!(byte, b'!' | b'<'..=b'@' | b'~'))
        .next();
    let name = name.unwrap_or_default();
    // A longer name is that of no package.
    if let Ok(length @ 1..) = u8::try_from(name.len()) {
        names.push(&[length]);
        names.push(name);
    }
}

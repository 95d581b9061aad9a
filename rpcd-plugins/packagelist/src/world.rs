//! `/etc/apk/world`: what apk was asked to install.

use core::ffi::CStr;

use asu_rpcd_plugin::{Bytes, Lines, Status};

/// The most that is kept of it: some 20,000 names.
const LIMIT: usize = 256 * 1024;

/// The names in the file, each behind a byte with its length: comparing lengths first makes the
/// search for a name several times faster than searching the file's text.
#[derive(Debug)]
pub(crate) struct World {
    names: Bytes,
}

impl World {
    /// Reads the file. One of size 0, or without a final newline, is as good as any other.
    ///
    /// [`Status::NotFound`] if it is missing: then nobody knows what was asked for.
    pub(crate) fn read(path: &CStr) -> Result<Self, Status> {
        let mut lines = Lines::open(path).ok_or(Status::NotFound)?;
        let mut world = Self {
            names: Bytes::new(LIMIT),
        };
        while let Some(line) = lines.next() {
            for entry in line.split(u8::is_ascii_whitespace) {
                world.add(entry)?;
            }
            // A name may lie behind the cut, and a list that lacks one is wrong.
            if lines.was_cut() {
                return Err(Status::UnknownError);
            }
        }
        lines.outcome().map(|()| world)
    }

    /// Whether a package of that name was asked for.
    pub(crate) fn has(&self, name: &str) -> bool {
        let mut rest = self.names.as_slice();
        while let Some((length, behind)) = rest.split_first() {
            let Some((known, next)) = behind.split_at_checked(usize::from(*length)) else {
                return false;
            };
            if known == name.as_bytes() {
                return true;
            }
            rest = next;
        }
        false
    }

    fn add(&mut self, entry: &[u8]) -> Result<(), Status> {
        let name = name(entry);
        match u8::try_from(name.len()) {
            Ok(length) if length > 0 => {
                self.names.push(&[length]).map_err(|_| Status::NoMemory)?;
                self.names.push(name).map_err(|_| Status::NoMemory)
            }
            // Nothing, or longer than any package's name.
            _ => Ok(()),
        }
    }
}

/// The name in `name`, `name@tag`, `name>=1.2` and their like; nothing in `!name`, which excludes.
fn name(entry: &[u8]) -> &[u8] {
    if entry.first() == Some(&b'!') {
        return &[];
    }
    entry
        .split(|byte| b"@~<>=".contains(byte))
        .next()
        .unwrap_or_default()
}

//! Lists of short constant texts in one piece of memory.

use core::ffi::{CStr, c_char};

/// More than any text has.
const LONGEST: usize = 4096;

/// A list of texts, each with a final NUL, behind the last an empty one.
///
/// A table of pointers would cost a relocation of three words for each text; this costs none.
#[derive(Debug, Clone)]
pub struct Names(*const u8);

// SAFETY: points to a constant.
unsafe impl Sync for Names {}

impl Names {
    /// The list in `bytes`.
    ///
    /// # Panics
    /// When compiled, unless it ends with an empty text.
    pub const fn new(bytes: &'static [u8]) -> Self {
        assert!(
            matches!(bytes, [.., 0, 0] | [0]),
            "a list ends with an empty text"
        );
        Self(bytes.as_ptr())
    }

    /// The text in front, for C; empty at the end.
    pub(crate) fn first(&self) -> *const c_char {
        self.0.cast()
    }

    /// The first byte of the text in front; 0 at the end.
    pub(crate) fn tag(&self) -> u8 {
        // SAFETY: a list is never stepped behind the NUL of its empty text.
        unsafe { self.0.read() }
    }

    /// The list behind the byte in front, which is not the end.
    pub(crate) fn behind_tag(&self) -> Self {
        // SAFETY: `tag` was not 0, so its text goes on or ends behind it.
        Self(unsafe { self.0.add(1) })
    }
}

impl Iterator for Names {
    type Item = &'static CStr;

    fn next(&mut self) -> Option<&'static CStr> {
        let mut length = 0;
        // SAFETY: `new` saw that an empty text follows; no byte behind the NUL is read. The bound is
        // for the compiler, which would ask libc's `strlen` otherwise: that costs 63 bytes.
        while length < LONGEST && unsafe { self.0.add(length).read() } != 0 {
            length += 1;
        }
        if length == 0 {
            return None;
        }
        // SAFETY: these bytes were just read; none but the last is NUL.
        let text = unsafe { core::slice::from_raw_parts(self.0, length + 1) };
        // SAFETY: the next text lies directly behind.
        self.0 = unsafe { self.0.add(length + 1) };
        // SAFETY: as above.
        Some(unsafe { CStr::from_bytes_with_nul_unchecked(text) })
    }
}

//! Growable memory with a limit, from libc: `alloc` would end the process when memory runs out.

use core::ptr::{self, NonNull};

use crate::abi;

/// The most that is held. ubusd drops a client that sends 1 MiB, and rpcd ends with it, so the
/// envelope that libubus puts around a reply must fit as well.
pub const LIMIT: usize = 1024 * 1024 - 4096;

/// Memory ran out, or the limit is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// Bytes that grow up to [`LIMIT`] and are freed at the end of their scope.
///
/// What did not fit is remembered, so that appending stays one step; after it nothing is appended.
#[derive(Debug)]
pub struct Bytes {
    data: NonNull<u8>,
    len: usize,
    capacity: usize,
    full: bool,
}

impl Bytes {
    /// Nothing yet.
    pub const fn new() -> Self {
        Self {
            data: NonNull::dangling(),
            len: 0,
            capacity: 0,
            full: false,
        }
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bytes, if all that was to be appended is there.
    pub fn finish(&self) -> Result<&[u8], Full> {
        if self.full {
            Err(Full)
        } else {
            Ok(self.as_slice())
        }
    }

    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        // SAFETY: the first `len` bytes at `data` were written, and any pointer will do for none.
        unsafe { core::slice::from_raw_parts(self.data.as_ptr(), self.len) }
    }

    /// The bytes, to change.
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY: as in `as_slice`, and `self` is borrowed exclusively.
        unsafe { core::slice::from_raw_parts_mut(self.data.as_ptr(), self.len) }
    }

    /// Appends `more`, or nothing.
    pub fn push(&mut self, more: &[u8]) {
        if let Some(room) = self.extend(more.len()) {
            // SAFETY: `extend` made room; `more` is a borrow and cannot lie in memory just moved.
            unsafe { ptr::copy_nonoverlapping(more.as_ptr(), room, more.len()) };
        }
    }

    /// Appends `count` bytes that the caller writes at once, to where the pointer shows.
    pub(crate) fn extend(&mut self, count: usize) -> Option<*mut u8> {
        let start = self.len;
        // Neither side comes near the end of the address space.
        let end = start.wrapping_add(count);
        if end > self.capacity {
            self.grow(end);
        }
        if self.full {
            return None;
        }
        self.len = end;
        // SAFETY: start <= end <= capacity.
        Some(unsafe { self.data.as_ptr().add(start) })
    }

    /// Removes the bytes from `start` to `end`; a range that is not there is left alone.
    pub fn remove(&mut self, start: usize, end: usize) {
        if start <= end && end <= self.len {
            let data = self.data.as_ptr();
            // SAFETY: start <= end <= len, all inside the allocation; `copy` allows overlap.
            unsafe { ptr::copy(data.add(end), data.add(start), self.len - end) };
            self.len -= end - start;
        }
    }

    fn grow(&mut self, wanted: usize) {
        let old = if self.capacity == 0 {
            ptr::null_mut()
        } else {
            self.data.as_ptr()
        };
        // Doubling keeps copies few; no more than the limit, or nobody would look at it again.
        let capacity = wanted.wrapping_mul(2).min(LIMIT);
        if wanted <= LIMIT && !self.full {
            // SAFETY: `old` is null or came from realloc; not used again when realloc succeeds.
            let data = unsafe { abi::realloc(old.cast(), capacity) };
            if let Some(data) = NonNull::new(data.cast()) {
                self.data = data;
                self.capacity = capacity;
                return;
            }
        }
        self.full = true;
    }
}

impl Default for Bytes {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        if self.capacity != 0 {
            // SAFETY: `data` came from realloc and is not used again.
            unsafe { abi::free(self.data.as_ptr().cast()) };
        }
    }
}

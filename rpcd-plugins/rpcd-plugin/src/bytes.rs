//! Growable memory with a limit, from libc: `alloc` would end the process when memory runs out.

use core::ptr;

use crate::abi;

/// The memory asked for could not be had, or passes the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// Bytes that grow up to a limit and are freed at the end of their scope.
#[derive(Debug)]
pub struct Bytes {
    data: *mut u8,
    len: usize,
    capacity: usize,
    limit: usize,
}

impl Bytes {
    /// Nothing yet, and never more than `limit` bytes.
    pub const fn new(limit: usize) -> Self {
        Self {
            data: ptr::null_mut(),
            len: 0,
            capacity: 0,
            limit,
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

    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        if self.data.is_null() {
            return &[];
        }
        // SAFETY: `data` is not null, so it came from `grow`; the first `len` bytes were written.
        unsafe { core::slice::from_raw_parts(self.data, self.len) }
    }

    /// The bytes, to change.
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        if self.data.is_null() {
            return &mut [];
        }
        // SAFETY: as in `as_slice`, and `self` is borrowed exclusively.
        unsafe { core::slice::from_raw_parts_mut(self.data, self.len) }
    }

    /// Appends `more`; on error nothing was appended.
    pub fn push(&mut self, more: &[u8]) -> Result<(), Full> {
        let end = self.reserve(more.len())?;
        // SAFETY: `reserve` made room for `more.len()` bytes after `len`; `more` is a borrow and
        // cannot lie in memory that `reserve` has just moved.
        unsafe { ptr::copy_nonoverlapping(more.as_ptr(), self.data.add(self.len), more.len()) };
        self.len = end;
        Ok(())
    }

    /// Appends `count` zero bytes; on error nothing was appended.
    pub fn push_zeroes(&mut self, count: usize) -> Result<(), Full> {
        let end = self.reserve(count)?;
        // SAFETY: `reserve` made room for `count` bytes after `len`.
        unsafe { ptr::write_bytes(self.data.add(self.len), 0, count) };
        self.len = end;
        Ok(())
    }

    /// Removes `count` bytes at `start`; a range that is not there is left alone.
    pub fn remove(&mut self, start: usize, count: usize) {
        let Some(end) = start.checked_add(count).filter(|end| *end <= self.len) else {
            return;
        };
        if count == 0 {
            return;
        }
        // SAFETY: start <= end <= len, all inside the allocation; `copy` allows overlap.
        unsafe { ptr::copy(self.data.add(end), self.data.add(start), self.len - end) };
        self.len -= count;
    }

    /// Makes room for `more` bytes; returns the length they would give.
    fn reserve(&mut self, more: usize) -> Result<usize, Full> {
        let end = self
            .len
            .checked_add(more)
            .filter(|end| *end <= self.limit)
            .ok_or(Full)?;
        if end > self.capacity || self.data.is_null() {
            self.grow(end)?;
        }
        Ok(end)
    }

    fn grow(&mut self, wanted: usize) -> Result<(), Full> {
        // Doubling keeps copies few; the limit keeps the last step small. Never 0: realloc may free.
        let capacity = wanted
            .max(self.capacity.saturating_mul(2))
            .min(self.limit)
            .max(64);
        // SAFETY: `data` is null or came from realloc, and is not used again when realloc succeeds.
        let data = unsafe { abi::realloc(self.data.cast(), capacity) };
        if data.is_null() {
            return Err(Full);
        }
        self.data = data.cast();
        self.capacity = capacity;
        Ok(())
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        // SAFETY: `data` is null, which free ignores, or came from realloc and is not used again.
        unsafe { abi::free(self.data.cast()) };
    }
}

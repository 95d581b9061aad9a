//! Files: read line by line through one page, told apart, removed. Never a whole file in memory.

use core::ffi::{CStr, c_int, c_long};

use crate::abi;
use crate::status::Status;

/// Bytes of the window a file is read through.
const WINDOW: usize = 4096;

/// A file open for reading; closed at the end of its scope.
#[derive(Debug)]
struct File(c_int);

impl File {
    fn open(path: &CStr) -> Option<Self> {
        // SAFETY: `path` ends with NUL and outlives the call.
        let file = unsafe { abi::open(path.as_ptr(), abi::OPEN_READ) };
        (file >= 0).then_some(Self(file))
    }

    /// How many bytes were read into `room`; 0 at the end.
    fn read(&self, room: &mut [u8]) -> Result<usize, Status> {
        // SAFETY: `room` is writable for its length; the descriptor is open while `self` lives.
        let count = unsafe { abi::read(self.0, room.as_mut_ptr().cast(), room.len()) };
        usize::try_from(count).map_err(|_| Status::UnknownError)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // SAFETY: the descriptor is ours and is not used again.
        unsafe { abi::close(self.0) };
    }
}

/// The lines of a file, without their line ends.
#[derive(Debug)]
pub struct Lines {
    file: File,
    window: [u8; WINDOW],
    start: usize,
    end: usize,
    skipping: bool,
    outcome: Result<(), Status>,
}

impl Lines {
    /// Opens `path`; none if it cannot be opened.
    pub fn open(path: &CStr) -> Option<Self> {
        let file = File::open(path)?;
        Some(Self {
            file,
            window: [0; WINDOW],
            start: 0,
            end: 0,
            skipping: false,
            outcome: Ok(()),
        })
    }

    /// The next line. Of a line longer than a page only the beginning, as [`Lines::was_cut`] tells.
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator cannot lend from itself"
    )]
    pub fn next(&mut self) -> Option<&[u8]> {
        let (start, end) = self.advance()?;
        self.window.get(start..end)
    }

    /// Whether the line that [`Lines::next`] just gave is only a beginning.
    pub fn was_cut(&self) -> bool {
        self.skipping
    }

    /// Whether all was read: to be asked after the last line.
    pub fn outcome(&self) -> Result<(), Status> {
        self.outcome
    }

    /// The place of the next line in the window.
    fn advance(&mut self) -> Option<(usize, usize)> {
        loop {
            let unread = self.window.get(self.start..self.end).unwrap_or_default();
            if let Some(length) = find(unread, b'\n') {
                let line = (self.start, self.start + length);
                self.start += length + 1;
                if !core::mem::take(&mut self.skipping) {
                    return Some(line);
                }
            } else if self.skipping {
                self.start = self.end;
                if !self.fill() {
                    self.skipping = false;
                    return None;
                }
            } else if unread.len() == WINDOW {
                self.start = self.end;
                self.skipping = true;
                return Some((0, WINDOW));
            } else if !self.fill() {
                let line = (self.start, self.end);
                self.start = self.end;
                return (line.0 < line.1).then_some(line);
            }
        }
    }

    /// Moves what is unread to the front and reads behind it; false at the end of the file.
    fn fill(&mut self) -> bool {
        let mut kept = 0;
        while self.start + kept < self.end {
            let Some(byte) = self.window.get(self.start + kept).copied() else {
                break;
            };
            let Some(slot) = self.window.get_mut(kept) else {
                break;
            };
            *slot = byte;
            kept += 1;
        }
        (self.start, self.end) = (0, kept);
        match self
            .file
            .read(self.window.get_mut(kept..).unwrap_or_default())
        {
            Ok(count) => {
                self.end += count;
                count > 0
            }
            Err(status) => {
                self.outcome = Err(status);
                false
            }
        }
    }
}

/// Where `byte` first is in `bytes`.
fn find(bytes: &[u8], byte: u8) -> Option<usize> {
    // SAFETY: `bytes` is readable for its length.
    let found = unsafe { abi::memchr(bytes.as_ptr().cast(), c_int::from(byte), bytes.len()) };
    (!found.is_null()).then(|| found.addr() - bytes.as_ptr().addr())
}

/// What tells one version of a file from another: a new upload or a change gives another identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    inode: u64,
    size: u64,
    seconds: i64,
    nanoseconds: u32,
}

impl Identity {
    /// The identity of the file at `path`; none if there is no such file.
    pub fn of(path: &CStr) -> Option<Self> {
        // SAFETY: all-zero bytes are a valid `Statx`, which holds only integers.
        let mut stat: abi::Statx = unsafe { core::mem::zeroed() };
        // SAFETY: `path` ends with NUL; `stat` is a whole, writable `struct statx`; every argument
        // is as wide as a register.
        let code = unsafe {
            abi::syscall(
                abi::SYS_STATX,
                abi::CURRENT_FOLDER,
                path.as_ptr(),
                0 as c_long,
                abi::STATX_WANTED,
                &raw mut stat,
            )
        };
        (code == 0).then_some(Self {
            inode: stat.inode,
            size: stat.size,
            seconds: stat.mtime_seconds,
            nanoseconds: stat.mtime_nanoseconds,
        })
    }
}

/// Whether there is a file or folder at `path`.
pub fn exists(path: &CStr) -> bool {
    // SAFETY: `path` ends with NUL and outlives the call.
    unsafe { abi::access(path.as_ptr(), abi::EXISTS) == 0 }
}

/// Removes the file at `path`; that there is none is no error.
pub fn remove(path: &CStr) -> Result<(), Status> {
    // SAFETY: `path` ends with NUL and outlives the call.
    let removed = unsafe { abi::unlink(path.as_ptr()) } == 0;
    if removed || !exists(path) {
        Ok(())
    } else {
        Err(Status::UnknownError)
    }
}

/// Bytes an ordinary program may still write to the filesystem of `path`; none if there is none.
pub fn free_space(path: &CStr) -> Option<u64> {
    // SAFETY: all-zero bytes are a valid `Statvfs`, which holds only integers.
    let mut stat: abi::Statvfs = unsafe { core::mem::zeroed() };
    // SAFETY: `path` ends with NUL; `stat` is at least as large as any libc's `struct statvfs`.
    let code = unsafe { abi::statvfs(path.as_ptr(), &raw mut stat) };
    (code == 0).then(|| stat.available.saturating_mul(widen(stat.fragment_size)))
}

/// `c_ulong` has 32 or 64 bits.
fn widen(number: core::ffi::c_ulong) -> u64 {
    #[allow(clippy::useless_conversion, reason = "the same type on 64 bit only")]
    u64::from(number)
}

#[cfg(test)]
mod tests;

//! Files: read line by line through one page, told apart, removed. Never a whole file in memory.

use core::ffi::{CStr, c_int, c_long};
use core::mem::MaybeUninit;

use crate::abi;
use crate::status::Status;

#[cfg(any(test, feature = "host"))]
use crate::host::place;

/// Where the file at `path` is: tests put them below a folder.
#[cfg(not(any(test, feature = "host")))]
const fn place(path: &CStr) -> &CStr {
    path
}

/// Bytes of the window a file is read through.
const WINDOW: usize = 4096;

/// A file open for reading; closed at the end of its scope.
#[derive(Debug)]
pub struct File(c_int);

/// Reads what fits into `room`; how much that was, 0 at the end, less where it cannot be read.
///
/// # Safety
/// `room` is writable for `length` bytes.
unsafe fn read(file: &File, room: *mut u8, length: usize) -> c_long {
    // SAFETY: by the contract above; every argument is as wide as a register.
    unsafe { abi::syscall(abi::SYS_READ, c_long::from(file.0), room, length) }
}

impl File {
    /// Opens `path`; none if it cannot be opened.
    pub fn open(path: &CStr) -> Option<Self> {
        let path = place(path);
        // SAFETY: `path` ends with NUL and outlives the call.
        let file = unsafe { abi::open(path.as_ptr(), abi::OPEN_READ) };
        (file >= 0).then_some(Self(file))
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // SAFETY: the descriptor is ours and is not used again.
        unsafe { abi::syscall(abi::SYS_CLOSE, c_long::from(self.0)) };
    }
}

/// Memory to read files through, one after another.
#[derive(Debug)]
pub struct Window([MaybeUninit<u8>; WINDOW]);

impl Window {
    /// Memory with nothing in it.
    pub const fn new() -> Self {
        Self([MaybeUninit::uninit(); WINDOW])
    }
}

impl Default for Window {
    fn default() -> Self {
        Self::new()
    }
}

/// The lines of a file, without their line ends.
#[derive(Debug)]
pub struct Lines<'a> {
    file: File,
    state: State,
    window: &'a mut Window,
    start: usize,
    end: usize,
}

/// Where reading has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the beginning of a line.
    Line,
    /// Behind the page of a longer line that was given.
    Cut,
    /// At the end of the file.
    End,
    /// Where it cannot be read.
    Failed,
}

impl<'a> Lines<'a> {
    /// The lines of a file just opened.
    pub fn new(file: File, window: &'a mut Window) -> Self {
        Self {
            file,
            start: 0,
            end: 0,
            state: State::Line,
            window,
        }
    }

    /// The next line. Of a line longer than a page only the beginning, as [`Lines::was_cut`] tells.
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator cannot lend from itself"
    )]
    pub fn next(&mut self) -> Option<&[u8]> {
        loop {
            let unread = self.unread();
            let (start, room) = (self.start, unread.len());
            let length = unread.iter().take_while(|byte| **byte != b'\n').count();
            let state = self.state;
            if length < room {
                self.start = start + length + 1;
                self.state = State::Line;
                if state == State::Cut {
                    continue;
                }
            } else if state == State::Line && length < WINDOW {
                self.fill();
                continue;
            } else {
                self.start = self.end;
                if state == State::Cut {
                    self.fill();
                    continue;
                }
                if state == State::Line {
                    self.state = State::Cut;
                } else if length == 0 {
                    return None;
                }
            }
            // SAFETY: `unread` was these bytes, and nothing has moved since.
            return Some(unsafe { self.bytes(start, length) });
        }
    }

    /// Leaves out lines up to a blank one or near the end of the window, several times faster than
    /// one by one. The next line is one of those behind, and a whole one.
    pub fn skim(&mut self) {
        // Behind the end of the line just given may be a blank one.
        self.start = self.start.saturating_sub(1);
        let mut rest = self.unread();
        while let Some(word) = rest.first_chunk() {
            if has_blank_line(*word) {
                break;
            }
            // The last byte may be the end of the line before a blank one.
            rest = rest.get(size_of::<usize>() - 1..).unwrap_or_default();
        }
        self.start = self.end - rest.len();
        self.state = State::Cut;
    }

    /// Whether the line that [`Lines::next`] just gave is only a beginning.
    pub fn was_cut(&self) -> bool {
        self.state == State::Cut
    }

    /// Whether all was read: to be asked after the last line.
    pub fn outcome(&self) -> Result<(), Status> {
        if self.state == State::Failed {
            Err(Status::UNKNOWN_ERROR)
        } else {
            Ok(())
        }
    }

    fn unread(&self) -> &[u8] {
        // SAFETY: start <= end <= WINDOW, and what is before `end` was read.
        unsafe { self.bytes(self.start, self.end - self.start) }
    }

    /// # Safety
    /// The bytes lie in the window and were read.
    unsafe fn bytes(&self, start: usize, length: usize) -> &[u8] {
        // SAFETY: by the contract above.
        unsafe {
            core::slice::from_raw_parts(self.window.0.as_ptr().cast::<u8>().add(start), length)
        }
    }

    /// Moves what is unread to the front and reads behind it.
    fn fill(&mut self) {
        let kept = self.end - self.start;
        let window = self.window.0.as_mut_ptr().cast::<u8>();
        // SAFETY: start + kept = end <= WINDOW; `copy` allows overlap.
        unsafe { core::ptr::copy(window.add(self.start), window, kept) };
        // SAFETY: kept <= WINDOW, and the rest of the window is writable.
        let count = unsafe { read(&self.file, window.add(kept), WINDOW - kept) };
        (self.start, self.end) = (0, kept);
        match usize::try_from(count) {
            Ok(0) => self.state = State::End,
            Ok(count) => self.end = kept + count,
            Err(_) => self.state = State::Failed,
        }
    }
}

/// The lines of a small file, taken byte by byte: a fourth of the code of [`Lines`], for files in
/// which its speed would not show.
#[derive(Debug)]
pub struct ShortLines {
    file: File,
    page: [MaybeUninit<u8>; SHORT],
    at: usize,
    end: usize,
}

/// Most bytes that [`ShortLines`] reads at once, and most of a line that it gives.
const SHORT: usize = 1024;

impl ShortLines {
    /// The lines of a file just opened.
    pub fn new(file: File) -> Self {
        Self {
            file,
            page: [const { MaybeUninit::uninit() }; SHORT],
            at: 0,
            end: 0,
        }
    }

    /// The beginning of the next line, without its line end, in `line`; none behind the last.
    pub fn next<'a>(&mut self, line: &'a mut [u8; SHORT]) -> Option<&'a [u8]> {
        let mut length = 0;
        loop {
            let byte = self.byte();
            match byte {
                Some(byte) if byte != b'\n' => {
                    if let Some(slot) = line.get_mut(length) {
                        *slot = byte;
                        length += 1;
                    }
                }
                None if length == 0 => return None,
                _ => return line.get(..length),
            }
        }
    }

    fn byte(&mut self) -> Option<u8> {
        if self.at == self.end {
            // SAFETY: the page is writable for its length.
            let count = unsafe { read(&self.file, self.page.as_mut_ptr().cast(), SHORT) };
            self.at = 0;
            self.end = usize::try_from(count).unwrap_or_default();
        }
        let byte = self.page.get(self.at).filter(|_| self.at < self.end)?;
        self.at += 1;
        // SAFETY: it lies before `end`, up to which the page was read.
        Some(unsafe { byte.assume_init() })
    }
}

/// Whether two line ends follow each other in `word`. At times true although they do not: among
/// control characters and bytes that are not ASCII.
const fn has_blank_line(word: [u8; size_of::<usize>()]) -> bool {
    const ONES: usize = usize::MAX / 255;
    // What is no more than a line end lends one from above, which sets its own upper bit.
    let ends = usize::from_ne_bytes(word).wrapping_sub(ONES * (b'\n' + 1) as usize);
    ends & (ends << 8) & (ONES << 7) != 0
}

/// What tells one version of a file from another: a new upload or a change gives another identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    inode: u64,
    size: u64,
    /// Seconds, of which the upper half does not change for 136 years, and nanoseconds.
    changed: u64,
}

impl Identity {
    /// The identity of no file.
    pub const NONE: Self = Self {
        inode: 0,
        size: 0,
        changed: 0,
    };

    /// The identity of the file at `path`; none if there is no such file.
    pub fn of(path: &CStr) -> Option<Self> {
        let mut room = Room::uninit();
        let stat = stat(path, &mut room)?;
        Some(Self {
            inode: stat.inode,
            size: stat.size,
            changed: stat.mtime_seconds << 32 | u64::from(stat.mtime_nanoseconds),
        })
    }
}

/// Room for what the kernel tells of a file.
type Room = MaybeUninit<abi::Statx>;

/// Fills `room` with what the kernel knows of the file at `path`; none if there is no such file.
///
/// Never inlined, and no value of its own: it is large, and asked for in many places.
#[inline(never)]
fn stat<'a>(path: &CStr, room: &'a mut Room) -> Option<&'a abi::Statx> {
    let path = place(path);
    let (folder, wanted) = (abi::CURRENT_FOLDER, abi::STATX_WANTED);
    let (path, no_flags, out): (_, c_long, _) = (path.as_ptr(), 0, room.as_mut_ptr());
    // SAFETY: `path` ends with NUL; `out` is room for a whole `struct statx`; every argument is as
    // wide as a register.
    let code = unsafe { abi::syscall(abi::SYS_STATX, folder, path, no_flags, wanted, out) };
    // SAFETY: the kernel fills all of it where it succeeds.
    (code == 0).then(|| unsafe { room.assume_init_ref() })
}

/// Whether there is a file or folder at `path`.
#[inline(never)]
pub fn exists(path: &CStr) -> bool {
    stat(path, &mut Room::uninit()).is_some()
}

/// Whether there is something at `path` that rpcd, which is root, may run.
pub(crate) fn can_run(path: &CStr) -> bool {
    stat(path, &mut Room::uninit()).is_some_and(|stat| stat.mode & 0o111 != 0)
}

/// Major and minor number of the device that holds `path`.
pub fn device(path: &CStr) -> Option<(u32, u32)> {
    stat(path, &mut Room::uninit()).map(|stat| (stat.device_major, stat.device_minor))
}

/// Removes the file at `path`; that there is none is no error.
pub fn remove(path: &CStr) -> Result<(), Status> {
    let place = place(path);
    let (folder, no_flags): (_, c_long) = (abi::CURRENT_FOLDER, 0);
    // SAFETY: `place` ends with NUL and outlives the call; every argument is as wide as a register.
    let code = unsafe { abi::syscall(abi::SYS_UNLINKAT, folder, place.as_ptr(), no_flags) };
    if code == 0 || !exists(path) {
        Ok(())
    } else {
        Err(Status::UNKNOWN_ERROR)
    }
}

/// Bytes an ordinary program may still write to the filesystem of `path`; none if there is none.
pub fn free_space(path: &CStr) -> Option<u64> {
    let path = place(path);
    let mut stat = MaybeUninit::<abi::Statvfs>::uninit();
    // SAFETY: `path` ends with NUL; `stat` is at least as large as any libc's `struct statvfs`.
    let code = unsafe { abi::statvfs(path.as_ptr(), stat.as_mut_ptr()) };
    if code != 0 {
        return None;
    }
    // SAFETY: all up to `available` is filled where it succeeds, and no more is looked at.
    let (available, unit) = unsafe {
        let stat = stat.as_ptr();
        ((*stat).available, (*stat).fragment_size)
    };
    Some(available.saturating_mul(widen(unit)))
}

/// `c_ulong` has 32 or 64 bits.
fn widen(number: core::ffi::c_ulong) -> u64 {
    #[allow(clippy::useless_conversion, reason = "the same type on 64 bit only")]
    u64::from(number)
}

#[cfg(test)]
mod tests;

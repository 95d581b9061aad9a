//! The plugin's files: looked for below a folder, because its paths are those of a router.
//!
//! A program's own functions come before those of the C library, for what it loads as well.

use core::ffi::{CStr, c_char, c_int, c_ulong};
use core::sync::atomic::{AtomicPtr, Ordering};

use crate::c::{CURRENT_FOLDER, faccessat, openat, snprintf};

static ROOT: AtomicPtr<c_char> = AtomicPtr::new(core::ptr::null_mut());

/// Looks for files below `root` from now on, a C string that is never freed.
pub(crate) fn set_root(root: *const c_char) {
    ROOT.store(root.cast_mut(), Ordering::Relaxed);
}

/// `path` below the root, with its NUL.
///
/// # Safety
/// `path` must be a C string.
unsafe fn below_root(path: *const c_char) -> [c_char; 4096] {
    let mut joined = [0; 4096];
    let root = ROOT.load(Ordering::Relaxed);
    let root = if root.is_null() {
        c"".as_ptr()
    } else {
        root.cast_const()
    };
    // SAFETY: `snprintf` writes no more than it is told there is room, and ends it with NUL.
    unsafe {
        let format: &CStr = c"%s%s";
        snprintf(
            joined.as_mut_ptr(),
            joined.len(),
            format.as_ptr(),
            root,
            path,
        )
    };
    joined
}

/// libc's, which has a third argument only where a file is made; plugins make none.
#[unsafe(no_mangle)]
unsafe extern "C" fn open(path: *const c_char, flags: c_int) -> c_int {
    // SAFETY: the plugin passes a C string.
    unsafe { openat(CURRENT_FOLDER, below_root(path).as_ptr(), flags) }
}

/// libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn access(path: *const c_char, mode: c_int) -> c_int {
    // SAFETY: the plugin passes a C string.
    unsafe { faccessat(CURRENT_FOLDER, below_root(path).as_ptr(), mode, 0) }
}

/// `struct statvfs` of musl up to `f_bavail`, on every processor.
#[repr(C)]
struct Statvfs {
    block_size: c_ulong,
    fragment_size: c_ulong,
    blocks: u64,
    free: u64,
    available: u64,
}

/// musl's: the same filesystem everywhere. Of the C library's own, that of 32 bit counts otherwise.
#[unsafe(no_mangle)]
unsafe extern "C" fn statvfs(_: *const c_char, out: *mut Statvfs) -> c_int {
    let filesystem = Statvfs {
        block_size: 4096,
        fragment_size: 4096,
        blocks: 15_319,
        free: 15_000,
        available: 14_999,
    };
    // SAFETY: the plugin passes memory for the whole structure.
    unsafe { out.write(filesystem) };
    0
}

//! The C library, and the structures of rpcd and libubus as a plugin lays them out.
//!
//! They are written down here once more on purpose: a mistake in the plugins' own tables would
//! otherwise agree with itself.

use core::ffi::{c_char, c_int, c_ulong, c_void};

/// `RTLD_LAZY`, without `RTLD_GLOBAL`.
pub(crate) const RTLD_LAZY: c_int = 1;
/// `AT_FDCWD`.
pub(crate) const CURRENT_FOLDER: c_int = -100;

unsafe extern "C" {
    pub(crate) fn dlopen(path: *const c_char, flags: c_int) -> *mut c_void;
    pub(crate) fn dlsym(library: *mut c_void, name: *const c_char) -> *mut c_void;
    pub(crate) fn dlerror() -> *const c_char;
    pub(crate) fn exit(status: c_int) -> !;
    pub(crate) fn faccessat(folder: c_int, path: *const c_char, mode: c_int, flags: c_int)
    -> c_int;
    pub(crate) fn openat(folder: c_int, path: *const c_char, flags: c_int, ...) -> c_int;
    pub(crate) fn perror(what: *const c_char);
    pub(crate) fn printf(format: *const c_char, ...) -> c_int;
    pub(crate) fn putchar(byte: c_int) -> c_int;
    pub(crate) fn puts(text: *const c_char) -> c_int;
    pub(crate) fn snprintf(room: *mut c_char, size: usize, format: *const c_char, ...) -> c_int;
}

/// `ubus_handler_t`.
pub(crate) type Handler = unsafe extern "C" fn(
    *mut c_void,
    *mut Object,
    *mut c_void,
    *const c_char,
    *const c_void,
) -> c_int;

/// `struct ubus_method`.
#[repr(C)]
pub(crate) struct Method {
    pub(crate) name: *const c_char,
    pub(crate) handler: Handler,
    mask: c_ulong,
    tags: c_ulong,
    policy: *const c_void,
    n_policy: c_int,
}

/// `struct ubus_object`.
#[repr(C)]
pub(crate) struct Object {
    /// `struct avl_node` is seven pointers wide.
    avl: [*mut c_void; 7],
    pub(crate) name: *const c_char,
    id: u32,
    path: *const c_char,
    kind: *mut c_void,
    subscribe_cb: *const c_void,
    has_subscribers: bool,
    pub(crate) methods: *const Method,
    pub(crate) n_methods: c_int,
}

/// `struct rpc_plugin`.
#[repr(C)]
pub(crate) struct Plugin {
    pub(crate) next: *mut c_void,
    pub(crate) previous: *mut c_void,
    pub(crate) init: unsafe extern "C" fn(*const Ops, *mut c_void) -> c_int,
}

/// `struct rpc_daemon_ops`.
#[repr(C)]
pub(crate) struct Ops {
    pub(crate) session: [*const c_void; 3],
    pub(crate) exec: unsafe extern "C" fn() -> c_int,
    pub(crate) exec_timeout: *mut c_int,
}

/// `struct blob_buf`.
#[repr(C)]
pub(crate) struct Blob {
    pub(crate) head: *mut u8,
    grow: *const c_void,
    pub(crate) length: c_int,
    buf: *mut c_void,
}

//! The C structures and functions of rpcd, libubus, libubox and libc that a plugin touches.
//!
//! Field order and types are those of `rpcd/plugin.h`, `rpcd/exec.h`, `libubus.h`, `libubox/avl.h`
//! and `libubox/blobmsg.h`. None of these structures carries a version or a size, so every offset is
//! asserted below, in pointer widths: one table for 32 and 64 bit.

use core::ffi::{c_char, c_int, c_long, c_uint, c_ulong, c_void};
use core::mem::{offset_of, size_of};

/// `struct ubus_context`: grows between releases, so it is never looked into.
#[repr(C)]
pub(crate) struct Context {
    opaque: [u8; 0],
}

/// `struct ubus_request_data`: only handed on.
#[repr(C)]
pub(crate) struct RequestData {
    opaque: [u8; 0],
}

/// `struct ustream`: only named in a callback type.
#[repr(C)]
pub(crate) struct Stream {
    opaque: [u8; 0],
}

/// `struct list_head`.
#[repr(C)]
pub(crate) struct ListHead {
    pub(crate) next: *mut ListHead,
    pub(crate) prev: *mut ListHead,
}

/// `struct avl_node`.
#[repr(C)]
pub(crate) struct AvlNode {
    pub(crate) list: ListHead,
    pub(crate) parent: *mut AvlNode,
    pub(crate) left: *mut AvlNode,
    pub(crate) right: *mut AvlNode,
    pub(crate) key: *const c_void,
    pub(crate) balance: i8,
    pub(crate) leader: bool,
}

/// `struct blobmsg_policy`.
#[repr(C)]
pub(crate) struct Policy {
    pub(crate) name: *const c_char,
    pub(crate) kind: u32,
}

/// `ubus_handler_t`.
pub(crate) type Handler = unsafe extern "C" fn(
    *mut Context,
    *mut Object,
    *mut RequestData,
    *const c_char,
    *const u8,
) -> c_int;

/// `struct ubus_method`.
#[repr(C)]
pub(crate) struct Method {
    pub(crate) name: *const c_char,
    pub(crate) handler: Option<Handler>,
    pub(crate) mask: c_ulong,
    pub(crate) tags: c_ulong,
    pub(crate) policy: *const Policy,
    pub(crate) n_policy: c_int,
}

/// `struct ubus_object_type`.
#[repr(C)]
pub(crate) struct ObjectType {
    pub(crate) name: *const c_char,
    pub(crate) id: u32,
    pub(crate) methods: *const Method,
    pub(crate) n_methods: c_int,
}

/// `struct ubus_object`.
#[repr(C)]
pub(crate) struct Object {
    pub(crate) avl: AvlNode,
    pub(crate) name: *const c_char,
    pub(crate) id: u32,
    pub(crate) path: *const c_char,
    pub(crate) kind: *mut ObjectType,
    pub(crate) subscribe_cb: *const c_void,
    pub(crate) has_subscribers: bool,
    pub(crate) methods: *const Method,
    pub(crate) n_methods: c_int,
}

/// `struct blob_buf`.
#[repr(C)]
pub(crate) struct BlobBuf {
    pub(crate) head: *const u8,
    pub(crate) grow: *const c_void,
    pub(crate) buflen: c_int,
    pub(crate) buf: *mut c_void,
}

/// `rpc_exec_write_cb_t`.
pub(crate) type WriteCallback = unsafe extern "C" fn(*mut Stream, *mut c_void) -> c_int;
/// `rpc_exec_read_cb_t`: returns how many bytes it consumed.
pub(crate) type ReadCallback =
    unsafe extern "C" fn(*mut BlobBuf, *const u8, c_int, *mut c_void) -> c_int;
/// `rpc_exec_done_cb_t`: returns a ubus status.
pub(crate) type DoneCallback = unsafe extern "C" fn(*mut BlobBuf, c_int, *mut c_void) -> c_int;

/// `rpc_daemon_ops.exec`.
pub(crate) type Exec = unsafe extern "C" fn(
    *const *const c_char,
    Option<WriteCallback>,
    Option<ReadCallback>,
    Option<ReadCallback>,
    Option<DoneCallback>,
    *mut c_void,
    *mut Context,
    *mut RequestData,
) -> c_int;

/// `struct rpc_daemon_ops`.
#[repr(C)]
pub(crate) struct Ops {
    pub(crate) session_access: *const c_void,
    pub(crate) session_create_cb: *const c_void,
    pub(crate) session_destroy_cb: *const c_void,
    pub(crate) exec: Option<Exec>,
    pub(crate) exec_timeout: *mut c_int,
}

/// `struct rpc_plugin`.
#[repr(C)]
pub(crate) struct Plugin {
    pub(crate) list: ListHead,
    pub(crate) init: unsafe extern "C" fn(*const Ops, *mut Context) -> c_int,
}

/// Linux' numbers of `read`, `close`, `unlinkat` and `statx` (kernel 4.11 and later), from each
/// architecture's `asm/unistd.h`.
///
/// By number, because musl has a function `statx` since 1.2.5 only: OpenWrt 23.05 would not load
/// the plugin. The others because every function of libc costs some 60 bytes, and `syscall` is
/// there already.
pub(crate) const SYSTEM_CALLS: [c_long; 4] = if cfg!(target_arch = "x86_64") {
    [0, 3, 263, 332]
} else if cfg!(target_arch = "x86") {
    [3, 6, 301, 383]
} else if cfg!(target_arch = "powerpc") {
    [3, 6, 292, 383]
} else if cfg!(target_arch = "arm") {
    [3, 6, 328, 397]
} else if cfg!(target_arch = "mips") {
    [4003, 4006, 4294, 4366]
} else if cfg!(target_arch = "mips64") {
    [5000, 5003, 5253, 5326]
} else {
    // aarch64, riscv64, loongarch64: the numbers all newer architectures share.
    [63, 57, 35, 291]
};
pub(crate) const SYS_READ: c_long = SYSTEM_CALLS[0];
pub(crate) const SYS_CLOSE: c_long = SYSTEM_CALLS[1];
pub(crate) const SYS_UNLINKAT: c_long = SYSTEM_CALLS[2];
pub(crate) const SYS_STATX: c_long = SYSTEM_CALLS[3];

/// `struct statx` of Linux, the same on every architecture.
#[repr(C)]
pub(crate) struct Statx {
    pub(crate) mask: u32,
    pub(crate) before_mode: [u32; 6],
    pub(crate) mode: u16,
    pub(crate) inode: u64,
    pub(crate) size: u64,
    pub(crate) before_mtime: [u64; 8],
    pub(crate) mtime_seconds: u64,
    pub(crate) mtime_nanoseconds: u32,
    pub(crate) before_device: [u32; 3],
    pub(crate) device_major: u32,
    pub(crate) device_minor: u32,
    pub(crate) after_device: [u32; 28],
}

/// `struct statvfs` up to `f_bavail`; the same in musl and in 64-bit glibc.
#[repr(C)]
pub(crate) struct Statvfs {
    pub(crate) block_size: c_ulong,
    pub(crate) fragment_size: c_ulong,
    pub(crate) blocks: u64,
    pub(crate) free: u64,
    pub(crate) available: u64,
    /// More than any libc has there.
    pub(crate) rest: [u64; 16],
}

unsafe extern "C" {
    pub(crate) fn ubus_add_object(context: *mut Context, object: *mut Object) -> c_int;
    pub(crate) fn ubus_send_reply(
        context: *mut Context,
        request: *mut RequestData,
        message: *const u8,
    ) -> c_int;
    pub(crate) fn blobmsg_add_field(
        blob: *mut BlobBuf,
        kind: c_int,
        name: *const c_char,
        data: *const u8,
        length: c_uint,
    ) -> c_int;
    pub(crate) fn blobmsg_add_json_from_string(blob: *mut BlobBuf, text: *const c_char) -> bool;

    pub(crate) fn abort() -> !;
    pub(crate) fn free(memory: *mut c_void);
    pub(crate) fn open(path: *const c_char, flags: c_int, ...) -> c_int;
    pub(crate) fn realloc(memory: *mut c_void, size: usize) -> *mut c_void;
    pub(crate) fn syscall(number: c_long, ...) -> c_long;
    // A 32-bit glibc has 32-bit counters under the plain name.
    #[cfg_attr(
        all(target_env = "gnu", target_pointer_width = "32"),
        link_name = "statvfs64"
    )]
    pub(crate) fn statvfs(path: *const c_char, out: *mut Statvfs) -> c_int;
}

/// `O_RDONLY | O_CLOEXEC` of every Linux architecture OpenWrt supports.
pub(crate) const OPEN_READ: c_int = 0o2_000_000;
/// `AT_FDCWD`.
pub(crate) const CURRENT_FOLDER: c_long = -100;
/// `STATX_MODE | STATX_MTIME | STATX_INO | STATX_SIZE`.
pub(crate) const STATX_WANTED: c_long = 0x2 | 0x40 | 0x100 | 0x200;

/// Pointer width in bytes.
const P: usize = size_of::<usize>();

const _: () = {
    assert!(size_of::<ListHead>() == 2 * P);

    assert!(size_of::<AvlNode>() == 7 * P);
    assert!(offset_of!(AvlNode, key) == 5 * P);
    assert!(offset_of!(AvlNode, balance) == 6 * P);
    assert!(offset_of!(AvlNode, leader) == 6 * P + 1);

    assert!(size_of::<Policy>() == 2 * P);
    assert!(offset_of!(Policy, kind) == P);

    assert!(size_of::<Method>() == 6 * P);
    assert!(offset_of!(Method, handler) == P);
    assert!(offset_of!(Method, mask) == 2 * P);
    assert!(offset_of!(Method, tags) == 3 * P);
    assert!(offset_of!(Method, policy) == 4 * P);
    assert!(offset_of!(Method, n_policy) == 5 * P);

    assert!(size_of::<ObjectType>() == 4 * P);
    assert!(offset_of!(ObjectType, id) == P);
    assert!(offset_of!(ObjectType, methods) == 2 * P);
    assert!(offset_of!(ObjectType, n_methods) == 3 * P);

    assert!(size_of::<Object>() == 15 * P);
    assert!(offset_of!(Object, name) == 7 * P);
    assert!(offset_of!(Object, id) == 8 * P);
    assert!(offset_of!(Object, path) == 9 * P);
    assert!(offset_of!(Object, kind) == 10 * P);
    assert!(offset_of!(Object, subscribe_cb) == 11 * P);
    assert!(offset_of!(Object, has_subscribers) == 12 * P);
    assert!(offset_of!(Object, methods) == 13 * P);
    assert!(offset_of!(Object, n_methods) == 14 * P);

    assert!(size_of::<BlobBuf>() == 4 * P);
    assert!(offset_of!(BlobBuf, head) == 0);

    assert!(size_of::<Ops>() == 5 * P);
    assert!(offset_of!(Ops, exec) == 3 * P);

    assert!(size_of::<Plugin>() == 3 * P);
    assert!(offset_of!(Plugin, init) == 2 * P);

    assert!(size_of::<Statx>() == 256);
    assert!(offset_of!(Statx, mode) == 28);
    assert!(offset_of!(Statx, inode) == 32);
    assert!(offset_of!(Statx, size) == 40);
    assert!(offset_of!(Statx, mtime_seconds) == 112);
    assert!(offset_of!(Statx, mtime_nanoseconds) == 120);
    assert!(offset_of!(Statx, device_major) == 136);

    assert!(offset_of!(Statvfs, fragment_size) == P);
    assert!(offset_of!(Statvfs, available) == 2 * P + 16);
};

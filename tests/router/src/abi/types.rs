//! The C structures that a plugin and its host share, laid out as libubus and rpcd lay them out.
//!
//! Checked against libubus 2025-12-02 and rpcd 2026-04-21 on 64-bit machines by the assertions below.

use std::ffi::{c_char, c_int, c_ulong, c_void};

/// libubox's doubly linked list.
#[repr(C)]
pub(super) struct ListHead {
    pub(super) next: *mut ListHead,
    pub(super) prev: *mut ListHead,
}

/// A node of libubox's AVL tree; only room for it.
#[repr(C)]
pub(super) struct AvlNode {
    list: ListHead,
    parent: *mut c_void,
    left: *mut c_void,
    right: *mut c_void,
    key: *const c_void,
    balance: i8,
    leader: bool,
}

/// One argument of a method.
#[repr(C)]
pub(super) struct BlobmsgPolicy {
    pub(super) name: *const c_char,
    pub(super) kind: u32,
}

/// `ubus_handler_t`.
pub(super) type Handler = unsafe extern "C" fn(
    context: *mut c_void,
    object: *mut UbusObject,
    request: *mut UbusRequestData,
    method: *const c_char,
    message: *mut u8,
) -> c_int;

/// One method of an object.
#[repr(C)]
pub(super) struct UbusMethod {
    pub(super) name: *const c_char,
    pub(super) handler: Option<Handler>,
    mask: c_ulong,
    tags: c_ulong,
    pub(super) policy: *const BlobmsgPolicy,
    pub(super) n_policy: c_int,
}

/// What a plugin registers.
#[repr(C)]
pub(super) struct UbusObject {
    avl: AvlNode,
    pub(super) name: *const c_char,
    pub(super) id: u32,
    path: *const c_char,
    kind: *mut c_void,
    subscribe: *mut c_void,
    has_subscribers: bool,
    pub(super) methods: *const UbusMethod,
    pub(super) n_methods: c_int,
}

/// Who asked what: the handle by which a plugin answers.
#[repr(C)]
#[derive(Clone)]
pub(super) struct UbusRequestData {
    pub(super) object: u32,
    pub(super) peer: u32,
    pub(super) seq: u16,
    pub(super) acl: [*const c_char; 3],
    pub(super) deferred: bool,
    pub(super) fd: c_int,
    pub(super) req_fd: c_int,
}

/// libubox's growing message: `head` is the attribute that further ones are added to.
#[repr(C)]
pub(super) struct BlobBuf {
    pub(super) head: *mut u8,
    pub(super) grow: Option<unsafe extern "C" fn(*mut BlobBuf, c_int) -> bool>,
    pub(super) buflen: c_int,
    pub(super) buf: *mut c_void,
}

/// `rpc_exec_read_cb_t`: takes output of a program, returns how many bytes of it.
pub(super) type ReadCallback =
    unsafe extern "C" fn(*mut BlobBuf, *mut c_char, c_int, *mut c_void) -> c_int;
/// `rpc_exec_done_cb_t`: the program ended with this wait(2) status; returns the ubus status.
pub(super) type DoneCallback = unsafe extern "C" fn(*mut BlobBuf, c_int, *mut c_void) -> c_int;

/// What rpcd gives its plugins.
#[repr(C)]
pub(super) struct RpcDaemonOps {
    pub(super) session_access:
        unsafe extern "C" fn(*const c_char, *const c_char, *const c_char, *const c_char) -> bool,
    pub(super) session_create_cb: unsafe extern "C" fn(*mut c_void),
    pub(super) session_destroy_cb: unsafe extern "C" fn(*mut c_void),
    pub(super) exec: unsafe extern "C" fn(
        *const *const c_char,
        *const c_void,
        Option<ReadCallback>,
        Option<ReadCallback>,
        Option<DoneCallback>,
        *mut c_void,
        *mut c_void,
        *mut UbusRequestData,
    ) -> c_int,
    pub(super) exec_timeout: *mut c_int,
}

/// The symbol `rpc_plugin` of a plugin.
#[repr(C)]
pub(super) struct RpcPlugin {
    pub(super) list: ListHead,
    pub(super) init: Option<unsafe extern "C" fn(*const RpcDaemonOps, *mut c_void) -> c_int>,
}

#[cfg(target_pointer_width = "64")]
const _: () = {
    assert!(size_of::<AvlNode>() == 56);
    assert!(size_of::<UbusMethod>() == 48);
    assert!(size_of::<UbusObject>() == 120);
    assert!(std::mem::offset_of!(UbusObject, methods) == 104);
    assert!(size_of::<UbusRequestData>() == 56);
    assert!(std::mem::offset_of!(UbusRequestData, deferred) == 40);
    assert!(size_of::<BlobBuf>() == 32);
    assert!(size_of::<RpcDaemonOps>() == 40);
    assert!(size_of::<RpcPlugin>() == 24);
};

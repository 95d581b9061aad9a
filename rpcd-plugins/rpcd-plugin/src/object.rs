//! Declares a ubus object: its name, its methods, and what runs when one is called.

use core::cell::UnsafeCell;
use core::ffi::{CStr, c_char, c_int};
use core::ptr;

use crate::abi;
use crate::blob::{HEADER, Kind, Table};
use crate::call::Call;
use crate::status::Status;

/// What a method does.
pub trait Handler {
    /// Answers a call: replies, or starts a command that will, or says why not.
    ///
    /// rpcd serves nobody else meanwhile: anything that may take longer than reading a small file
    /// goes through [`Call::run`].
    fn handle(call: &mut Call<'_>) -> Result<(), Status>;
}

/// An argument in the signature that `ubus -v list` shows; nobody checks calls against it.
#[repr(transparent)]
pub struct Argument(abi::Policy);

// SAFETY: holds a pointer to a constant and is never written.
unsafe impl Sync for Argument {}

impl Argument {
    /// An argument of that name and kind.
    pub const fn new(name: &'static CStr, kind: Kind) -> Self {
        Self(abi::Policy {
            name: name.as_ptr(),
            kind: kind as u32,
        })
    }
}

/// A method of an object.
#[repr(transparent)]
pub struct Method(abi::Method);

// SAFETY: holds pointers to constants and functions and is never written.
unsafe impl Sync for Method {}

impl Method {
    /// A method of that name and signature, answered by `H`.
    pub const fn new<H: Handler>(name: &'static CStr, arguments: &'static [Argument]) -> Self {
        Self(abi::Method {
            name: name.as_ptr(),
            handler: handle::<H>,
            mask: 0,
            tags: 0,
            policy: arguments.as_ptr().cast(),
            n_policy: count(arguments.len()),
        })
    }
}

/// An object on ubus. It must be a `static`: libubus writes into it and keeps it.
pub struct Object {
    object: UnsafeCell<abi::Object>,
    kind: UnsafeCell<abi::ObjectType>,
}

// SAFETY: only libubus reads or writes the contents after `register`, on rpcd's only thread.
unsafe impl Sync for Object {}

impl Object {
    /// An object of that name with these methods.
    pub const fn new(name: &'static CStr, methods: &'static [Method]) -> Self {
        let (name, n_methods) = (name.as_ptr(), count(methods.len()));
        let methods = methods.as_ptr().cast();
        Self {
            object: UnsafeCell::new(abi::Object {
                avl: NO_NODE,
                name,
                id: 0,
                path: ptr::null(),
                kind: ptr::null_mut(),
                subscribe_cb: ptr::null(),
                has_subscribers: false,
                methods,
                n_methods,
            }),
            kind: UnsafeCell::new(abi::ObjectType {
                name,
                id: 0,
                methods,
                n_methods,
            }),
        }
    }

    /// Puts the object on ubus; returns libubus's status.
    ///
    /// # Safety
    /// `context` is the live connection that rpcd gave to the plugin, and this is the first call.
    pub(crate) unsafe fn register(&'static self, context: *mut abi::Context) -> c_int {
        let object = self.object.get();
        // SAFETY: nothing else refers to the contents yet; the static they lie in never moves.
        unsafe { (*object).kind = self.kind.get() };
        // SAFETY: `context` is live by the contract above; `object` lives as long as the process.
        unsafe { abi::ubus_add_object(context, object) }
    }
}

const NO_NODE: abi::AvlNode = abi::AvlNode {
    list: abi::ListHead {
        next: ptr::null_mut(),
        prev: ptr::null_mut(),
    },
    parent: ptr::null_mut(),
    left: ptr::null_mut(),
    right: ptr::null_mut(),
    key: ptr::null(),
    balance: 0,
    leader: false,
};

/// A length as C wants it; tables here have a handful of entries.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "a handful"
)]
const fn count(length: usize) -> c_int {
    length as c_int
}

/// What libubus calls: turns C's view of a call into [`Call`] and the outcome into a status.
unsafe extern "C" fn handle<H: Handler>(
    context: *mut abi::Context,
    _object: *mut abi::Object,
    request: *mut abi::RequestData,
    _method: *const c_char,
    message: *const u8,
) -> c_int {
    // SAFETY: libubus passes null or the DATA attribute of a message it has received, whose length
    // it has checked against the message; it stays there until this function returns.
    let arguments = Table::from_message(unsafe { message_bytes(message) });
    Status::code(H::handle(&mut Call::new(context, request, arguments)))
}

/// The bytes of a message: as many as its header says.
///
/// # Safety
/// `message` is null or points to a blob attribute that is readable for its own length during `'a`.
pub(crate) unsafe fn message_bytes<'a>(message: *const u8) -> &'a [u8] {
    if message.is_null() {
        return &[];
    }
    // SAFETY: an attribute has at least its header; alignment of 1 is enough for bytes.
    let header = unsafe { message.cast::<[u8; HEADER]>().read() };
    let length = (u32::from_be_bytes(header) & 0x00ff_ffff) as usize;
    // SAFETY: readable for `length` bytes by the contract above.
    unsafe { core::slice::from_raw_parts(message, length) }
}

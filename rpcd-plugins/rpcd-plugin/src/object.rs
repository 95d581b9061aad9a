//! A ubus object: its name, its methods, and what runs when one is called.

use core::cell::UnsafeCell;
use core::ffi::{c_char, c_int};
use core::ptr;

use crate::abi;
use crate::blob::{HEADER, Table};
use crate::call::Call;
use crate::names::Names;
use crate::status::Status;

/// What a plugin offers.
pub trait Service {
    /// The object's name, then, starting with a method, each method as `.name`, each followed by its arguments as
    /// their kind's byte and name; [`export!`](crate::export) writes it.
    const SIGNATURE: Names;

    /// Answers a call: replies, or starts a command that will, or says why not.
    ///
    /// rpcd serves nobody else meanwhile: anything that may take longer than reading a small file
    /// goes through [`Call::run`].
    fn answer(call: &mut Call<'_>) -> Result<(), Status>;
}

/// Memory for an object with `M` methods that have `A` arguments together.
///
/// It is filled when rpcd loads the plugin: as constants these tables would be three times as
/// large, for every pointer in them needs a relocation. libubus writes into them and keeps them.
pub struct Room<const M: usize, const A: usize>(UnsafeCell<Tables<M, A>>);

struct Tables<const M: usize, const A: usize> {
    object: abi::Object,
    kind: abi::ObjectType,
    methods: [abi::Method; M],
    arguments: [abi::Policy; A],
}

// SAFETY: only `register` and then libubus read or write the contents, on rpcd's only thread.
unsafe impl<const M: usize, const A: usize> Sync for Room<M, A> {}

impl<const M: usize, const A: usize> Room<M, A> {
    /// Memory that holds nothing yet.
    #[expect(clippy::new_without_default, reason = "only ever a static")]
    pub const fn new() -> Self {
        Self(UnsafeCell::new(Tables {
            object: NO_OBJECT,
            kind: abi::ObjectType {
                name: ptr::null(),
                id: 0,
                methods: ptr::null(),
                n_methods: 0,
            },
            methods: [const { NO_METHOD }; M],
            arguments: [const { NO_ARGUMENT }; A],
        }))
    }

    /// Puts the object on ubus; returns libubus's status.
    ///
    /// # Safety
    /// `context` is the live connection that rpcd gave to the plugin, and this is the first call.
    pub(crate) unsafe fn register<S: Service>(&'static self, context: *mut abi::Context) -> c_int {
        let tables = self.0.get();
        // SAFETY: nothing else refers to the contents yet, and the static they lie in never moves;
        // `fill` makes as many entries as there are, for `export!` counted the same signature.
        // `context` is live by the contract above.
        unsafe {
            let (methods, arguments) = (&raw mut (*tables).methods, &raw mut (*tables).arguments);
            let (object, kind) = (&raw mut (*tables).object, &raw mut (*tables).kind);
            let mut signature = S::SIGNATURE;
            (*object).name = signature.first();
            (*kind).name = signature.first();
            signature.next();
            fill(signature, handle::<S>, methods.cast(), arguments.cast());
            (*object).methods = methods.cast();
            (*kind).methods = methods.cast();
            (*object).n_methods = count(M);
            (*kind).n_methods = count(M);
            (*object).kind = kind;
            abi::ubus_add_object(context, object)
        }
    }
}

/// Writes the methods of a signature and their arguments.
///
/// # Safety
/// There is room for as many as the signature has.
unsafe fn fill(
    mut signature: Names,
    handler: abi::Handler,
    mut methods: *mut abi::Method,
    mut arguments: *mut abi::Policy,
) {
    while signature.tag() != 0 {
        let (tag, name) = (signature.tag(), signature.behind_tag().first());
        // SAFETY: by the contract above; a signature starts with a method, so one lies before
        // every argument.
        unsafe {
            if tag == b'.' {
                (*methods).name = name;
                (*methods).handler = Some(handler);
                (*methods).policy = arguments;
                methods = methods.add(1);
            } else {
                (*arguments).name = name;
                (*arguments).kind = u32::from(tag);
                (*methods.sub(1)).n_policy += 1;
                arguments = arguments.add(1);
            }
        }
        signature.next();
    }
}

const NO_OBJECT: abi::Object = abi::Object {
    avl: abi::AvlNode {
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
    },
    name: ptr::null(),
    id: 0,
    path: ptr::null(),
    kind: ptr::null_mut(),
    subscribe_cb: ptr::null(),
    has_subscribers: false,
    methods: ptr::null(),
    n_methods: 0,
};
const NO_METHOD: abi::Method = abi::Method {
    name: ptr::null(),
    handler: None,
    mask: 0,
    tags: 0,
    policy: ptr::null(),
    n_policy: 0,
};
const NO_ARGUMENT: abi::Policy = abi::Policy {
    name: ptr::null(),
    kind: 0,
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
unsafe extern "C" fn handle<S: Service>(
    context: *mut abi::Context,
    _object: *mut abi::Object,
    request: *mut abi::RequestData,
    method: *const c_char,
    message: *const u8,
) -> c_int {
    // SAFETY: libubus passes null or the DATA attribute of a message it has received, whose length
    // it has checked against the message; it stays there until this function returns.
    let arguments = unsafe { message_fields(message) };
    Status::code(S::answer(&mut Call::new(
        context, request, method, arguments,
    )))
}

/// The number of the method of that name.
///
/// # Safety
/// `name` ends with NUL.
pub(crate) unsafe fn number(mut signature: Names, name: *const c_char) -> usize {
    let mut number = 0;
    while signature.tag() != 0 {
        if signature.tag() == b'.' {
            let method = signature.behind_tag().first();
            let mut at = 0;
            // SAFETY: neither is read behind a NUL, at which they differ or both end.
            let same = unsafe {
                while *method.add(at) == *name.add(at) && *name.add(at) != 0 {
                    at += 1;
                }
                *method.add(at) == *name.add(at)
            };
            if same {
                break;
            }
            number += 1;
        }
        signature.next();
    }
    number
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

/// The fields of a message.
///
/// # Safety
/// As for [`message_bytes`].
#[inline(never)]
pub(crate) unsafe fn message_fields<'a>(message: *const u8) -> Table<'a> {
    // SAFETY: by the contract above.
    Table::from_message(unsafe { message_bytes(message) })
}

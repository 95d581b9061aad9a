//! rpcd and libubus, as far as one call of one object needs them.

use core::cell::UnsafeCell;
use core::ffi::{CStr, c_char, c_int, c_void};
use core::ptr::null_mut;

use crate::c::{Blob, Object, Ops, Plugin};
use crate::fail;
use crate::message::Message;

/// ubus statuses.
const OK: c_int = 0;
const NOT_SUPPORTED: c_int = 8;
const UNKNOWN_ERROR: c_int = 9;

/// The most a reply may have: ubus carries no more.
const ROOM: usize = 1024 * 1024;

struct State {
    object: *mut Object,
    reply: [u8; ROOM],
    length: usize,
}

struct Single(UnsafeCell<State>);

// SAFETY: the program has one thread.
unsafe impl Sync for Single {}

static STATE: Single = Single(UnsafeCell::new(State {
    object: null_mut(),
    reply: [0; ROOM],
    length: 0,
}));

struct OpsTable(Ops);

// SAFETY: it is never written.
unsafe impl Sync for OpsTable {}

static OPS: OpsTable = OpsTable(Ops {
    session: [core::ptr::null(); 3],
    exec,
    exec_timeout: null_mut(),
});

/// rpcd's: runs a program. There is none here.
unsafe extern "C" fn exec() -> c_int {
    NOT_SUPPORTED
}

/// Puts the plugin into a list, as rpcd does, and starts it.
///
/// # Safety
/// `plugin` must be a plugin's registration.
pub(crate) unsafe fn start(plugin: *mut Plugin) -> c_int {
    // SAFETY: the caller vouches for the plugin, whose memory must be writable.
    unsafe {
        (*plugin).next = plugin.cast();
        (*plugin).previous = plugin.cast();
        ((*plugin).init)(&raw const OPS.0, null_mut())
    }
}

/// Calls a method with `{argument: true}` or `{}`; its status.
///
/// # Safety
/// The plugin must have registered a sound object.
pub(crate) unsafe fn call(object: &CStr, method: &CStr, argument: Option<&CStr>) -> c_int {
    let message = Message::new(argument);
    // SAFETY: the caller vouches for the object, its names and its methods.
    unsafe {
        let found = (*STATE.0.get()).object;
        if found.is_null() || CStr::from_ptr((*found).name) != object {
            fail(c"the plugin did not register that object");
        }
        let count = usize::try_from((*found).n_methods).unwrap_or_default();
        let methods = core::slice::from_raw_parts((*found).methods, count);
        let wanted = methods
            .iter()
            .find(|known| CStr::from_ptr(known.name) == method);
        let Some(wanted) = wanted else {
            fail(c"the object has no such method");
        };
        let bytes = message.bytes.as_ptr().cast();
        (wanted.handler)(null_mut(), found, null_mut(), method.as_ptr(), bytes)
    }
}

/// What the plugin replied; empty if nothing.
pub(crate) fn reply() -> &'static [u8] {
    // SAFETY: nothing writes it any more, and `length` bytes of it are written.
    let state = unsafe { &*STATE.0.get() };
    state.reply.get(..state.length).unwrap_or_default()
}

/// libubus's: puts an object on the bus.
#[unsafe(no_mangle)]
unsafe extern "C" fn ubus_add_object(_: *mut c_void, object: *mut Object) -> c_int {
    // SAFETY: the program has one thread.
    unsafe { (*STATE.0.get()).object = object };
    OK
}

/// libubus's: sends a reply.
#[unsafe(no_mangle)]
unsafe extern "C" fn ubus_send_reply(_: *mut c_void, _: *mut c_void, head: *const u8) -> c_int {
    // SAFETY: the plugin passes a whole message, whose first word tells its length; one thread.
    unsafe {
        let state = &mut *STATE.0.get();
        let word = u32::from_be_bytes(*head.cast::<[u8; 4]>());
        let length = (word & 0x00ff_ffff) as usize;
        let Some(room) = state.reply.get_mut(..length) else {
            return UNKNOWN_ERROR;
        };
        room.copy_from_slice(core::slice::from_raw_parts(head, length));
        state.length = length;
    }
    OK
}

/// libubox's: appends a field to a message that does not grow.
#[unsafe(no_mangle)]
unsafe extern "C" fn blobmsg_add_field(
    blob: *mut Blob,
    kind: c_int,
    name: *const c_char,
    data: *const u8,
    length: u32,
) -> c_int {
    // SAFETY: the plugin passes a message with as much room as it says, a C string, and data of that
    // length.
    let (message, name, data) = unsafe {
        let room = usize::try_from((*blob).length).unwrap_or_default();
        (
            core::slice::from_raw_parts_mut((*blob).head, room),
            CStr::from_ptr(name).to_bytes(),
            core::slice::from_raw_parts(data, length as usize),
        )
    };
    match append(message, kind.to_be_bytes()[3], name, data) {
        Some(()) => 0,
        None => -1,
    }
}

/// Writes a field behind those that are there; none if there is no room.
fn append(message: &mut [u8], kind: u8, name: &[u8], data: &[u8]) -> Option<()> {
    let end = u32::from_be_bytes(*message.first_chunk()?) as usize;
    let content = 4 + ((2 + name.len() + 1 + 3) & !3);
    let length = content + data.len();
    let field = message.get_mut(end..)?.get_mut(..(length + 3) & !3)?;
    field.fill(0);
    let word = u32::from(0x80 | kind) << 24 | u32::try_from(length).ok()?;
    for (at, part) in [
        (0, &word.to_be_bytes()[..]),
        (4, &u16::try_from(name.len()).ok()?.to_be_bytes()),
        (6, name),
        (content, data),
    ] {
        field
            .get_mut(at..)?
            .get_mut(..part.len())?
            .copy_from_slice(part);
    }
    let whole = u32::try_from(end + field.len()).ok()?;
    *message.first_chunk_mut()? = whole.to_be_bytes();
    Some(())
}

/// libubox's, for what a program printed. No program runs here.
#[unsafe(no_mangle)]
unsafe extern "C" fn blobmsg_add_json_from_string(_: *mut c_void, _: *const c_char) -> bool {
    false
}

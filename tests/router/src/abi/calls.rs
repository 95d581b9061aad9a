//! What a plugin calls: libubus's functions, and the sessions.

use std::ffi::{c_char, c_int, c_void};
use std::rc::Rc;

use super::blob_buf::message_bytes;
use super::host::{text, with_state};
use super::types::{UbusObject, UbusRequestData};
use crate::blobmsg;
use crate::ubus::Status;

/// A longer message makes ubusd drop rpcd, and with it every login.
const LONGEST_MESSAGE: usize = 1 << 20;

/// libubus: registers an object; a second one of the same name is refused.
#[unsafe(no_mangle)]
unsafe extern "C" fn ubus_add_object(_context: *mut c_void, object: *mut UbusObject) -> c_int {
    // SAFETY: a plugin registers its own static object, whose name is a C string.
    let name = unsafe { text((*object).name) };
    let added = with_state(|state| {
        // SAFETY: objects registered before are statics too.
        if state
            .objects
            .iter()
            .any(|other| unsafe { text((**other).name) } == name)
        {
            return false;
        }
        let id = u32::try_from(state.next()).unwrap_or(u32::MAX);
        // SAFETY: libubus writes the id into the object as well.
        unsafe { (*object).id = id };
        state.objects.push(object);
        true
    });
    if added == Some(true) {
        0
    } else {
        Status::InvalidArgument.code()
    }
}

/// libubus: adds a message to the answer of a call.
#[unsafe(no_mangle)]
unsafe extern "C" fn ubus_send_reply(
    _context: *mut c_void,
    request: *mut UbusRequestData,
    message: *const u8,
) -> c_int {
    // SAFETY: the request is the one the handler was given, or a copy; the message is a blob.
    let (seq, bytes) = unsafe { ((*request).seq, message_bytes(message)) };
    if bytes.len() > LONGEST_MESSAGE {
        tracing::error!(
            "a reply of {} bytes: ubusd takes {LONGEST_MESSAGE}, and rpcd ends with more",
            bytes.len()
        );
        std::process::abort();
    }
    match blobmsg::decode_message(&bytes) {
        Ok(table) => with_state(|state| {
            if let Some(request) = state.requests.get_mut(&seq) {
                request.reply.0.extend(table.0);
            }
            0
        })
        .unwrap_or_default(),
        Err(error) => {
            tracing::error!("a plugin replied with a broken message: {error}");
            Status::InvalidArgument.code()
        }
    }
}

/// rpcd: whether a session has a right.
pub(super) unsafe extern "C" fn session_access(
    session: *const c_char,
    scope: *const c_char,
    object: *const c_char,
    function: *const c_char,
) -> bool {
    // SAFETY: a plugin passes C strings.
    let [session, scope, object, function] =
        unsafe { [text(session), text(scope), text(object), text(function)] };
    let sessions = with_state(|state| Rc::clone(&state.connections.sessions));
    sessions.is_some_and(|sessions| {
        sessions
            .borrow_mut()
            .access(&session, &scope, &object, &function)
    })
}

/// rpcd: notices of new and ended sessions, which none of our plugins asks for.
pub(super) unsafe extern "C" fn ignore_callback(_callback: *mut c_void) {}

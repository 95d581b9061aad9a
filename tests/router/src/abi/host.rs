//! Loads plugins and calls the methods of their objects.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use libloading::os::unix::{Library, RTLD_LAZY, RTLD_LOCAL};

use super::calls;
use super::exec::{Ended, Program, Run};
use super::types::{ListHead, RpcDaemonOps, RpcPlugin, UbusMethod, UbusObject, UbusRequestData};
use crate::blobmsg;
use crate::session::Shared;
use crate::ubus::{Done, Reply, Signature, Status};
use crate::value::Table;

/// rpcd kills a program after this many milliseconds; OpenWrt's own setting.
const EXEC_TIMEOUT: c_int = 30_000;

/// Why a plugin was not loaded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PluginError {
    /// dlopen or dlsym failed.
    #[error("{0} cannot be loaded as a plugin: {1}")]
    Load(PathBuf, libloading::Error),
    /// It has no `init`.
    #[error("{0} has no init function in its rpc_plugin")]
    NoInit(PathBuf),
}

/// The program for an argument vector, if there is one.
pub(crate) type FindProgram = dyn Fn(&[String]) -> Option<Program>;

/// What plugins reach through rpcd.
pub(crate) struct Connections {
    /// The sessions, to ask for rights.
    pub(crate) sessions: Shared,
    /// Finds the program for an argument vector.
    pub(crate) programs: Arc<FindProgram>,
    /// Takes the end of a program back to the rpcd thread, which hands it to [`Host::finish`].
    pub(crate) ended: Arc<dyn Fn(Ended) + Send + Sync>,
}

/// The plugins of the current thread.
pub(crate) struct Host {
    /// Pointers of plugins belong to this thread.
    not_send: PhantomData<*const ()>,
}

pub(super) struct State {
    pub(super) objects: Vec<*mut UbusObject>,
    pub(super) requests: HashMap<u16, Request>,
    pub(super) runs: HashMap<u64, Run>,
    pub(super) connections: Connections,
    context: *mut c_void,
    next: u64,
}

/// A call that is not answered yet.
pub(super) struct Request {
    pub(super) reply: Table,
    pub(super) done: Done,
}

thread_local! {
    static STATE: RefCell<Option<State>> = const { RefCell::new(None) };
}

/// Runs `f` on the thread's state, if this is the rpcd thread. `f` must not call into a plugin.
pub(super) fn with_state<T>(f: impl FnOnce(&mut State) -> T) -> Option<T> {
    STATE.with_borrow_mut(|state| state.as_mut().map(f))
}

impl State {
    /// A number that was not used before.
    pub(super) fn next(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}

#[expect(
    clippy::unused_self,
    reason = "the handle proves that this is the rpcd thread"
)]
impl Host {
    /// Makes the current thread the one that plugins live on.
    pub(crate) fn new(connections: Connections) -> Self {
        // Plugins only pass the context on; it is room for a genuine one and never freed.
        let context: *mut [u64; 64] = Box::leak(Box::new([0; 64]));
        let (objects, requests, runs) = (Vec::new(), HashMap::new(), HashMap::new());
        STATE.set(Some(State {
            objects,
            requests,
            runs,
            connections,
            context: context.cast(),
            next: 0,
        }));
        Self {
            not_send: PhantomData,
        }
    }

    /// Loads a plugin for good, as rpcd does: lazily bound, its symbols its own, never closed.
    pub(crate) fn load(&self, path: &Path) -> Result<(), PluginError> {
        let load_error = |error| PluginError::Load(path.to_owned(), error);
        // SAFETY: loading runs the plugin's constructors; the person who starts the router chose it.
        let library =
            unsafe { Library::open(Some(path), RTLD_LAZY | RTLD_LOCAL) }.map_err(load_error)?;
        // SAFETY: rpcd's contract: the symbol is a writable rpc_plugin.
        let plugin: *mut RpcPlugin = unsafe { *library.get(b"rpc_plugin\0").map_err(load_error)? };
        std::mem::forget(library);
        // SAFETY: the pointer is the plugin's static; rpcd links it into its list before init, and
        // so does this: a plugin in read-only memory must fail here as it fails there.
        let init = unsafe {
            let list = &raw mut (*plugin).list;
            list.write(ListHead {
                next: list,
                prev: list,
            });
            (*plugin).init
        };
        let init = init.ok_or_else(|| PluginError::NoInit(path.to_owned()))?;
        let context = with_state(|state| state.context).unwrap_or(std::ptr::null_mut());
        // SAFETY: the plugin's own init with a table that lives for ever.
        unsafe { init(daemon_ops(), context) };
        Ok(())
    }

    /// The objects that the plugins registered, with the arguments of their methods.
    pub(crate) fn signatures(&self) -> Vec<Signature> {
        let objects = with_state(|state| state.objects.clone()).unwrap_or_default();
        // SAFETY: registered objects are statics of plugins that are never unloaded.
        objects
            .into_iter()
            .map(|object| unsafe { signature(&*object) })
            .collect()
    }

    /// Calls a method; `done` gets the answer, later if the plugin runs a program.
    pub(crate) fn call(&self, object: &str, method: &str, arguments: &Table, done: Done) {
        let found = with_state(|state| {
            // SAFETY: as for `signatures`.
            state
                .objects
                .iter()
                .copied()
                .find(|found| unsafe { text((**found).name) } == object)
        });
        let Some(object) = found.flatten() else {
            return done(Reply::status(Status::NotFound));
        };
        // SAFETY: as for `signatures`.
        let handler = unsafe { methods(&*object) }
            .iter()
            .find(|entry| unsafe { text(entry.name) } == method);
        let Some(handler) = handler.and_then(|entry| entry.handler) else {
            return done(Reply::status(Status::MethodNotFound));
        };
        let Ok(name) = CString::new(method) else {
            return done(Reply::status(Status::MethodNotFound));
        };
        let mut request = new_request(object, done);
        let mut message = aligned(&blobmsg::encode_message(arguments));
        let context = with_state(|state| state.context).unwrap_or(std::ptr::null_mut());
        // SAFETY: the handler and its object belong together; context, request and message are
        // valid until it returns, which is as long as libubus keeps them.
        let status = unsafe {
            handler(
                context,
                object,
                &raw mut request,
                name.as_ptr(),
                message.as_mut_ptr().cast(),
            )
        };
        if !request.deferred {
            complete(request.seq, Status::from_code(status));
        }
    }
}

/// Notes the call and makes the handle that the plugin answers by.
fn new_request(object: *mut UbusObject, done: Done) -> UbusRequestData {
    // 16 bits as in libubus; a number comes back long after its call was answered.
    let seq = with_state(|state| {
        let seq = u16::try_from(state.next() & 0xffff).unwrap_or_default();
        state.requests.insert(
            seq,
            Request {
                reply: Table::new(),
                done,
            },
        );
        seq
    });
    // SAFETY: the object is a static of a loaded plugin.
    let id = unsafe { (*object).id };
    UbusRequestData {
        object: id,
        peer: 1,
        seq: seq.unwrap_or_default(),
        acl: [std::ptr::null(); 3],
        deferred: false,
        fd: -1,
        req_fd: -1,
    }
}

/// Answers a call with what was sent for it.
pub(super) fn complete(seq: u16, status: Status) {
    if let Some(request) = with_state(|state| state.requests.remove(&seq)).flatten() {
        (request.done)(Reply {
            status,
            data: request.reply,
        });
    }
}

/// A copy on a 4-byte boundary: blob attributes are read by words.
fn aligned(bytes: &[u8]) -> Vec<u32> {
    bytes
        .chunks(4)
        .map(|chunk| {
            let mut word = [0; 4];
            word[..chunk.len()].copy_from_slice(chunk);
            u32::from_ne_bytes(word)
        })
        .collect()
}

fn daemon_ops() -> &'static RpcDaemonOps {
    Box::leak(Box::new(RpcDaemonOps {
        session_access: calls::session_access,
        session_create_cb: calls::ignore_callback,
        session_destroy_cb: calls::ignore_callback,
        exec: super::exec::exec,
        exec_timeout: Box::leak(Box::new(EXEC_TIMEOUT)),
    }))
}

/// # Safety
/// The object must be one that a plugin registered.
unsafe fn signature(object: &UbusObject) -> Signature {
    // SAFETY: names and policies are statics of the plugin that registered the object.
    unsafe {
        let arguments = |method: &UbusMethod| {
            let policies = slice(method.policy, method.n_policy)
                .iter()
                .filter(|policy| !policy.name.is_null());
            policies
                .map(|policy| {
                    (
                        text(policy.name),
                        u8::try_from(policy.kind).unwrap_or(u8::MAX),
                    )
                })
                .collect()
        };
        let methods = methods(object)
            .iter()
            .map(|method| (text(method.name), arguments(method)))
            .collect();
        Signature {
            object: text(object.name),
            methods,
        }
    }
}

/// # Safety
/// The object must be one that a plugin registered.
unsafe fn methods(object: &UbusObject) -> &[UbusMethod] {
    // SAFETY: the plugin states how many methods its table has.
    unsafe { slice(object.methods, object.n_methods) }
}

/// # Safety
/// `first` must be null or point to `count` values that are never changed.
unsafe fn slice<'a, T>(first: *const T, count: c_int) -> &'a [T] {
    match usize::try_from(count) {
        // SAFETY: the caller vouches for it.
        Ok(count) if !first.is_null() => unsafe { std::slice::from_raw_parts(first, count) },
        _ => &[],
    }
}

/// # Safety
/// `text` must be null or a C string.
pub(super) unsafe fn text(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: the caller vouches for it.
    unsafe { CStr::from_ptr(text) }
        .to_string_lossy()
        .into_owned()
}

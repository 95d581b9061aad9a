//! One call of a method: its arguments, and the ways to answer it.

use core::ffi::c_char;

use crate::abi;
use crate::blob::Table;
use crate::exec::{self, Done, Word};
use crate::message::Message;
use crate::names::Names;
use crate::object::{Service, number};
use crate::reply::Reply;
use crate::status::Status;

/// A call that waits for its answer.
#[derive(Debug)]
pub struct Call<'a> {
    pub(crate) context: *mut abi::Context,
    pub(crate) request: *mut abi::RequestData,
    method: *const c_char,
    arguments: Table<'a>,
}

impl<'a> Call<'a> {
    pub(crate) fn new(
        context: *mut abi::Context,
        request: *mut abi::RequestData,
        method: *const c_char,
        arguments: Table<'a>,
    ) -> Self {
        Self {
            context,
            request,
            method,
            arguments,
        }
    }

    /// The number of the method in the signature of `S`, counted from 0.
    pub fn method<S: Service>(&self) -> usize {
        // SAFETY: libubus passes the name, a text with NUL that lives as long as the call.
        unsafe { number(S::SIGNATURE, self.method) }
    }

    /// The arguments, unchecked: also ones nobody asked for, such as `ubus_rpc_session`.
    pub fn arguments(&self) -> Table<'a> {
        self.arguments
    }

    /// Sends a message as the reply.
    pub fn send(&mut self, message: &mut Message) -> Result<(), Status> {
        let message = message.finish().map_err(|_| Status::NO_MEMORY)?;
        self.send_blob(message.as_ptr())
    }

    /// Begins a small reply.
    pub fn begin(&self) -> Reply {
        Reply::begin()
    }

    /// Sends a small reply.
    pub fn reply(&mut self, reply: &Reply) -> Result<(), Status> {
        self.send_blob(reply.head())
    }

    fn send_blob(&mut self, blob: *const u8) -> Result<(), Status> {
        // SAFETY: context and request are libubus's own and live during the call; `blob` is a whole
        // and aligned one, and libubus copies it.
        Status::check(unsafe { abi::ubus_send_reply(self.context, self.request, blob) })
    }

    /// Runs a command without waiting for it; `done` answers when it has ended.
    ///
    /// `command` is the program's absolute path and its first arguments, `more` are the others.
    /// [`Status::NOT_FOUND`] if the program is missing, [`Status::NO_MEMORY`] if another one runs.
    pub fn run(&mut self, command: Names, more: &[Word<'_>], done: Done) -> Result<(), Status> {
        exec::run(self, command, more, Some(done))
    }

    /// Runs a command without waiting for it; rpcd replies with its `code`, `stdout` and `stderr`.
    pub fn run_plainly(&mut self, command: Names) -> Result<(), Status> {
        exec::run(self, command, &[], None)
    }
}

//! One call of a method: its arguments, and the ways to answer it.

use core::ffi::CStr;

use crate::abi;
use crate::blob::Table;
use crate::exec::{self, Job};
use crate::message::Message;
use crate::status::Status;

/// A call that waits for its answer.
#[derive(Debug)]
pub struct Call<'a> {
    context: *mut abi::Context,
    request: *mut abi::RequestData,
    arguments: Table<'a>,
}

impl<'a> Call<'a> {
    pub(crate) fn new(
        context: *mut abi::Context,
        request: *mut abi::RequestData,
        arguments: Table<'a>,
    ) -> Self {
        Self {
            context,
            request,
            arguments,
        }
    }

    /// The arguments, unchecked: also ones nobody asked for, such as `ubus_rpc_session`.
    pub fn arguments(&self) -> Table<'a> {
        self.arguments
    }

    /// Sends the reply.
    pub fn reply(&mut self, message: &mut Message) -> Result<(), Status> {
        let message = message.finish().map_err(|_| Status::NoMemory)?;
        // SAFETY: context and request are libubus's own and live during the call; `message` is a
        // whole blob from realloc, so aligned, and libubus copies it.
        Status::check(unsafe { abi::ubus_send_reply(self.context, self.request, message.as_ptr()) })
    }

    /// Runs a command without waiting for it; `job` answers when it has ended.
    ///
    /// `command` is the program's absolute path and its arguments, at most [`exec::MAX_ARGUMENTS`].
    /// [`Status::NotFound`] if the program is missing, [`Status::NoMemory`] if too many run.
    pub fn run<J: Job>(&mut self, command: &[&CStr], job: J) -> Result<(), Status> {
        // SAFETY: context and request are libubus's own and live during the call.
        unsafe { exec::run(self.context, self.request, command, job) }
    }
}

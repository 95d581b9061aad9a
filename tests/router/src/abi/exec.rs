//! rpcd's `exec`: runs a program beside the rpcd thread and answers the call when it has ended.
//!
//! The programs are Rust functions of the virtual device, since those in the root filesystem are
//! for another machine; what is genuine is how their output reaches the plugin.

use std::ffi::{c_char, c_int, c_void};
use std::sync::Arc;

use super::host::{Host, complete, text, with_state};
use super::types::{BlobBuf, DoneCallback, ReadCallback, UbusRequestData};
use crate::ubus::Status;
use crate::value::{Table, Value};

/// ustream hands output on in pieces of at most this size.
const PIECE: usize = 4096;

/// A program with its arguments, ready to run.
pub(crate) type Program = Box<dyn FnOnce() -> Output + Send>;

/// What a program printed and how it ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Output {
    /// Bytes on standard output.
    pub(crate) stdout: Vec<u8>,
    /// Bytes on standard error.
    pub(crate) stderr: Vec<u8>,
    /// The exit status, 0 to 255.
    pub(crate) status: u8,
}

/// A program that was started for a call has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    run: u64,
    output: Output,
}

/// A program that is running for a call.
pub(super) struct Run {
    request: UbusRequestData,
    stdout: Option<ReadCallback>,
    stderr: Option<ReadCallback>,
    done: Option<DoneCallback>,
    private: *mut c_void,
}

/// rpcd: starts a program; the call is answered when it has ended.
pub(super) unsafe extern "C" fn exec(
    arguments: *const *const c_char,
    _stdin: *const c_void,
    stdout: Option<ReadCallback>,
    stderr: Option<ReadCallback>,
    done: Option<DoneCallback>,
    private: *mut c_void,
    _context: *mut c_void,
    request: *mut UbusRequestData,
) -> c_int {
    // SAFETY: the vector ends with a null pointer and its members are C strings.
    let arguments = unsafe { vector(arguments) };
    let program = with_state(|state| Arc::clone(&state.connections.programs))
        .and_then(|find| find(&arguments));
    let Some(program) = program else {
        tracing::warn!("this router has no program for {arguments:?}");
        return Status::NotFound.code();
    };
    // SAFETY: the request is the one the handler was given; deferring it is what rpcd does here.
    let request = unsafe {
        let copy = (*request).clone();
        (*request).deferred = true;
        copy
    };
    let started = with_state(|state| {
        let run = state.next();
        state.runs.insert(
            run,
            Run {
                request,
                stdout,
                stderr,
                done,
                private,
            },
        );
        (run, Arc::clone(&state.connections.ended))
    });
    if let Some((run, ended)) = started {
        std::thread::spawn(move || {
            ended(Ended {
                run,
                output: program(),
            });
        });
    }
    0
}

#[expect(
    clippy::unused_self,
    reason = "the handle proves that this is the rpcd thread"
)]
impl Host {
    /// Hands a program's output to the plugin, then answers the call.
    pub(crate) fn finish(&self, ended: &Ended) {
        let Some(run) = with_state(|state| state.runs.remove(&ended.run)).flatten() else {
            return;
        };
        let mut reply = BlobBuf::new();
        feed(run.stdout, &mut reply, &ended.output.stdout, run.private);
        feed(run.stderr, &mut reply, &ended.output.stderr, run.private);
        let status = match run.done {
            // SAFETY: the plugin's own callback with its own private pointer; an exit status is
            // in the second byte of a wait status.
            Some(done) => Status::from_code(unsafe {
                done(
                    &raw mut reply,
                    c_int::from(ended.output.status) << 8,
                    run.private,
                )
            }),
            None => Status::Ok,
        };
        // SAFETY: rpcd frees it too, after the last callback; plugins allocate it with malloc.
        unsafe { libc::free(run.private) };
        answer(&run, &ended.output, &reply, status);
    }
}

fn answer(run: &Run, output: &Output, reply: &BlobBuf, status: Status) {
    if status == Status::Ok {
        let mut table = reply.table().unwrap_or_else(|error| {
            tracing::error!("a plugin made a broken message: {error}");
            Table::new()
        });
        if run.stdout.is_none() && run.stderr.is_none() && run.done.is_none() {
            table.push("code", i64::from(output.status));
            for (name, bytes) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
                if !bytes.is_empty() {
                    table.push(
                        name,
                        Value::String(String::from_utf8_lossy(bytes).into_owned()),
                    );
                }
            }
        }
        with_state(|state| {
            state
                .requests
                .get_mut(&run.request.seq)
                .map(|request| request.reply.0.extend(table.0))
        });
    }
    complete(run.request.seq, status);
}

/// Offers output until the callback has taken it all; what it leaves is offered with the next piece.
fn feed(callback: Option<ReadCallback>, reply: &mut BlobBuf, output: &[u8], private: *mut c_void) {
    let Some(callback) = callback else { return };
    let mut pending = Vec::new();
    for piece in output.chunks(PIECE) {
        pending.extend_from_slice(piece);
        while !pending.is_empty() {
            let length = c_int::try_from(pending.len()).unwrap_or(c_int::MAX);
            pending.push(0);
            // SAFETY: the plugin's own callback; the bytes end with a NUL, as a ustream's do.
            let taken = unsafe { callback(reply, pending.as_mut_ptr().cast(), length, private) };
            pending.pop();
            match usize::try_from(taken) {
                Ok(taken @ 1..) => drop(pending.drain(..taken.min(pending.len()))),
                _ => break,
            }
        }
    }
}

/// # Safety
/// `first` must point to C strings and a null pointer after the last.
unsafe fn vector(mut first: *const *const c_char) -> Vec<String> {
    let mut arguments = Vec::new();
    // SAFETY: the caller vouches for the strings and the end.
    unsafe {
        while !(*first).is_null() {
            arguments.push(text(*first));
            first = first.add(1);
        }
    }
    arguments
}

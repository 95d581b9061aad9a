//! Commands that run beside rpcd: the bridge to its `ops->exec`, which forks, defers the request,
//! collects output, kills what runs too long, and replies.

use core::ffi::{CStr, c_char, c_int, c_void};
use core::ptr;

use crate::abi::{self, BlobBuf};
use crate::blob::Table;
use crate::message::Message;
use crate::object::message_bytes;
use crate::single::Single;
use crate::status::Status;

/// The most words a command may have, the program's path included.
pub const MAX_ARGUMENTS: usize = 8;

/// How many commands may run at once: each holds two pipes and [`Running`] in rpcd's process.
const MAX_RUNNING: u32 = 4;

/// What happens when a command has ended. It is kept by copy: C frees it, so it cannot own.
pub trait Job: Copy {
    /// Writes the reply, or says why there is none.
    fn done(self, output: &mut Output<'_>, reply: &mut Message) -> Result<(), Status>;
}

/// What a command left behind.
#[derive(Debug)]
pub struct Output<'a> {
    /// Whether it ended by itself with status 0. rpcd says so as well of one that it has killed for
    /// running too long: believe the output, not this alone.
    pub success: bool,
    /// The beginning of its standard output.
    pub stdout: &'a CStr,
    /// The beginning of its standard error.
    pub stderr: &'a [u8],
    blob: *mut BlobBuf,
}

impl<'a> Output<'a> {
    /// An output with nothing behind it, to test a job.
    #[doc(hidden)]
    pub fn new(success: bool, stdout: &'a CStr, stderr: &'a [u8]) -> Self {
        Self {
            success,
            stdout,
            stderr,
            blob: ptr::null_mut(),
        }
    }

    /// Puts the JSON object of the standard output into the reply as it is, and shows its fields;
    /// none if there is no such object.
    pub fn reply_with_json(&mut self) -> Option<Table<'_>> {
        if self.blob.is_null() {
            return None;
        }
        // SAFETY: `blob` is the buffer rpcd replies from, live until the callback returns; `stdout`
        // ends with NUL.
        let added = unsafe { abi::blobmsg_add_json_from_string(self.blob, self.stdout.as_ptr()) };
        if !added {
            return None;
        }
        // SAFETY: libubox keeps `head` at a whole attribute; it moves only when fields are added,
        // for which the borrow of `self` must have ended.
        Some(Table::from_message(unsafe {
            message_bytes((*self.blob).head)
        }))
    }
}

/// Output up to `N - 1` bytes; the rest is read and dropped, so that the command never blocks.
struct Capture<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> Capture<N> {
    fn append(&mut self, more: &[u8]) {
        // The last byte stays zero: it ends the text for C.
        let room = N.saturating_sub(1).saturating_sub(self.len);
        for (slot, byte) in self.bytes.iter_mut().skip(self.len).take(room).zip(more) {
            *slot = *byte;
            self.len += 1;
        }
    }

    fn text(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.bytes).unwrap_or_default()
    }
}

/// A command on its way. It lies in memory from calloc: rpcd frees it with `free` after the end.
struct Running<J> {
    job: J,
    stdout: Capture<4096>,
    stderr: Capture<1024>,
}

/// rpcd's functions, from `init` on.
static OPS: Single<*const abi::Ops> = Single::new(ptr::null());

/// Commands that run now.
static RUNNING: Single<u32> = Single::new(0);

/// Remembers rpcd's functions.
///
/// # Safety
/// `ops` is what rpcd gave to `init`: valid as long as the process.
pub(crate) unsafe fn remember(ops: *const abi::Ops) {
    OPS.set(ops);
}

/// See [`crate::Call::run`].
///
/// # Safety
/// `context` and `request` are live.
pub(crate) unsafe fn run<J: Job>(
    context: *mut abi::Context,
    request: *mut abi::RequestData,
    command: &[&CStr],
    job: J,
) -> Result<(), Status> {
    let words = words(command)?;
    let exec = exec_function().ok_or(Status::UnknownError)?;
    if RUNNING.get() >= MAX_RUNNING {
        return Err(Status::NoMemory);
    }
    let private = start(job)?;
    // SAFETY: `words` ends with null and outlives the fork inside; the callbacks match `private`.
    let code = unsafe {
        let (out, err, end) = (read_out::<J>, read_err::<J>, end::<J>);
        exec(
            words.as_ptr(),
            None,
            Some(out),
            Some(err),
            Some(end),
            private,
            context,
            request,
        )
    };
    if code == 0 {
        RUNNING.set(RUNNING.get().saturating_add(1));
    } else {
        // SAFETY: rpcd frees it only after the end of a command, and none was started.
        unsafe { abi::free(private) };
    }
    Status::check(code)
}

/// The command as C wants it, if its program can be run.
///
/// rpcd's child returns into rpcd's own loop when exec fails, which would leave two processes on
/// one connection; so a program that cannot be run must be refused before the fork.
fn words(command: &[&CStr]) -> Result<[*const c_char; MAX_ARGUMENTS + 1], Status> {
    let mut words = [ptr::null(); MAX_ARGUMENTS + 1];
    if command.len() > MAX_ARGUMENTS {
        return Err(Status::InvalidArgument);
    }
    for (word, argument) in words.iter_mut().zip(command) {
        *word = argument.as_ptr();
    }
    let program = command.first().ok_or(Status::InvalidArgument)?;
    // SAFETY: `program` ends with NUL and outlives the call.
    let runs = unsafe { abi::access(program.as_ptr(), abi::EXECUTABLE) } == 0;
    if runs {
        Ok(words)
    } else {
        Err(Status::NotFound)
    }
}

fn exec_function() -> Option<abi::Exec> {
    // SAFETY: null, or rpcd's table, which is valid as long as the process.
    unsafe { OPS.get().as_ref() }?.exec
}

fn start<J: Job>(job: J) -> Result<*mut c_void, Status> {
    // SAFETY: a plain allocation, checked below.
    let private = unsafe { abi::calloc(1, size_of::<Running<J>>()) };
    if private.is_null() {
        return Err(Status::NoMemory);
    }
    // SAFETY: large enough and aligned as malloc aligns; the captures are valid as zeroes.
    unsafe { (&raw mut (*private.cast::<Running<J>>()).job).write(job) };
    Ok(private)
}

unsafe extern "C" fn read_out<J: Job>(
    _blob: *mut BlobBuf,
    data: *const u8,
    length: c_int,
    private: *mut c_void,
) -> c_int {
    // SAFETY: rpcd passes `length` readable bytes, and the `private` of `start`, used by nobody else.
    unsafe {
        (*private.cast::<Running<J>>())
            .stdout
            .append(chunk(data, length));
    };
    length
}

unsafe extern "C" fn read_err<J: Job>(
    _blob: *mut BlobBuf,
    data: *const u8,
    length: c_int,
    private: *mut c_void,
) -> c_int {
    // SAFETY: as in `read_out`.
    unsafe {
        (*private.cast::<Running<J>>())
            .stderr
            .append(chunk(data, length));
    };
    length
}

/// # Safety
/// `data` is readable for `length` bytes during `'a`.
unsafe fn chunk<'a>(data: *const u8, length: c_int) -> &'a [u8] {
    match usize::try_from(length) {
        // SAFETY: by the contract above.
        Ok(length) if !data.is_null() => unsafe { core::slice::from_raw_parts(data, length) },
        _ => &[],
    }
}

unsafe extern "C" fn end<J: Job>(blob: *mut BlobBuf, status: c_int, private: *mut c_void) -> c_int {
    RUNNING.set(RUNNING.get().saturating_sub(1));
    // SAFETY: the `private` of `start`; rpcd frees it only after this returns.
    let running = unsafe { &*private.cast::<Running<J>>() };
    let mut output = Output {
        success: status == 0,
        stdout: running.stdout.text(),
        stderr: running
            .stderr
            .bytes
            .get(..running.stderr.len)
            .unwrap_or_default(),
        blob,
    };
    let mut reply = Message::new();
    let outcome = running.job.done(&mut output, &mut reply);
    // SAFETY: `blob` is the buffer rpcd replies from.
    Status::code(outcome.and_then(|()| unsafe { append(blob, &mut reply) }))
}

/// Copies the fields of `reply` into the buffer rpcd replies from.
///
/// # Safety
/// `blob` is live.
unsafe fn append(blob: *mut BlobBuf, reply: &mut Message) -> Result<(), Status> {
    reply.finish().map_err(|_| Status::NoMemory)?;
    for field in reply.fields() {
        let name = field.name.to_bytes_with_nul().as_ptr();
        let length = u32::try_from(field.data.len()).map_err(|_| Status::NoMemory)?;
        let kind = c_int::from(field.kind);
        // SAFETY: name ends with NUL, data is readable for its length, and libubox copies both.
        let code = unsafe { abi::blobmsg_add_field(blob, kind, name, field.data.as_ptr(), length) };
        if code != 0 {
            return Err(Status::NoMemory);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;

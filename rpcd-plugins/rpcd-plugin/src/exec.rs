//! Commands that run beside rpcd: the bridge to its `ops->exec`, which forks, defers the request,
//! collects output, kills what runs too long, and replies.

use core::cell::UnsafeCell;
use core::ffi::{CStr, c_char, c_int, c_void};
use core::marker::PhantomData;
use core::ptr;

use crate::abi::{self, BlobBuf};
use crate::call::Call;
use crate::file::can_run;
use crate::names::Names;
use crate::reply::Reply;
use crate::single::Single;
use crate::status::Status;

/// What happens when a command has ended: writes the reply, or says why there is none.
pub type Done = fn(&Output<'_>, &mut Reply) -> Result<(), Status>;

/// A word of a command.
#[derive(Debug, Clone, Copy)]
#[repr(transparent)]
pub struct Word<'a>(*const c_char, PhantomData<&'a CStr>);

impl<'a> Word<'a> {
    /// A word of that text.
    pub const fn new(text: &'a CStr) -> Self {
        Self(text.as_ptr(), PhantomData)
    }
}

/// Most words of a command.
const WORDS: usize = 7;

/// What a command left behind.
#[derive(Debug)]
pub struct Output<'a> {
    /// Whether it ended by itself with status 0. rpcd says so as well of one that it has killed for
    /// running too long: believe the output, not this alone.
    pub success: bool,
    /// The beginning of its standard output.
    pub stdout: &'a [u8],
    /// The beginning of its standard error.
    pub stderr: &'a [u8],
    /// The standard output, with a NUL behind it.
    text: *const c_char,
}

impl<'a> Output<'a> {
    /// An output as a command would leave it, to test what follows.
    #[doc(hidden)]
    pub fn new(success: bool, stdout: &'a CStr, stderr: &'a [u8]) -> Self {
        Self {
            success,
            stdout: stdout.to_bytes(),
            stderr,
            text: stdout.as_ptr(),
        }
    }

    /// Puts the JSON object of the standard output into the reply as it is; false if there is none.
    pub fn reply_with_json(&self, reply: &mut Reply) -> bool {
        // SAFETY: `append` keeps a NUL behind what it appended, and `clear` wrote the first.
        unsafe { reply.json(self.text) }
    }
}

/// Most bytes kept of one kind of output.
const KEPT: usize = 4096;

/// Output up to [`KEPT`] bytes less one; the rest is read and dropped, so that the command never
/// blocks.
struct Capture {
    len: usize,
    bytes: [u8; KEPT],
}

impl Capture {
    const EMPTY: Self = Self {
        len: 0,
        bytes: [0; KEPT],
    };

    /// Begins anew.
    fn clear(&mut self) {
        self.len = 0;
        self.bytes[0] = 0;
    }

    /// Appends what fits, behind which a NUL stays.
    fn append(&mut self, more: &[u8]) {
        for byte in more {
            if let Some([slot, end, ..]) = self.bytes.get_mut(self.len..) {
                (*slot, *end) = (*byte, 0);
                self.len += 1;
            }
        }
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// The command that runs. One at a time: its output lies in rpcd's process.
struct Running {
    done: Option<Done>,
    stdout: Capture,
    stderr: Capture,
}

struct Slot(UnsafeCell<Running>);

// SAFETY: used in `run` and rpcd's callbacks only, on rpcd's only thread, none inside another.
unsafe impl Sync for Slot {}

static RUNNING: Slot = Slot(UnsafeCell::new(Running {
    done: None,
    stdout: Capture::EMPTY,
    stderr: Capture::EMPTY,
}));

/// rpcd's functions, from `init` on.
static OPS: Single<*const abi::Ops> = Single::new(ptr::null());

/// Remembers rpcd's functions.
///
/// # Safety
/// `ops` is what rpcd gave to `init`: valid as long as the process.
pub(crate) unsafe fn remember(ops: *const abi::Ops) {
    OPS.set(ops);
}

/// Whether a command runs whose end is waited for.
pub fn is_running() -> bool {
    // SAFETY: see `Slot`.
    unsafe { (*RUNNING.0.get()).done.is_some() }
}

/// See [`Call::run`] and [`Call::run_plainly`].
///
/// rpcd's child returns into rpcd's own loop when exec fails, which would leave two processes on
/// one connection; so a program that cannot be run must be refused before the fork.
pub(crate) fn run(
    call: &mut Call<'_>,
    command: Names,
    more: &[Word<'_>],
    done: Option<Done>,
) -> Result<(), Status> {
    if !command.clone().next().is_some_and(can_run) {
        return Err(Status::NOT_FOUND);
    }
    // The last one stays null, which is how C sees the end.
    let mut words = [ptr::null(); WORDS + 1];
    let mut count = 0;
    let mut add = |word| {
        if let Some(slot) = words
            .get_mut(..WORDS)
            .and_then(|words| words.get_mut(count))
        {
            *slot = word;
            count += 1;
        }
    };
    for word in command {
        add(word.as_ptr());
    }
    for word in more {
        add(word.0);
    }
    let callbacks = done.is_some();
    // SAFETY: see `Slot`; the reference ends before rpcd can call back.
    let running = unsafe { &mut *RUNNING.0.get() };
    if callbacks {
        if running.done.is_some() {
            return Err(Status::NO_MEMORY);
        }
        running.stdout.clear();
        running.stderr.clear();
    }
    // SAFETY: null, or rpcd's table, which is valid as long as the process.
    let exec = unsafe { OPS.get().as_ref() }.and_then(|ops| ops.exec);
    let exec = exec.ok_or(Status::UNKNOWN_ERROR)?;
    let read = |callback: abi::ReadCallback| callbacks.then_some(callback);
    let end = callbacks.then_some(end as abi::DoneCallback);
    // SAFETY: the words end with null and outlive the fork inside; context and request are live
    // during the call.
    let code = unsafe {
        let (out, err) = (read(read_out), read(read_err));
        exec(
            words.as_ptr(),
            None,
            out,
            err,
            end,
            ptr::null_mut(),
            call.context,
            call.request,
        )
    };
    if code == 0 && callbacks {
        // SAFETY: see `Slot`.
        unsafe { (*RUNNING.0.get()).done = done };
    }
    Status::check(code)
}

unsafe extern "C" fn read_out(
    _: *mut BlobBuf,
    data: *const u8,
    length: c_int,
    _: *mut c_void,
) -> c_int {
    // SAFETY: see `Slot`; rpcd passes `length` readable bytes.
    unsafe { take(&raw mut (*RUNNING.0.get()).stdout, data, length) }
}

unsafe extern "C" fn read_err(
    _: *mut BlobBuf,
    data: *const u8,
    length: c_int,
    _: *mut c_void,
) -> c_int {
    // SAFETY: as in `read_out`.
    unsafe { take(&raw mut (*RUNNING.0.get()).stderr, data, length) }
}

/// # Safety
/// `capture` is used by nobody else; `data` is readable for `length` bytes.
unsafe fn take(capture: *mut Capture, data: *const u8, length: c_int) -> c_int {
    if let Ok(length) = usize::try_from(length) {
        // SAFETY: by the contract above.
        unsafe { (*capture).append(core::slice::from_raw_parts(data, length)) };
    }
    length
}

unsafe extern "C" fn end(blob: *mut BlobBuf, status: c_int, _: *mut c_void) -> c_int {
    // SAFETY: see `Slot`; nothing `done` may call reaches the slot's contents.
    let running = unsafe { &mut *RUNNING.0.get() };
    let Some(done) = running.done.take() else {
        return Status::code(Err(Status::UNKNOWN_ERROR));
    };
    let output = Output {
        success: status == 0,
        stdout: running.stdout.bytes(),
        stderr: running.stderr.bytes(),
        text: running.stdout.bytes.as_ptr().cast(),
    };
    // SAFETY: `blob` is the buffer rpcd replies from, live until this returns.
    Status::code(done(&output, &mut unsafe { Reply::new(blob) }))
}

#[cfg(test)]
mod tests;

//! The bridge against an `exec` of our own, which behaves as rpcd's is documented to.

use std::sync::Mutex;

use super::*;
use crate::blob::Table;

/// rpcd has one thread; the bridge counts on it.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// What `exec` was given last.
static PRIVATE: Mutex<Option<usize>> = Mutex::new(None);
static COMMAND: Mutex<Vec<String>> = Mutex::new(Vec::new());

unsafe extern "C" fn accept(
    arguments: *const *const c_char,
    _: Option<abi::WriteCallback>,
    _: Option<abi::ReadCallback>,
    _: Option<abi::ReadCallback>,
    _: Option<abi::DoneCallback>,
    private: *mut c_void,
    _: *mut abi::Context,
    _: *mut abi::RequestData,
) -> c_int {
    // SAFETY: a list of strings that ends with null.
    let words = (0..)
        .map(|index| unsafe { *arguments.add(index) })
        .take_while(|word| !word.is_null());
    // SAFETY: each ends with NUL.
    let words = words.map(|word| unsafe { CStr::from_ptr(word) }.to_str().unwrap().to_owned());
    *COMMAND.lock().unwrap() = words.collect();
    *PRIVATE.lock().unwrap() = Some(private.expose_provenance());
    0
}

unsafe extern "C" fn decline(
    _: *const *const c_char,
    _: Option<abi::WriteCallback>,
    _: Option<abi::ReadCallback>,
    _: Option<abi::ReadCallback>,
    _: Option<abi::DoneCallback>,
    _: *mut c_void,
    _: *mut abi::Context,
    _: *mut abi::RequestData,
) -> c_int {
    9
}

#[expect(clippy::unnecessary_wraps, reason = "the form of every end")]
fn echo(output: &Output<'_>, reply: &mut Reply) -> Result<(), Status> {
    reply.boolean(c"success", output.success);
    reply.string(c"out", output.stdout);
    reply.string(c"err", output.stderr);
    Ok(())
}

fn start_with(exec: abi::Exec, command: &'static [u8], more: &[&CStr]) -> Result<(), Status> {
    let ops = Box::leak(Box::new(abi::Ops {
        session_access: ptr::null(),
        session_create_cb: ptr::null(),
        session_destroy_cb: ptr::null(),
        exec: Some(exec),
        exec_timeout: ptr::null_mut(),
    }));
    // SAFETY: leaked, so valid for good.
    unsafe { remember(ops) };
    let more: Vec<_> = more.iter().map(|word| Word::new(word)).collect();
    // Neither `exec` above looks at context or request.
    let mut call = Call::new(
        ptr::null_mut(),
        ptr::null_mut(),
        ptr::null(),
        Table::default(),
    );
    call.run(Names::new(command), &more, echo)
}

/// Lets the command that was accepted last end as rpcd would; the fields of the reply.
fn finish(out: &[u8], err: &[u8], status: c_int) -> Vec<(String, Vec<u8>)> {
    assert!(PRIVATE.lock().unwrap().take().is_some());
    for (text, read) in [(out, read_out as abi::ReadCallback), (err, read_err)] {
        for chunk in text.chunks(1500) {
            let length = c_int::try_from(chunk.len()).unwrap();
            // SAFETY: the chunk is readable.
            let consumed =
                unsafe { read(ptr::null_mut(), chunk.as_ptr(), length, ptr::null_mut()) };
            assert_eq!(consumed, length);
        }
    }
    let message = crate::host::written(|reply| {
        // SAFETY: the buffer lives until the reply is read.
        assert_eq!(unsafe { end(reply.buffer(), status, ptr::null_mut()) }, 0);
    });
    Table::from_message(&message)
        .into_iter()
        .map(|field| {
            (
                str::from_utf8(field.name).unwrap().to_owned(),
                field.data.to_vec(),
            )
        })
        .collect()
}

fn field(name: &str, data: &[u8]) -> (String, Vec<u8>) {
    (name.to_owned(), data.to_vec())
}

#[test]
fn a_command_answers_when_it_has_ended() {
    let _guard = ONE_AT_A_TIME.lock();
    start_with(accept, b"/bin/sh\0-c\0\0", &[c"true"]).unwrap();
    assert_eq!(*COMMAND.lock().unwrap(), ["/bin/sh", "-c", "true"]);
    let reply = finish(b"hello\n", b"oh\xff", 256);
    let expected = [
        field("success", &[0]),
        field("out", b"hello\n\0"),
        field("err", b"oh?\0"),
    ];
    assert_eq!(reply, expected);
}

#[test]
fn output_is_consumed_whole_and_kept_up_to_a_limit() {
    let _guard = ONE_AT_A_TIME.lock();
    start_with(accept, b"/bin/sh\0\0", &[]).unwrap();
    let reply = finish(&[b'o'; 15_000], &[b'e'; 15_000], 0);
    assert_eq!((reply[1].1.len(), reply[2].1.len()), (1025, 1025));
    // SAFETY: no command runs.
    assert_eq!(unsafe { &*RUNNING.0.get() }.stdout.len, KEPT - 1);
}

#[test]
fn nothing_of_one_command_is_left_for_the_next() {
    let _guard = ONE_AT_A_TIME.lock();
    start_with(accept, b"/bin/sh\0\0", &[]).unwrap();
    finish(b"first", b"first", 0);
    start_with(accept, b"/bin/sh\0\0", &[]).unwrap();
    assert_eq!(
        finish(b"", b"", 0)[1..],
        [field("out", b"\0"), field("err", b"\0")]
    );
}

#[test]
fn only_one_command_runs_at_once() {
    let _guard = ONE_AT_A_TIME.lock();
    start_with(accept, b"/bin/sh\0\0", &[]).unwrap();
    assert_eq!(
        start_with(accept, b"/bin/sh\0\0", &[]),
        Err(Status::NO_MEMORY)
    );
    finish(b"", b"", 0);
    start_with(accept, b"/bin/sh\0\0", &[]).unwrap();
    finish(b"", b"", 0);
}

#[test]
fn a_command_that_was_not_started_does_not_count() {
    let _guard = ONE_AT_A_TIME.lock();
    for (exec, command, status) in [
        (
            decline as abi::Exec,
            &b"/bin/sh\0\0"[..],
            Status::UNKNOWN_ERROR,
        ),
        (accept, b"/bin/no-such-program\0\0", Status::NOT_FOUND),
        (accept, b"/etc/passwd\0\0", Status::NOT_FOUND),
        (accept, b"\0", Status::NOT_FOUND),
    ] {
        assert_eq!(start_with(exec, command, &[]), Err(status));
    }
    start_with(accept, b"/bin/sh\0\0", &[]).unwrap();
    finish(b"", b"", 0);
}

//! The bridge against an `exec` of our own, which behaves as rpcd's is documented to.

use std::sync::Mutex;

use super::*;

/// rpcd has one thread; the bridge counts on it.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// What `exec` was given last.
static PRIVATE: Mutex<Option<usize>> = Mutex::new(None);
static COMMAND: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// What was added to the reply: name and data.
static ADDED: Mutex<Vec<(String, Vec<u8>)>> = Mutex::new(Vec::new());

#[unsafe(no_mangle)]
unsafe extern "C" fn blobmsg_add_field(
    _blob: *mut BlobBuf,
    _kind: c_int,
    name: *const u8,
    data: *const u8,
    length: u32,
) -> c_int {
    // SAFETY: the bridge passes a name with NUL and data of that length.
    let (name, data) = unsafe {
        let data = core::slice::from_raw_parts(data, length as usize);
        (CStr::from_ptr(name.cast()), data.to_vec())
    };
    ADDED
        .lock()
        .unwrap()
        .push((name.to_str().unwrap().to_owned(), data));
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn blobmsg_add_json_from_string(_: *mut BlobBuf, _: *const c_char) -> bool {
    false
}

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

#[derive(Clone, Copy)]
struct Echo;

impl Job for Echo {
    fn done(self, output: &mut Output<'_>, reply: &mut Message) -> Result<(), Status> {
        reply.boolean("success", output.success);
        reply.string("out", output.stdout.to_str().unwrap());
        reply.string("err", core::str::from_utf8(output.stderr).unwrap());
        Ok(())
    }
}

fn start_with(exec: abi::Exec, command: &[&CStr]) -> Result<(), Status> {
    let ops = Box::leak(Box::new(abi::Ops {
        session_access: ptr::null(),
        session_create_cb: ptr::null(),
        session_destroy_cb: ptr::null(),
        exec: Some(exec),
        exec_timeout: ptr::null_mut(),
    }));
    // SAFETY: leaked, so valid for good; neither `exec` above looks at context or request.
    unsafe {
        remember(ops);
        run(ptr::null_mut(), ptr::null_mut(), command, Echo)
    }
}

/// Lets the command that was accepted last end as rpcd would.
fn finish(out: &[u8], err: &[u8], status: c_int) -> Vec<(String, Vec<u8>)> {
    let private: *mut c_void =
        ptr::with_exposed_provenance_mut(PRIVATE.lock().unwrap().take().unwrap());
    ADDED.lock().unwrap().clear();
    for (text, read) in [
        (out, read_out::<Echo> as abi::ReadCallback),
        (err, read_err::<Echo>),
    ] {
        for chunk in text.chunks(1500) {
            let length = c_int::try_from(chunk.len()).unwrap();
            // SAFETY: the chunk is readable; `private` came from `start`.
            let consumed = unsafe { read(ptr::null_mut(), chunk.as_ptr(), length, private) };
            assert_eq!(consumed, length);
        }
    }
    // SAFETY: `private` came from `start`; rpcd frees it after the end.
    unsafe {
        assert_eq!(end::<Echo>(ptr::null_mut(), status, private), 0);
        abi::free(private);
    }
    ADDED.lock().unwrap().clone()
}

fn field(name: &str, data: &[u8]) -> (String, Vec<u8>) {
    (name.to_owned(), data.to_vec())
}

#[test]
fn a_command_answers_when_it_has_ended() {
    let _guard = ONE_AT_A_TIME.lock();
    start_with(accept, &[c"/bin/sh", c"-c", c"true"]).unwrap();
    assert_eq!(*COMMAND.lock().unwrap(), ["/bin/sh", "-c", "true"]);
    let reply = finish(b"hello\n", b"oh", 256);
    let expected = [
        field("success", &[0]),
        field("out", b"hello\n\0"),
        field("err", b"oh\0"),
    ];
    assert_eq!(reply, expected);
}

#[test]
fn output_is_consumed_whole_and_kept_up_to_a_limit() {
    let _guard = ONE_AT_A_TIME.lock();
    start_with(accept, &[c"/bin/sh"]).unwrap();
    let reply = finish(&[b'o'; 15_000], &[b'e'; 15_000], 0);
    assert_eq!(reply[1].1.len(), 4096);
    assert_eq!(reply[2].1.len(), 1024);
}

#[test]
fn only_so_many_commands_run_at_once() {
    let _guard = ONE_AT_A_TIME.lock();
    let mut running = Vec::new();
    for _ in 0..MAX_RUNNING {
        start_with(accept, &[c"/bin/sh"]).unwrap();
        running.push(PRIVATE.lock().unwrap().take());
    }
    assert_eq!(start_with(accept, &[c"/bin/sh"]), Err(Status::NoMemory));
    for private in running {
        *PRIVATE.lock().unwrap() = private;
        finish(b"", b"", 0);
    }
    start_with(accept, &[c"/bin/sh"]).unwrap();
    finish(b"", b"", 0);
}

#[test]
fn a_command_that_was_not_started_does_not_count() {
    let _guard = ONE_AT_A_TIME.lock();
    for _ in 0..=MAX_RUNNING {
        assert_eq!(
            start_with(decline, &[c"/bin/sh"]),
            Err(Status::UnknownError)
        );
    }
    assert_eq!(
        start_with(accept, &[c"/bin/no-such-program"]),
        Err(Status::NotFound)
    );
    assert_eq!(start_with(accept, &[c"/etc/passwd"]), Err(Status::NotFound));
    assert_eq!(
        start_with(accept, &[c"/bin/sh"; MAX_ARGUMENTS + 1]),
        Err(Status::InvalidArgument)
    );
    assert_eq!(start_with(accept, &[]), Err(Status::InvalidArgument));
    start_with(accept, &[c"/bin/sh"]).unwrap();
    finish(b"", b"", 0);
}

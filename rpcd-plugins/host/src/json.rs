//! Prints blobmsg as JSON, and refuses what a strict reader of blobmsg would.

use core::ffi::{CStr, c_int, c_longlong};

use crate::c::{printf, putchar};
use crate::fail;

/// Prints status and reply in one line.
pub(crate) fn answer(status: c_int, reply: &[u8]) {
    text(b"{\"status\":");
    number(status.into());
    text(b",\"reply\":");
    match reply {
        [] => text(b"null"),
        [_, _, _, _, fields @ ..] => members(fields, true),
        _ => broken(),
    }
    text(b"}\n");
}

/// The members of a table (with names) or an array.
fn members(mut rest: &[u8], named: bool) {
    byte(if named { b'{' } else { b'[' });
    let mut first = true;
    while !rest.is_empty() {
        if !first {
            byte(b',');
        }
        first = false;
        rest = member(rest, named);
    }
    byte(if named { b'}' } else { b']' });
}

/// Prints the first member and gives what is behind it.
fn member(bytes: &[u8], named: bool) -> &[u8] {
    let word = u32::from_be_bytes(part(bytes, 0));
    let length = (word & 0x00ff_ffff) as usize;
    let name_length = usize::from(u16::from_be_bytes(part(bytes, 4)));
    let Some(name) = bytes.get(6..6 + name_length) else {
        broken()
    };
    let start = 4 + ((2 + name_length + 1 + 3) & !3);
    let (Some(data), Some(rest)) = (bytes.get(start..length), bytes.get((length + 3) & !3..))
    else {
        broken()
    };
    let padding = bytes.get(6 + name_length..start).into_iter();
    let behind = bytes.get(length..(length + 3) & !3).into_iter();
    if padding.chain(behind).flatten().any(|byte| *byte != 0) || word >> 31 == 0 {
        broken();
    }
    if named {
        quoted(name);
        byte(b':');
    }
    value((word >> 24) & 0x7f, data);
    rest
}

fn value(kind: u32, data: &[u8]) {
    match (kind, data) {
        (1, _) => members(data, false),
        (2, _) => members(data, true),
        (3, [content @ .., 0]) => quoted(content),
        (4, _) => number(i64::from_be_bytes(part(data, 0))),
        (5, _) => number(i32::from_be_bytes(part(data, 0)).into()),
        (7, [0]) => text(b"false"),
        (7, [1]) => text(b"true"),
        _ => broken(),
    }
}

fn part<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let part = bytes.get(at..).and_then(|rest| rest.first_chunk());
    part.copied().unwrap_or_else(|| broken())
}

fn quoted(content: &[u8]) {
    byte(b'"');
    for next in content {
        match next {
            b'"' | b'\\' => text(&[b'\\', *next]),
            // Below a space JSON wants the number.
            0..=31 => print(c"\\u%04llx", i64::from(*next)),
            _ => byte(*next),
        }
    }
    byte(b'"');
}

fn number(number: i64) {
    print(c"%lld", number);
}

fn print(format: &CStr, number: c_longlong) {
    // SAFETY: both formats used here take one number of 64 bits.
    unsafe { printf(format.as_ptr(), number) };
}

fn text(text: &[u8]) {
    text.iter().copied().for_each(byte);
}

fn byte(byte: u8) {
    // SAFETY: takes any byte.
    unsafe { putchar(byte.into()) };
}

fn broken() -> ! {
    fail(c"the reply is no blobmsg")
}

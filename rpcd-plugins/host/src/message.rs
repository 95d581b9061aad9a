//! Arguments as blobmsg, in room of fixed size.

use core::ffi::CStr;

use crate::fail;

/// The most a message of one truth value may have.
const ROOM: usize = 256;

/// A message, aligned as memory from `malloc` is.
#[repr(C, align(16))]
pub(crate) struct Message {
    pub(crate) bytes: [u8; ROOM],
}

impl Message {
    /// `{name: true}`, or `{}` without a name.
    pub(crate) fn new(name: Option<&CStr>) -> Self {
        let mut bytes = [0; ROOM];
        let mut length = 4;
        if let Some(name) = name.map(CStr::to_bytes) {
            // Type INT8, which is how a truth value travels; then the length of what follows.
            let padded = (2 + name.len() + 1 + 3) & !3;
            let field = 4 + padded + 1;
            put(&mut bytes, 4, &word(0x8700_0000, field));
            put(
                &mut bytes,
                8,
                word(0, name.len()).get(2..).unwrap_or_default(),
            );
            put(&mut bytes, 10, name);
            put(&mut bytes, 8 + padded, &[1]);
            length = 4 + field + 3;
        }
        put(&mut bytes, 0, &word(0, length));
        Self { bytes }
    }
}

fn word(flags: u32, length: usize) -> [u8; 4] {
    (flags | u32::try_from(length).unwrap_or_default()).to_be_bytes()
}

fn put(bytes: &mut [u8; ROOM], at: usize, part: &[u8]) {
    match bytes
        .get_mut(at..)
        .and_then(|rest| rest.get_mut(..part.len()))
    {
        Some(room) => room.copy_from_slice(part),
        None => fail(c"the argument's name is too long"),
    }
}

//! The growing message that a plugin fills after a program has run.

use std::ffi::{CStr, c_char, c_int, c_void};

use super::types::BlobBuf;
use crate::blobmsg::{self, BlobError};
use crate::value::{Table, Value};

impl BlobBuf {
    /// An empty message.
    pub(super) fn new() -> Self {
        let mut buffer = Self {
            head: std::ptr::null_mut(),
            grow: Some(grow),
            buflen: 0,
            buf: std::ptr::null_mut(),
        };
        buffer.replace(&blobmsg::encode_message(&Table::new()));
        buffer
    }

    /// The bytes of the message.
    fn bytes(&self) -> Vec<u8> {
        // SAFETY: `head` points to a message that `replace` wrote, at least its 4 bytes of header.
        unsafe { message_bytes(self.head) }
    }

    /// The members of the message.
    pub(super) fn table(&self) -> Result<Table, BlobError> {
        blobmsg::decode_message(&self.bytes())
    }

    /// Puts a message of these bytes into the memory, grown if it has to and may.
    ///
    /// A plugin's own buffer has no function to grow it: it stays in the memory it was given.
    fn replace(&mut self, bytes: &[u8]) -> bool {
        let fits = usize::try_from(self.buflen).is_ok_and(|room| bytes.len() <= room);
        if fits {
            // SAFETY: `head` is the beginning of `buflen` bytes, of which no slice borrows.
            unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.head, bytes.len()) };
        }
        if fits || self.grow.is_none() {
            return fits;
        }
        // SAFETY: `buf` is null or came from realloc; realloc keeps the old block if it fails, and
        // then nothing is written. The new block holds `bytes.len()` bytes.
        unsafe {
            let memory = libc::realloc(self.buf, bytes.len());
            if memory.is_null() {
                return false;
            }
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), memory.cast(), bytes.len());
            self.buf = memory;
            self.head = memory.cast();
        }
        self.buflen = c_int::try_from(bytes.len()).unwrap_or(c_int::MAX);
        true
    }

    /// Appends what `write` appends.
    fn append(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> bool {
        let mut bytes = self.bytes();
        write(&mut bytes);
        let Ok(length) = u32::try_from(bytes.len()) else {
            return false;
        };
        bytes[..4].copy_from_slice(&length.to_be_bytes());
        self.replace(&bytes)
    }
}

impl Drop for BlobBuf {
    fn drop(&mut self) {
        // SAFETY: `buf` came from realloc and is not used after this.
        unsafe { libc::free(self.buf) };
    }
}

/// Marks a buffer as one that may grow; who fills it calls functions of this file, which grow it.
unsafe extern "C" fn grow(_buffer: *mut BlobBuf, _more: c_int) -> bool {
    false
}

/// A copy of the message at `head`.
///
/// # Safety
/// `head` must point to a blob attribute, all of whose length is readable.
pub(super) unsafe fn message_bytes(head: *const u8) -> Vec<u8> {
    // SAFETY: the caller vouches for the header and for the length it states.
    unsafe {
        let length = blobmsg::raw_length(*head.cast::<[u8; 4]>()).max(4);
        std::slice::from_raw_parts(head, length).to_vec()
    }
}

/// libubox: appends one attribute of raw data; 0 if it worked.
#[unsafe(no_mangle)]
unsafe extern "C" fn blobmsg_add_field(
    buffer: *mut BlobBuf,
    kind: c_int,
    name: *const c_char,
    data: *const c_void,
    length: u32,
) -> c_int {
    // SAFETY: a plugin passes the buffer it was given, a C string or null, and `length` bytes.
    let (buffer, name, data) = unsafe {
        let name = if name.is_null() {
            c""
        } else {
            CStr::from_ptr(name)
        };
        let data = if data.is_null() {
            &[]
        } else {
            std::slice::from_raw_parts(data.cast(), length as usize)
        };
        (&mut *buffer, name, data)
    };
    let Ok(kind) = u8::try_from(kind) else {
        return -1;
    };
    if buffer.append(|bytes| blobmsg::encode_attribute(bytes, kind, name.to_bytes(), data)) {
        0
    } else {
        -1
    }
}

/// libubox: appends the members of a JSON object; false if the text is none.
#[unsafe(no_mangle)]
unsafe extern "C" fn blobmsg_add_json_from_string(
    buffer: *mut BlobBuf,
    text: *const c_char,
) -> bool {
    // SAFETY: a plugin passes the buffer it was given and a C string.
    let (buffer, text) = unsafe { (&mut *buffer, CStr::from_ptr(text)) };
    match serde_json::from_slice(text.to_bytes()) {
        Ok(Value::Table(table)) => buffer.append(|bytes| {
            for (name, value) in &table.0 {
                blobmsg::encode_value(bytes, name, value);
            }
        }),
        _ => false,
    }
}

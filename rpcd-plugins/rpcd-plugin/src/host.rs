//! Stand-ins for libubox and a router's files, so that plugins can be tested as plain programs.

use core::ffi::{CStr, c_char, c_int, c_uint};
use std::vec::Vec;

use crate::abi::BlobBuf;
use crate::blob::{Kind, Table};
use crate::message::Message;
use crate::object::message_bytes;
use crate::reply::Reply;

/// What `write` writes into a reply, as the bytes of its message.
pub fn written(write: impl FnOnce(&mut Reply)) -> Vec<u8> {
    // The memory behind replies is one for the whole process, as rpcd has one thread.
    static ONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _one = ONE.lock();
    let mut reply = Reply::begin();
    write(&mut reply);
    // SAFETY: the reply lives until the end of this function, and only we write to it.
    unsafe { message_bytes(reply.head()) }.to_vec()
}

std::thread_local! {
    static ROOT: std::cell::RefCell<Vec<u8>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// Runs `f` with the files of this thread below the folder `root` instead of `/`.
pub fn with_root<T>(root: &std::path::Path, f: impl FnOnce() -> T) -> T {
    // A plugin keeps its state for the process, as rpcd has one thread.
    static ONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _one = ONE.lock();
    let before = ROOT.replace(root.as_os_str().as_encoded_bytes().to_vec());
    let result = f();
    ROOT.set(before);
    result
}

/// Where this thread finds a file.
pub(crate) fn place(path: &CStr) -> std::ffi::CString {
    let place = [ROOT.with_borrow(Clone::clone), path.to_bytes().to_vec()].concat();
    std::ffi::CString::new(place).unwrap_or_default()
}

/// Appends one field to the reply at `head`, which has room for `room` bytes.
///
/// # Safety
/// `blob` is live, its `head` at the beginning of its memory.
unsafe fn append(blob: *mut BlobBuf, fields: &[u8]) -> bool {
    // SAFETY: by the contract above; the length was checked against the room.
    unsafe {
        let head = (*blob).head.cast_mut();
        let length = message_bytes(head).len();
        if length + fields.len() > usize::try_from((*blob).buflen).unwrap_or_default() {
            return false;
        }
        core::ptr::copy_nonoverlapping(fields.as_ptr(), head.add(length), fields.len());
        let length = u32::try_from(length + fields.len()).unwrap_or_default();
        head.cast::<[u8; 4]>().write(length.to_be_bytes());
    }
    true
}

#[unsafe(no_mangle)]
unsafe extern "C" fn blobmsg_add_field(
    blob: *mut BlobBuf,
    kind: c_int,
    name: *const c_char,
    data: *const u8,
    length: c_uint,
) -> c_int {
    // SAFETY: the caller passes a name with NUL and data of that length.
    let (name, data) = unsafe {
        let data = core::slice::from_raw_parts(data, length as usize);
        (CStr::from_ptr(name).to_bytes(), data)
    };
    let kind = [Kind::Table, Kind::String, Kind::Int64, Kind::Bool]
        .into_iter()
        .find(|known| *known as c_int == kind);
    let Some(kind) = kind else { return -1 };
    let mut message = Message::new();
    message.raw(kind, name, data);
    let Ok(bytes) = message.finish() else {
        return -1;
    };
    // SAFETY: the caller passes a live buffer.
    let added = unsafe { append(blob, bytes.get(4..).unwrap_or_default()) };
    if added { 0 } else { -1 }
}

/// Takes objects of nothing but truth values, `{"valid":true}`, which is what tests need.
#[unsafe(no_mangle)]
unsafe extern "C" fn blobmsg_add_json_from_string(blob: *mut BlobBuf, text: *const c_char) -> bool {
    // SAFETY: the caller passes text with NUL.
    let text = unsafe { CStr::from_ptr(text) }.to_str().unwrap_or_default();
    let inner = text
        .trim()
        .strip_prefix('{')
        .and_then(|text| text.strip_suffix('}'));
    let mut message = Message::new();
    let read = inner.is_some_and(|inner| {
        inner.split(',').all(|pair| match pair.split_once(':') {
            Some((name, value)) => {
                let name = name.trim().trim_matches('"').as_bytes();
                match value.trim() {
                    "true" | "false" => message.boolean(name, value.trim() == "true"),
                    other => message.string(name, other.as_bytes()),
                }
                true
            }
            None => false,
        })
    });
    let bytes = message.finish().map(Table::from_message);
    // SAFETY: the caller passes a live buffer.
    read && bytes.is_ok_and(|fields| unsafe { append(blob, fields.bytes()) })
}

//! Small replies, written by libubox into the buffer they are sent from.
//!
//! rpcd's `exec` offers only such a buffer; with one more of our own, every small reply is written
//! the same way. Long ones are [`crate::Message`]s, which grow without libubox's cost for each field.

use core::cell::UnsafeCell;
use core::ffi::{CStr, c_char, c_int};
use core::mem::MaybeUninit;
use core::ptr;

use crate::abi::{self, BlobBuf};
use crate::blob::{Kind, Table};
use crate::object::message_fields;

/// Most bytes of a text in a reply; the rest is left out.
const TEXT: usize = 1024;

/// A reply under construction.
#[derive(Debug)]
pub struct Reply {
    blob: *mut BlobBuf,
}

impl Reply {
    /// # Safety
    /// `blob` is live and initialised as long as the reply.
    pub(crate) unsafe fn new(blob: *mut BlobBuf) -> Self {
        Self { blob }
    }

    /// Adds text. What is neither printable ASCII nor a line end becomes `?`: JSON carries no other
    /// bytes safely, and a file or a tool may hold any.
    pub fn string(&mut self, name: &CStr, value: &[u8]) {
        let mut text = [const { MaybeUninit::uninit() }; TEXT + 1];
        let value = value.get(..TEXT).unwrap_or(value);
        let mut slots = text.iter_mut();
        for (byte, slot) in value.iter().zip(&mut slots) {
            slot.write(match *byte {
                b' '..=b'~' | b'\n' => *byte,
                _ => b'?',
            });
        }
        if let Some(end) = slots.next() {
            end.write(0);
        }
        // SAFETY: one more than there are bytes in `value` was written, which has at most `TEXT`.
        let text = unsafe { core::slice::from_raw_parts(text.as_ptr().cast(), value.len() + 1) };
        self.field(Kind::String, name, text);
    }

    /// Adds a truth value.
    #[inline(never)]
    pub fn boolean(&mut self, name: &CStr, value: bool) {
        self.field(Kind::Bool, name, &[u8::from(value)]);
    }

    /// Adds a number. ubus has no unsigned type; no size comes near the difference.
    #[inline(never)]
    pub fn number(&mut self, name: &CStr, value: u64) {
        self.field(Kind::Int64, name, &value.to_be_bytes());
    }

    /// Adds an empty table.
    pub fn empty_table(&mut self, name: &CStr) {
        self.field(Kind::Table, name, &[]);
    }

    /// Adds the fields of a JSON object as they are; false, and nothing added, if it is none.
    ///
    /// # Safety
    /// `text` ends with NUL.
    pub(crate) unsafe fn json(&mut self, text: *const c_char) -> bool {
        // SAFETY: `blob` is live by the contract of `new`.
        unsafe { abi::blobmsg_add_json_from_string(self.blob, text) }
    }

    /// The fields so far.
    pub fn fields(&self) -> Table<'_> {
        // SAFETY: libubox keeps `head` at a whole attribute; it moves only when fields are added,
        // for which the borrow of `self` must have ended.
        unsafe { message_fields((*self.blob).head) }
    }

    fn field(&mut self, kind: Kind, name: &CStr, data: &[u8]) {
        let (kind, name) = (kind as c_int, name.as_ptr());
        // No data here comes near 32 bits.
        #[expect(clippy::cast_possible_truncation, reason = "at most TEXT")]
        let length = data.len() as u32;
        // SAFETY: `blob` is live; the name ends with NUL, data is readable for its length, and
        // libubox copies both. Where there is no room it adds nothing.
        unsafe { abi::blobmsg_add_field(self.blob, kind, name, data.as_ptr(), length) };
    }
}

/// Most bytes of a small reply.
const ROOM: usize = 3072;
/// The same for C.
const LENGTH: c_int = 3072;

/// The buffer of the small reply being written. Without a function to grow it libubox stops at its
/// end.
struct Scratch {
    blob: BlobBuf,
    memory: [u32; ROOM / 4],
}

struct Memory(UnsafeCell<Scratch>);

// SAFETY: rpcd has one thread, and a reply is sent before the next is begun.
unsafe impl Sync for Memory {}

static MEMORY: Memory = Memory(UnsafeCell::new(Scratch {
    blob: BlobBuf {
        head: ptr::null(),
        grow: ptr::null(),
        buflen: 0,
        buf: ptr::null_mut(),
    },
    memory: [0; ROOM / 4],
}));

impl Reply {
    /// An empty reply; what was written into the last one is gone.
    pub(crate) fn begin() -> Self {
        let scratch = MEMORY.0.get();
        // SAFETY: the last reply was sent or given up, and nobody else uses the memory.
        unsafe {
            let memory = (&raw mut (*scratch).memory).cast::<u32>();
            // A message of nothing but its own header.
            memory.write(4u32.to_be());
            let blob = &raw mut (*scratch).blob;
            (*blob).head = memory.cast();
            (*blob).buf = memory.cast();
            (*blob).buflen = LENGTH;
            Self::new(blob)
        }
    }

    /// The buffer behind it.
    #[cfg(test)]
    pub(crate) fn buffer(&self) -> *mut BlobBuf {
        self.blob
    }

    /// The message.
    pub(crate) fn head(&self) -> *const u8 {
        // SAFETY: `blob` is live by the contract of `new`.
        unsafe { (*self.blob).head }
    }
}

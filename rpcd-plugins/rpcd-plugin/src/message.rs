//! Writes blobmsg, the binary form of ubus replies.

use core::ptr;

use crate::blob::{self, HEADER, Kind, Table};
use crate::bytes::{Bytes, Full, LIMIT};

/// A message under construction.
///
/// An error (memory, [`LIMIT`]) is remembered and told by [`Message::finish`], so that writing a
/// field stays one line; after it nothing more is written.
#[derive(Debug)]
pub struct Message {
    bytes: Bytes,
}

/// An open table; give it back to [`Message::close_table`].
#[derive(Debug)]
#[must_use = "a table that is not closed has no length"]
pub struct OpenTable {
    start: usize,
    content: usize,
}

impl Message {
    /// An empty message.
    pub fn new() -> Self {
        let mut bytes = Bytes::new();
        // The outer attribute has no name and id 0: its header is its length, written at the end.
        bytes.push(&[0; HEADER]);
        Self { bytes }
    }

    /// Adds text. A NUL inside would end it early for C readers.
    pub fn string(&mut self, name: &[u8], value: &[u8]) {
        self.field(Kind::String, name, value, 1);
    }

    /// Adds a truth value.
    pub fn boolean(&mut self, name: &[u8], value: bool) {
        self.field(Kind::Bool, name, &[u8::from(value)], 0);
    }

    /// Starts a table.
    pub fn open_table(&mut self, name: &[u8]) -> OpenTable {
        let start = self.bytes.len();
        self.field(Kind::Table, name, &[], 0);
        OpenTable {
            start,
            content: self.bytes.len(),
        }
    }

    /// Ends a table. All children are padded, so its length is a multiple of 4.
    #[expect(clippy::needless_pass_by_value, reason = "a table is closed once")]
    pub fn close_table(&mut self, table: OpenTable) {
        let length = self.bytes.len().wrapping_sub(table.start);
        self.overwrite(table.start, blob::header(Kind::Table as u8, length));
    }

    /// Removes the field of that name from an open table, if it is there.
    pub fn remove(&mut self, table: &OpenTable, name: &[u8]) {
        let content = self.bytes.as_slice().get(table.content..);
        if let Some(found) = blob::find(content.unwrap_or_default(), name) {
            let (start, end) = (table.content + found.start, table.content + found.end);
            self.bytes.remove(start, end);
        }
    }

    /// The fields written so far.
    pub fn fields(&self) -> Table<'_> {
        Table::new(self.bytes.as_slice().get(HEADER..).unwrap_or_default())
    }

    /// The finished message, or why there is none.
    pub fn finish(&mut self) -> Result<&[u8], Full> {
        let length = blob::word(self.bytes.len());
        self.overwrite(0, length);
        self.bytes.finish()
    }

    /// Adds a field of any kind.
    #[cfg(any(test, feature = "host"))]
    pub(crate) fn raw(&mut self, kind: Kind, name: &[u8], data: &[u8]) {
        self.field(kind, name, data, 0);
    }

    /// Adds a field with `zeroes` more bytes of data, at most one.
    fn field(&mut self, kind: Kind, name: &[u8], value: &[u8], zeroes: usize) {
        let data = HEADER + blob::name_length(name.len());
        let length = data.wrapping_add(value.len()).wrapping_add(zeroes);
        let padded = blob::padded(length);
        let fits = u16::try_from(name.len()).is_ok() && value.len() <= LIMIT;
        // What can never fit is as good as what does not fit now.
        let Some(room) = self.bytes.extend(if fits { padded } else { LIMIT + 1 }) else {
            return;
        };
        let names = blob::word(name.len());
        // SAFETY: `padded` bytes at `room` are ours to write: the header of 4, then `data - 4` for
        // the name, then the value and what is zero, all of them words. The last word of the name's
        // part and of the whole hold the padding, so they are zeroed first.
        unsafe {
            ptr::write_bytes(room.add(data - HEADER), 0, HEADER);
            ptr::write_bytes(room.add(padded - HEADER), 0, HEADER);
            room.cast::<[u8; HEADER]>()
                .write(blob::header(kind as u8, length));
            room.add(HEADER)
                .cast::<[u8; 2]>()
                .write([names[2], names[3]]);
            ptr::copy_nonoverlapping(name.as_ptr(), room.add(HEADER + 2), name.len());
            ptr::copy_nonoverlapping(value.as_ptr(), room.add(data), value.len());
        }
    }

    fn overwrite(&mut self, start: usize, word: [u8; HEADER]) {
        let room = self.bytes.as_mut_slice().get_mut(start..);
        if let Some(room) = room.and_then(|room| room.first_chunk_mut::<HEADER>()) {
            *room = word;
        }
    }
}

impl Default for Message {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;

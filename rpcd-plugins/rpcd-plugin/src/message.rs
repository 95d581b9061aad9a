//! Writes blobmsg, the binary form of ubus replies.

use crate::blob::{self, HEADER, Kind, Table};
use crate::bytes::{Bytes, Full};

/// The most a message may hold: ubusd drops a client that sends 1 MiB, and rpcd ends with it, so
/// the envelope that libubus puts around a reply must fit as well.
pub const LIMIT: usize = 1024 * 1024 - 4096;

/// A message under construction.
///
/// An error (memory, [`LIMIT`]) is remembered and told by [`Message::finish`], so that writing a
/// field stays one line; after it nothing more is written.
#[derive(Debug)]
pub struct Message {
    bytes: Bytes,
    full: bool,
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
        let mut message = Self {
            bytes: Bytes::new(LIMIT),
            full: false,
        };
        message.write(|bytes| bytes.push_zeroes(HEADER));
        message
    }

    /// Adds text. A NUL inside would end it early for C readers.
    pub fn string(&mut self, name: &str, value: &str) {
        self.field(Kind::String, name, &[value.as_bytes(), &[0]]);
    }

    /// Adds a truth value.
    pub fn boolean(&mut self, name: &str, value: bool) {
        self.field(Kind::Bool, name, &[&[u8::from(value)]]);
    }

    /// Adds a number. ubus has no unsigned type: what passes `i64` is left out.
    pub fn number(&mut self, name: &str, value: u64) {
        if let Ok(value) = i64::try_from(value) {
            self.field(Kind::Int64, name, &[&value.to_be_bytes()]);
        }
    }

    /// Starts a table.
    pub fn open_table(&mut self, name: &str) -> OpenTable {
        let start = self.bytes.len();
        self.field(Kind::Table, name, &[]);
        OpenTable {
            start,
            content: self.bytes.len(),
        }
    }

    /// Ends a table. All children are padded, so its length is a multiple of 4.
    #[expect(clippy::needless_pass_by_value, reason = "a table is closed once")]
    pub fn close_table(&mut self, table: OpenTable) {
        let length = self.bytes.len().saturating_sub(table.start);
        self.set_header(table.start, Kind::Table as u8, length);
    }

    /// Removes the field of that name from an open table, if it is there.
    pub fn remove(&mut self, table: &OpenTable, name: &str) {
        let bytes = self.bytes.as_slice();
        let mut fields = Table::new(bytes.get(table.content..).unwrap_or_default()).into_iter();
        let mut start = fields.remaining();
        while let Some(field) = fields.next() {
            let end = fields.remaining();
            if field.name.to_bytes() == name.as_bytes() {
                let at = bytes.len().saturating_sub(start);
                let count = start.saturating_sub(end);
                self.bytes.remove(at, count);
                return;
            }
            start = end;
        }
    }

    /// The fields written so far.
    pub fn fields(&self) -> Table<'_> {
        Table::new(self.bytes.as_slice().get(HEADER..).unwrap_or_default())
    }

    /// The finished message, or why there is none.
    pub fn finish(&mut self) -> Result<&[u8], Full> {
        if self.full {
            return Err(Full);
        }
        let length = u32::try_from(self.bytes.len()).map_err(|_| Full)?;
        // The outer attribute has no name and id 0: its header is its length.
        self.overwrite(0, length.to_be_bytes());
        Ok(self.bytes.as_slice())
    }

    fn field(&mut self, kind: Kind, name: &str, parts: &[&[u8]]) {
        let start = self.bytes.len();
        self.write(|bytes| push_field(bytes, name, parts));
        let length = self.bytes.len().saturating_sub(start);
        self.set_header(start, kind as u8, length);
        let padding = blob::padded(length) - length;
        self.write(|bytes| bytes.push_zeroes(padding));
    }

    fn set_header(&mut self, start: usize, kind: u8, length: usize) {
        if let Ok(length) = u32::try_from(length) {
            self.overwrite(start, blob::header(kind, length));
        }
    }

    fn overwrite(&mut self, start: usize, word: [u8; HEADER]) {
        let room = self.bytes.as_mut_slice().get_mut(start..);
        if let Some(room) = room.and_then(|room| room.first_chunk_mut::<HEADER>()) {
            *room = word;
        }
    }

    fn write(&mut self, step: impl FnOnce(&mut Bytes) -> Result<(), Full>) {
        if !self.full {
            self.full = step(&mut self.bytes).is_err();
        }
    }
}

impl Default for Message {
    fn default() -> Self {
        Self::new()
    }
}

/// Header (still zero), name and data; no padding after the data.
fn push_field(bytes: &mut Bytes, name: &str, parts: &[&[u8]]) -> Result<(), Full> {
    let length = u16::try_from(name.len()).map_err(|_| Full)?;
    bytes.push_zeroes(HEADER)?;
    bytes.push(&length.to_be_bytes())?;
    bytes.push(name.as_bytes())?;
    bytes.push_zeroes(blob::name_length(name.len()) - name.len() - 2)?;
    parts.iter().try_for_each(|part| bytes.push(part))
}

#[cfg(test)]
mod tests;

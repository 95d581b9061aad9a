//! Reads blobmsg, the binary form of ubus arguments, from bytes nobody has checked.
//!
//! An attribute is `u32` big endian (bit 31: has a name; 7 bits type; 24 bits length with this
//! header), then `u16` name length, name, NUL, zero padding to 4, then data padded to 4.

use core::ffi::CStr;

/// The value types of blobmsg, with their numbers on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Fields with names.
    Table = 2,
    /// Text with a final NUL.
    String = 3,
    /// 8 bytes, big endian.
    Int64 = 4,
    /// 4 bytes, big endian.
    Int32 = 5,
    /// One byte, 0 or 1; also called INT8.
    Bool = 7,
}

/// Set when the attribute has a name.
const EXTENDED: u32 = 0x8000_0000;
/// The low bits that hold the length.
const LENGTH: u32 = 0x00ff_ffff;
/// Bytes of the header of an attribute.
pub(crate) const HEADER: usize = 4;

/// `length` rounded up to the next multiple of 4.
pub(crate) const fn padded(length: usize) -> usize {
    length.saturating_add(3) & !3
}

/// Bytes of name length, name, NUL and padding.
pub(crate) const fn name_length(name: usize) -> usize {
    padded(name.saturating_add(3))
}

/// The first word of an attribute with a name.
pub(crate) const fn header(kind: u8, length: u32) -> [u8; 4] {
    (EXTENDED | (kind as u32) << 24 | length & LENGTH).to_be_bytes()
}

/// One named value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// The type's number, see [`Kind`].
    pub kind: u8,
    /// The name.
    pub name: &'a CStr,
    /// The data, without padding.
    pub data: &'a [u8],
}

impl<'a> Field<'a> {
    fn read(kind: u8, body: &'a [u8]) -> Option<Self> {
        let (length, rest) = body.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_be_bytes(*length));
        // A name ends where C code, which reads up to the NUL, sees its end.
        let name = CStr::from_bytes_until_nul(rest.get(..=length)?).ok()?;
        let data = body.get(name_length(length)..)?;
        Some(Self { kind, name, data })
    }

    /// The fields inside, if this is a table.
    pub fn table(&self) -> Option<Table<'a>> {
        self.is(Kind::Table).then_some(Table { bytes: self.data })
    }

    /// The text up to its NUL, if this is UTF-8 text.
    pub fn string(&self) -> Option<&'a str> {
        if !self.is(Kind::String) {
            return None;
        }
        let end = self.data.iter().position(|byte| *byte == 0)?;
        core::str::from_utf8(self.data.get(..end)?).ok()
    }

    /// The truth value, if this is one.
    pub fn boolean(&self) -> Option<bool> {
        match (self.is(Kind::Bool), self.data) {
            (true, [byte]) => Some(*byte != 0),
            _ => None,
        }
    }

    fn is(&self, kind: Kind) -> bool {
        self.kind == kind as u8
    }
}

/// Named values one after another, as in a message or a table.
#[derive(Debug, Clone, Copy, Default)]
pub struct Table<'a> {
    bytes: &'a [u8],
}

impl<'a> Table<'a> {
    /// The values in `bytes`, which starts at the first of them.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// The values of a whole message, which starts with its own header.
    pub fn from_message(message: &'a [u8]) -> Self {
        match split(message) {
            Some((attribute, _)) => Self {
                bytes: attribute.body,
            },
            None => Self::default(),
        }
    }

    /// The first field of that name.
    pub fn get(self, name: &str) -> Option<Field<'a>> {
        self.into_iter()
            .find(|field| field.name.to_bytes() == name.as_bytes())
    }

    /// The text of that name, if it is text.
    pub fn string(self, name: &str) -> Option<&'a str> {
        self.get(name)?.string()
    }

    /// The truth value of that name, if it is one.
    pub fn boolean(self, name: &str) -> Option<bool> {
        self.get(name)?.boolean()
    }

    /// The table of that name, if it is one.
    pub fn table(self, name: &str) -> Option<Table<'a>> {
        self.get(name)?.table()
    }
}

impl<'a> IntoIterator for Table<'a> {
    type Item = Field<'a>;
    type IntoIter = Fields<'a>;

    fn into_iter(self) -> Fields<'a> {
        Fields { rest: self.bytes }
    }
}

/// The fields of a [`Table`] in order; it ends at the first attribute whose length cannot be.
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    rest: &'a [u8],
}

impl Fields<'_> {
    /// How many bytes are not yet read.
    pub(crate) fn remaining(&self) -> usize {
        self.rest.len()
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        loop {
            let (attribute, rest) = split(self.rest)?;
            self.rest = rest;
            if attribute.named
                && let Some(field) = Field::read(attribute.kind, attribute.body)
            {
                return Some(field);
            }
        }
    }
}

struct Attribute<'a> {
    named: bool,
    kind: u8,
    body: &'a [u8],
}

/// The first attribute and what follows its padding.
fn split(bytes: &[u8]) -> Option<(Attribute<'_>, &[u8])> {
    let word = u32::from_be_bytes(*bytes.first_chunk::<HEADER>()?);
    let length = (word & LENGTH) as usize;
    let body = bytes.get(HEADER..length)?;
    let rest = bytes.get(padded(length)..)?;
    let [top, ..] = word.to_be_bytes();
    Some((
        Attribute {
            named: word & EXTENDED != 0,
            kind: top & 0x7f,
            body,
        },
        rest,
    ))
}

#[cfg(test)]
pub(crate) mod tests;

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

/// Set in the first byte when the attribute has a name; the other bits are the type.
const EXTENDED: u8 = 0x80;
/// Bytes of the header of an attribute.
pub(crate) const HEADER: usize = 4;

/// Where a name starts, behind the header and the length of the name.
const NAME: usize = HEADER + 2;

/// `length` rounded up to the next multiple of 4.
pub(crate) const fn padded(length: usize) -> usize {
    length.saturating_add(3) & !3
}

/// Bytes of name length, name, NUL and padding.
pub(crate) const fn name_length(name: usize) -> usize {
    padded(name.saturating_add(3))
}

/// A length as a word of a message; no message comes near 32 bits.
#[expect(clippy::cast_possible_truncation, reason = "a message is below 1 MiB")]
pub(crate) const fn word(length: usize) -> [u8; 4] {
    (length as u32).to_be_bytes()
}

/// The first word of an attribute with a name.
pub(crate) const fn header(kind: u8, length: usize) -> [u8; 4] {
    let [_, high, middle, low] = word(length);
    [EXTENDED | kind, high, middle, low]
}

/// One named value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// The type's number, see [`Kind`].
    pub kind: u8,
    /// The name.
    pub name: &'a [u8],
    /// The data, without padding.
    pub data: &'a [u8],
}

impl<'a> Field<'a> {
    /// The fields inside, if this is a table.
    pub fn table(&self) -> Option<Table<'a>> {
        self.is(Kind::Table).then_some(Table { bytes: self.data })
    }

    /// The text up to its NUL, if this is text.
    pub fn string(&self) -> Option<&'a CStr> {
        if !self.is(Kind::String) {
            return None;
        }
        let end = self.data.iter().position(|byte| *byte == 0)?;
        let text = self.data.get(..=end)?;
        // SAFETY: the last byte is the first NUL.
        Some(unsafe { CStr::from_bytes_with_nul_unchecked(text) })
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

    /// The bytes of the values.
    #[cfg(any(test, feature = "host"))]
    pub(crate) fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// The values of a whole message, which starts with its own header and is as long as that says.
    pub fn from_message(message: &'a [u8]) -> Self {
        Self {
            bytes: message.get(HEADER..).unwrap_or_default(),
        }
    }

    /// The first field of that name.
    pub fn get(self, name: &[u8]) -> Option<Field<'a>> {
        find(self.bytes, name).map(|found| found.field)
    }

    /// The text of that name, if it is text.
    pub fn string(self, name: &[u8]) -> Option<&'a CStr> {
        self.get(name)?.string()
    }

    /// The truth value of that name, if it is one.
    pub fn boolean(self, name: &[u8]) -> Option<bool> {
        self.get(name)?.boolean()
    }

    /// The table of that name, if it is one.
    pub fn table(self, name: &[u8]) -> Option<Table<'a>> {
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

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        while !self.rest.is_empty() {
            let (field, length) = first(self.rest)?;
            self.rest = self.rest.get(length..)?;
            if field.is_some() {
                return field;
            }
        }
        None
    }
}

/// A field and where it lies, padding included.
pub(crate) struct Found<'a> {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) field: Field<'a>,
}

/// The first field of that name.
pub(crate) fn find<'a>(bytes: &'a [u8], name: &[u8]) -> Option<Found<'a>> {
    let mut start = 0;
    loop {
        let (field, length) = first(bytes.get(start..)?)?;
        let end = start + length;
        match field {
            Some(field) if field.name == name => return Some(Found { start, end, field }),
            _ => start = end,
        }
    }
}

/// The first attribute as a field, unless it has no name or a wrong one, and its padded length.
///
/// None where its length cannot be, or behind it there is nothing: an attribute without even its own
/// header would never end, and one that ends before its name does has no field.
fn first(bytes: &[u8]) -> Option<(Option<Field<'_>>, usize)> {
    let [kind, a, b, c, high, low] = *bytes.first_chunk::<NAME>()?;
    let length = u32::from_be_bytes([0, a, b, c]) as usize;
    let next = padded(length);
    if length < HEADER || next > bytes.len() {
        return None;
    }
    let names = usize::from(u16::from_be_bytes([high, low]));
    let data = HEADER + name_length(names);
    let field = (kind & EXTENDED != 0 && data <= length).then(|| {
        // SAFETY: NAME + names < data <= length <= bytes.len().
        let (name, data) = unsafe {
            let name = bytes.get_unchecked(NAME..NAME + names);
            (name, bytes.get_unchecked(data..length))
        };
        Field {
            kind: kind & !EXTENDED,
            name,
            data,
        }
    });
    Some((field, next))
}

#[cfg(test)]
pub(crate) mod tests;

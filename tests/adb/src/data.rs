//! The data of a database: values that point at each other.
//!
//! A value is a word: four bits of type, and a number or an offset. What was written before is
//! pointed at and not written again.

use std::collections::HashMap;

/// Offsets have 28 bits.
const END: usize = 1 << 28;

pub(crate) const INT: u32 = 0x1000_0000;
const INT_32: u32 = 0x2000_0000;
const BLOB_8: u32 = 0x8000_0000;
const BLOB_16: u32 = 0x9000_0000;
const BLOB_32: u32 = 0xa000_0000;
/// Arrays and objects both; apk knows a type for arrays of its own, and `mkndx` does not use it.
const SLOTS: u32 = 0xe000_0000;

/// A value; nothing by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Value(u32);

impl Value {
    /// Where the bytes of a text of at most 255 bytes begin.
    pub(crate) fn offset(self) -> usize {
        (self.0 as usize) % END + 1
    }
}

/// The data while they are written.
pub(crate) struct Data {
    bytes: Vec<u8>,
    known: HashMap<Vec<u8>, usize>,
}

impl Data {
    pub(crate) fn new() -> Self {
        // Two versions, two bytes for later, and the root, which comes last.
        let bytes = vec![0; 8];
        let known = HashMap::new();
        Self { bytes, known }
    }

    pub(crate) fn number(&mut self, number: u32) -> Value {
        if number < INT {
            Value(INT | number)
        } else {
            self.put(INT_32, &number.to_le_bytes(), 4)
        }
    }

    /// Bytes; nothing where there are none.
    pub(crate) fn blob(&mut self, bytes: &[u8]) -> Value {
        let length = bytes.len();
        if length == 0 {
            Value::default()
        } else if let Ok(length) = u8::try_from(length) {
            self.put(BLOB_8, &[&[length], bytes].concat(), 1)
        } else if let Ok(length) = u16::try_from(length) {
            self.put(BLOB_16, &[&length.to_le_bytes(), bytes].concat(), 2)
        } else {
            let length = u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes();
            self.put(BLOB_32, &[&length, bytes].concat(), 4)
        }
    }

    /// Bytes with a place of their own, where others may be put later: see [`Value::offset`].
    pub(crate) fn own_blob(&mut self, bytes: &[u8]) -> Value {
        let at = self.bytes.len();
        self.bytes
            .push(u8::try_from(bytes.len()).unwrap_or(u8::MAX));
        self.bytes.extend_from_slice(bytes);
        Value(BLOB_8 | u32::try_from(at % END).unwrap_or_default())
    }

    /// Items of an array, or fields by number, the first one being 1; trailing absent ones are left
    /// out.
    pub(crate) fn slots(&mut self, values: &[Value]) -> Value {
        let last = values.iter().rposition(|value| *value != Value::default());
        let Some(last) = last else {
            return Value::default();
        };
        // The first word counts itself.
        let count = u32::try_from(last + 2).unwrap_or(u32::MAX);
        let words = std::iter::once(count).chain(values[..=last].iter().map(|value| value.0));
        let bytes: Vec<u8> = words.flat_map(u32::to_le_bytes).collect();
        self.put(SLOTS, &bytes, 4)
    }

    /// The data, if offsets could reach all of them.
    pub(crate) fn finish(mut self, root: Value) -> Option<Vec<u8>> {
        self.bytes[4..8].copy_from_slice(&root.0.to_le_bytes());
        (self.bytes.len() <= END).then_some(self.bytes)
    }

    fn put(&mut self, kind: u32, bytes: &[u8], alignment: usize) -> Value {
        let known = self.known.get(bytes).copied();
        let at = known.filter(|at| at % alignment == 0).unwrap_or_else(|| {
            let at = self.bytes.len().next_multiple_of(alignment);
            self.bytes.resize(at, 0);
            self.bytes.extend_from_slice(bytes);
            self.known.insert(bytes.to_vec(), at);
            at
        });
        // Too large ones are found out at the end.
        Value(kind | (u32::try_from(at % END).unwrap_or_default()))
    }
}

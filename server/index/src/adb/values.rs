//! The values of a database: numbers, texts, and lists of values.
//!
//! A value is a word: four bits of type, and a number or an offset into the data.

use std::cell::Cell;

use super::AdbError;

/// How many bytes a database may unfold to for each byte it has; writers store equal values once,
/// so that some do, but no index comes near this.
const UNFOLDING: usize = 64;

/// The data of a database.
#[derive(Debug)]
pub(super) struct Data<'a> {
    bytes: &'a [u8],
    /// Bytes that may still be read.
    budget: Cell<usize>,
}

/// A value, not yet looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Value(u32);

/// An object or an array: its values, by field number (from 1) or position.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slots<'a>(&'a [u8]);

impl Value {
    /// Where nothing is.
    pub(super) const NULL: Self = Self(0);

    fn offset(self) -> usize {
        (self.0 & 0x0fff_ffff) as usize
    }
}

impl<'a> Data<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        let budget = Cell::new(bytes.len().saturating_mul(UNFOLDING));
        Self { bytes, budget }
    }

    /// The value everything else is below of.
    pub(super) fn root(&self) -> Result<Value, AdbError> {
        self.array(4).map(u32::from_le_bytes).map(Value)
    }

    /// A number; 0 for what is none.
    pub(super) fn number(&self, value: Value) -> Result<u64, AdbError> {
        let offset = value.offset();
        match value.0 >> 28 {
            1 => Ok(offset as u64),
            2 => self
                .array(offset)
                .map(|four| u32::from_le_bytes(four).into()),
            3 => self.array(offset).map(u64::from_le_bytes),
            _ => Ok(0),
        }
    }

    /// Bytes; none for what are none.
    pub(super) fn blob(&self, value: Value) -> Result<Option<&'a [u8]>, AdbError> {
        let at = value.offset();
        let (length, header) = match value.0 >> 28 {
            8 => (self.array(at).map(|[one]| usize::from(one))?, 1),
            9 => (self.array(at).map(|two| u16::from_le_bytes(two).into())?, 2),
            10 => (self.array(at).map(u32::from_le_bytes)? as usize, 4),
            _ => return Ok(None),
        };
        self.slice(at + header, length).map(Some)
    }

    /// The values of an object or an array; none for what is neither.
    pub(super) fn slots(&self, value: Value) -> Result<Slots<'a>, AdbError> {
        if !matches!(value.0 >> 28, 13 | 14) {
            return Ok(Slots(&[]));
        }
        let at = value.offset();
        // The first word counts itself.
        let count = self.array(at).map(u32::from_le_bytes)? as usize;
        let slots = count.saturating_sub(1);
        self.slice(at + 4, slots.saturating_mul(4)).map(Slots)
    }

    fn array<const N: usize>(&self, at: usize) -> Result<[u8; N], AdbError> {
        let found = self.bytes.get(at..).and_then(<[u8]>::first_chunk);
        found.copied().ok_or(AdbError::Value { at })
    }

    fn slice(&self, at: usize, length: usize) -> Result<&'a [u8], AdbError> {
        let rest = self.bytes.get(at..).and_then(|rest| rest.get(..length));
        let slice = rest.ok_or(AdbError::Value { at })?;
        let left = self.budget.get().checked_sub(length);
        self.budget.set(left.ok_or(AdbError::Unfolds)?);
        Ok(slice)
    }
}

impl<'a> Slots<'a> {
    /// The value of a field, numbered from 1.
    pub(super) fn get(self, field: usize) -> Value {
        let words = self.0.chunks_exact(4);
        words.map(word).nth(field - 1).unwrap_or(Value::NULL)
    }

    /// All values, absent ones included.
    pub(super) fn iter(self) -> impl Iterator<Item = Value> + use<'a> {
        self.0.chunks_exact(4).map(word)
    }
}

fn word(bytes: &[u8]) -> Value {
    bytes
        .try_into()
        .map_or(Value::NULL, |word| Value(u32::from_le_bytes(word)))
}

//! blobmsg: the bytes in which ubus carries values. Hand-written, because no crate has the format
//! without the C library, and plugins must be given, and must give, the genuine bytes.
//!
//! Everything is big endian. An attribute is a 32-bit word (bit 31: has a name; 7 bits of type; 24
//! bits of length with this word, without the padding), then, if named, a 16-bit length, the name,
//! a NUL, and padding to 4 bytes; then the data, padded to 4 bytes.

use crate::value::{Table, Value};

/// Bit 31 of an attribute's first word: a blobmsg header with a name follows.
const EXTENDED: u32 = 0x8000_0000;
/// The length bits of an attribute's first word.
const LENGTH: u32 = 0x00ff_ffff;
/// Tables in tables that are followed before a message is refused; libubox has no limit.
const MAX_DEPTH: usize = 32;

/// The types of blobmsg values, as they stand on the wire and in a method's policy.
pub(crate) mod kind {
    pub(crate) const UNSPEC: u8 = 0;
    pub(crate) const ARRAY: u8 = 1;
    pub(crate) const TABLE: u8 = 2;
    pub(crate) const STRING: u8 = 3;
    pub(crate) const INT64: u8 = 4;
    pub(crate) const INT32: u8 = 5;
    pub(crate) const INT16: u8 = 6;
    pub(crate) const INT8: u8 = 7;
    pub(crate) const DOUBLE: u8 = 8;
}

/// Why bytes are not a message.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BlobError {
    /// A length points outside of its container.
    #[error("an attribute at byte {0} does not fit into what contains it")]
    Bounds(usize),
    /// The data is too short for its type, or the type is unknown.
    #[error("an attribute has type {0} but no data of that type")]
    Data(u8),
    /// Tables are nested too deep.
    #[error("tables are nested more than {MAX_DEPTH} deep")]
    Depth,
}

/// A whole message: an outer attribute without name around the members.
pub(crate) fn encode_message(table: &Table) -> Vec<u8> {
    let mut message = vec![0; 4];
    for (name, value) in &table.0 {
        encode_value(&mut message, name, value);
    }
    seal(&mut message, 0, 0);
    message
}

/// Appends one named value.
pub(crate) fn encode_value(out: &mut Vec<u8>, name: &str, value: &Value) {
    let (kind, data) = match value {
        Value::Null => (kind::UNSPEC, Vec::new()),
        Value::Array(members) => (
            kind::ARRAY,
            encode_members(members.iter().map(|value| ("", value))),
        ),
        Value::Table(table) => (
            kind::TABLE,
            encode_members(table.0.iter().map(|(name, value)| (name.as_str(), value))),
        ),
        Value::String(text) => (kind::STRING, [text.as_bytes(), &[0]].concat()),
        Value::Int64(number) => (kind::INT64, number.to_be_bytes().to_vec()),
        Value::Int32(number) => (kind::INT32, number.to_be_bytes().to_vec()),
        Value::Int16(number) => (kind::INT16, number.to_be_bytes().to_vec()),
        Value::Bool(value) => (kind::INT8, vec![u8::from(*value)]),
        Value::Double(number) => (kind::DOUBLE, number.to_bits().to_be_bytes().to_vec()),
    };
    encode_attribute(out, kind, name.as_bytes(), &data);
}

fn encode_members<'a>(members: impl Iterator<Item = (&'a str, &'a Value)>) -> Vec<u8> {
    let mut data = Vec::new();
    for (name, value) in members {
        encode_value(&mut data, name, value);
    }
    data
}

/// Appends one attribute of any type with its raw data.
pub(crate) fn encode_attribute(out: &mut Vec<u8>, kind: u8, name: &[u8], data: &[u8]) {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    let name = &name[..name.len().min(usize::from(u16::MAX))];
    out.extend_from_slice(&u16::try_from(name.len()).unwrap_or(u16::MAX).to_be_bytes());
    out.extend_from_slice(name);
    out.push(0);
    pad(out, start);
    out.extend_from_slice(data);
    seal(out, start, EXTENDED | u32::from(kind) << 24);
    pad(out, start);
}

/// Writes an attribute's first word, now that its length is known.
fn seal(out: &mut [u8], start: usize, word: u32) {
    let length = u32::try_from(out.len() - start).unwrap_or(LENGTH) & LENGTH;
    out[start..start + 4].copy_from_slice(&(word | length).to_be_bytes());
}

fn pad(out: &mut Vec<u8>, start: usize) {
    let length = (out.len() - start).next_multiple_of(4);
    out.resize(start + length, 0);
}

/// The length with header of the attribute that begins with these bytes.
pub(crate) fn raw_length(head: [u8; 4]) -> usize {
    (u32::from_be_bytes(head) & LENGTH) as usize
}

/// The members of a whole message.
pub(crate) fn decode_message(bytes: &[u8]) -> Result<Table, BlobError> {
    let head = bytes.first_chunk::<4>().ok_or(BlobError::Bounds(0))?;
    let members = bytes
        .get(4..raw_length(*head))
        .ok_or(BlobError::Bounds(0))?;
    decode_members(members, 0).map(Table)
}

fn decode_members(bytes: &[u8], depth: usize) -> Result<Vec<(String, Value)>, BlobError> {
    if depth > MAX_DEPTH {
        return Err(BlobError::Depth);
    }
    let mut members = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let (length, member) =
            decode_attribute(&bytes[at..], depth).map_err(|error| match error {
                BlobError::Bounds(inner) => BlobError::Bounds(at + inner),
                other => other,
            })?;
        members.push(member);
        at += length;
    }
    Ok(members)
}

/// The attribute at the start of `bytes`, and how many bytes it takes with its padding.
fn decode_attribute(bytes: &[u8], depth: usize) -> Result<(usize, (String, Value)), BlobError> {
    let bounds = BlobError::Bounds(0);
    let Some(head) = bytes.first_chunk::<4>() else {
        return Err(bounds);
    };
    let word = u32::from_be_bytes(*head);
    let Some(body) = bytes.get(4..raw_length(*head)) else {
        return Err(bounds);
    };
    let Some(name_length) = body.first_chunk::<2>() else {
        return Err(bounds);
    };
    let name_length = usize::from(u16::from_be_bytes(*name_length));
    let header = (2 + name_length + 1).next_multiple_of(4);
    let (Some(name), Some(data)) = (body.get(2..2 + name_length), body.get(header..)) else {
        return Err(bounds);
    };
    let padded = raw_length(*head).next_multiple_of(4);
    if word & EXTENDED == 0 || padded > bytes.len() {
        return Err(bounds);
    }
    let kind = (word >> 24 & 0x7f) as u8;
    Ok((
        padded,
        (
            String::from_utf8_lossy(name).into_owned(),
            decode_data(kind, data, depth)?,
        ),
    ))
}

fn decode_data(kind: u8, data: &[u8], depth: usize) -> Result<Value, BlobError> {
    let wrong = BlobError::Data(kind);
    Ok(match kind {
        kind::UNSPEC => Value::Null,
        kind::ARRAY => Value::Array(
            decode_members(data, depth + 1)?
                .into_iter()
                .map(|(_, value)| value)
                .collect(),
        ),
        kind::TABLE => Value::Table(Table(decode_members(data, depth + 1)?)),
        kind::STRING => {
            let text = data
                .split(|byte| *byte == 0)
                .next()
                .filter(|text| text.len() < data.len())
                .ok_or(wrong)?;
            Value::String(String::from_utf8_lossy(text).into_owned())
        }
        kind::INT64 => Value::Int64(i64::from_be_bytes(*data.first_chunk().ok_or(wrong)?)),
        kind::INT32 => Value::Int32(i32::from_be_bytes(*data.first_chunk().ok_or(wrong)?)),
        kind::INT16 => Value::Int16(i16::from_be_bytes(*data.first_chunk().ok_or(wrong)?)),
        kind::INT8 => Value::Bool(*data.first().ok_or(wrong)? != 0),
        kind::DOUBLE => Value::Double(f64::from_be_bytes(*data.first_chunk().ok_or(wrong)?)),
        _ => return Err(wrong),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Written by C on `x86_64` and on a big endian MIPS, both the same.
    const EXAMPLE: &str = "00000048820000440008 7061636b61676573 0000 8300000e 00036162 63000000 31000000 \
        83000012 00026162 00000000 31323334 35000000 8700000d 0003616c 6c000000 01000000";

    fn example() -> Table {
        let packages = Table::new()
            .with("abc", "1")
            .with("ab", "12345")
            .with("all", true);
        Table::new().with("packages", packages)
    }

    #[test]
    fn the_genuine_bytes_are_written_and_read() {
        let bytes = hex::decode(EXAMPLE.replace(char::is_whitespace, "")).unwrap();
        assert_eq!(hex::encode(encode_message(&example())), hex::encode(&bytes));
        assert_eq!(decode_message(&bytes), Ok(example()));
    }

    #[test]
    fn a_text_without_nul_is_refused() {
        let mut bytes = encode_message(&Table::new().with("a", "xyz"));
        let last = bytes.len() - 1;
        bytes[last] = b'!';
        assert_eq!(decode_message(&bytes), Err(BlobError::Data(kind::STRING)));
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i16>().prop_map(Value::Int16),
            any::<i32>().prop_map(Value::Int32),
            any::<i64>().prop_map(Value::Int64),
            (-1e300..1e300).prop_map(Value::Double),
            "[^\0]{0,40}".prop_map(Value::String),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            let table = prop::collection::vec(("[^\0]{0,20}", inner.clone()), 0..6);
            prop_oneof![
                prop::collection::vec(inner, 0..6).prop_map(Value::Array),
                table.prop_map(|members| Value::Table(Table(members))),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_message_survives_the_way_there_and_back(members in prop::collection::vec(("[^\0]{0,20}", value()), 0..6)) {
            let table = Table(members);
            let bytes = encode_message(&table);
            prop_assert_eq!(bytes.len() % 4, 0);
            prop_assert_eq!(decode_message(&bytes), Ok(table));
        }

        #[test]
        fn damaged_messages_are_refused_or_read_but_never_overrun(
            members in prop::collection::vec(("[^\0]{0,20}", value()), 1..4), at in any::<prop::sample::Index>(), byte in any::<u8>()
        ) {
            let mut bytes = encode_message(&Table(members));
            let at = at.index(bytes.len());
            bytes[at] = byte;
            // A message that still reads must be one that can be written.
            if let Ok(table) = decode_message(&bytes) {
                let again = encode_message(&table);
                prop_assert_eq!(decode_message(&again).map(|table| encode_message(&table)), Ok(again));
            }
        }
    }
}

//! A ubus value: what a blobmsg attribute holds, and its JSON form.
//!
//! `serde_json::Value` does not fit: ubus keeps the order of a table's members and tells widths of
//! numbers apart, and replies are compared byte by byte with a genuine router's.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// One value of a ubus message.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// No value: JSON `null`.
    Null,
    /// Values without names.
    Array(Vec<Value>),
    /// Named values.
    Table(Table),
    /// Text.
    String(String),
    /// A 64-bit number.
    Int64(i64),
    /// A 32-bit number.
    Int32(i32),
    /// A 16-bit number.
    Int16(i16),
    /// A truth value: ubus has 8-bit numbers only, and takes them for this.
    Bool(bool),
    /// A floating point number.
    Double(f64),
}

impl Value {
    /// The text, if it is one.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The members, if it is a table.
    pub(crate) fn as_table(&self) -> Option<&Table> {
        match self {
            Self::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The members, if it is an array.
    pub(crate) fn as_array(&self) -> Option<&[Value]> {
        match self {
            Self::Array(members) => Some(members),
            _ => None,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    /// The narrowest of 32 and 64 bits, as libubox chooses for JSON.
    fn from(value: i64) -> Self {
        i32::try_from(value).map_or(Self::Int64(value), Self::Int32)
    }
}

impl From<Table> for Value {
    fn from(table: Table) -> Self {
        Self::Table(table)
    }
}

impl From<Vec<Value>> for Value {
    fn from(members: Vec<Value>) -> Self {
        Self::Array(members)
    }
}

/// Named values in the order in which they were added; names may repeat, as in a blobmsg table.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Table(pub(crate) Vec<(String, Value)>);

impl Table {
    /// A table without members.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// The same table with one member more.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.push(name, value);
        self
    }

    /// Appends a member.
    pub(crate) fn push(&mut self, name: &str, value: impl Into<Value>) {
        self.0.push((name.to_owned(), value.into()));
    }

    /// The last member of that name, as libubox's typed parser takes it.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0
            .iter()
            .rev()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }

    /// The text of that name; a member of another type counts as absent.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    /// Whether there are no members.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Table {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Array(members) => members.serialize(serializer),
            Self::Table(table) => table.serialize(serializer),
            Self::String(text) => serializer.serialize_str(text),
            Self::Int64(number) => serializer.serialize_i64(*number),
            Self::Int32(number) => serializer.serialize_i32(*number),
            Self::Int16(number) => serializer.serialize_i16(*number),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Double(number) => serializer.serialize_f64(*number),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        // json-c clamps what does not fit.
        Ok(Value::from(i64::try_from(value).unwrap_or(i64::MAX)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Double(value))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(member) = members.next_element()? {
            array.push(member);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut table = Table::new();
        while let Some((name, value)) = members.next_entry::<String, Value>()? {
            match table.0.iter_mut().find(|(key, _)| *key == name) {
                Some((_, old)) => *old = value,
                None => table.0.push((name, value)),
            }
        }
        Ok(Value::Table(table))
    }
}

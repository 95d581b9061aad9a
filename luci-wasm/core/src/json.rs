//! JSON as a tree.
//!
//! Browsers read JSON faster than any code a router could ship, so the host parses it and hands
//! over this tree. serde would add 150 kB to the module for the same answers; that the tree is
//! read as the protocol means it is checked by a test.

use std::collections::BTreeMap;
use std::fmt;

/// A JSON value; reading something that is not there gives nothing, never a failure.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Json {
    /// `null`, or absent.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Any number.
    Number(f64),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Json>),
    /// An object, in the order of the text.
    Map(Vec<(String, Json)>),
}

/// What a missing member reads as.
static NULL: Json = Json::Null;

/// Makes an object.
pub fn map<const N: usize>(members: [(&str, Json); N]) -> Json {
    let owned = |(name, value): (&str, Json)| (name.to_owned(), value);
    Json::Map(members.into_iter().map(owned).collect())
}

impl Json {
    /// A member of an object.
    pub fn get(&self, name: &str) -> &Json {
        self.entries()
            .iter()
            .find(|(key, _)| key == name)
            .map_or(&NULL, |(_, value)| value)
    }

    /// The text, if it is text.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The text of a member, empty if there is none.
    pub fn string(&self, name: &str) -> String {
        self.get(name).text().unwrap_or_default().to_owned()
    }

    /// The number, if it is a whole one that is not negative.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the value was checked to fit"
    )]
    pub fn number(&self) -> Option<u64> {
        match self {
            Self::Number(number) if *number >= 0.0 && *number < 9e15 => Some(*number as u64),
            _ => None,
        }
    }

    /// The number, if it is a whole one; negative ones too.
    pub fn signed(&self) -> Option<i64> {
        match self {
            Self::Number(number) if *number < 0.0 => {
                let size = Self::Number(-number).number()?;
                Some(-i64::try_from(size).ok()?)
            }
            other => i64::try_from(other.number()?).ok(),
        }
    }

    /// Whether it is `true`.
    pub fn is_true(&self) -> bool {
        *self == Self::Bool(true)
    }

    /// The members of an array.
    pub fn list(&self) -> &[Json] {
        match self {
            Self::List(list) => list,
            _ => &[],
        }
    }

    /// The members of an object.
    pub fn entries(&self) -> &[(String, Json)] {
        match self {
            Self::Map(entries) => entries,
            _ => &[],
        }
    }

    /// An array of texts.
    pub fn strings(&self) -> Vec<String> {
        self.list()
            .iter()
            .filter_map(|item| item.text().map(str::to_owned))
            .collect()
    }

    /// An object of texts.
    pub fn string_map(&self) -> BTreeMap<String, String> {
        let mut all = BTreeMap::new();
        for (name, value) in self.entries() {
            if let Some(text) = value.text() {
                all.insert(name.clone(), text.to_owned());
            }
        }
        all
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<u64> for Json {
    #[expect(
        clippy::cast_precision_loss,
        reason = "sizes and times are far below 2^53"
    )]
    fn from(number: u64) -> Self {
        Self::Number(number as f64)
    }
}

impl From<&BTreeMap<String, String>> for Json {
    fn from(texts: &BTreeMap<String, String>) -> Self {
        let entries = texts.iter();
        Self::Map(
            entries
                .map(|(name, text)| (name.clone(), text.as_str().into()))
                .collect(),
        )
    }
}

impl From<bool> for Json {
    fn from(on: bool) -> Self {
        Self::Bool(on)
    }
}

/// Writes JSON, for requests.
impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(on) => f.write_str(if *on { "true" } else { "false" }),
            // Requests have whole numbers only; printing fractions would cost 15 kB.
            Self::Number(_) => write!(f, "{}", self.number().unwrap_or_default()),
            Self::Text(text) => write_text(f, text),
            Self::List(list) => {
                let mut separator = "[";
                for item in list {
                    write!(f, "{separator}{item}")?;
                    separator = ",";
                }
                f.write_str(if list.is_empty() { "[]" } else { "]" })
            }
            Self::Map(entries) => {
                let mut separator = "{";
                for (name, value) in entries {
                    f.write_str(separator)?;
                    write_text(f, name)?;
                    write!(f, ":{value}")?;
                    separator = ",";
                }
                f.write_str(if entries.is_empty() { "{}" } else { "}" })
            }
        }
    }
}

fn write_text(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str("\"")?;
    for character in text.chars() {
        match character {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            control if control < ' ' => write!(f, "\\u{:04x}", control as u32)?,
            other => fmt::Write::write_char(f, other)?,
        }
    }
    f.write_str("\"")
}

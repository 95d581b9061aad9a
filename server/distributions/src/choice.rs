//! What a rule makes of a package: `to: newname`, `to: [a, b]`, `to: false` or a map of choices.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::schema::At;

/// The value of a rule's `to`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// `false` or null: the package is gone, and nothing stands in for it.
    Drop,
    /// A name, or several where the package was split.
    Replace(Vec<String>),
    /// One of several, by what else is installed; in the file's order.
    Choose(Vec<Choice>),
}

/// One entry of a map of choices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The new name.
    pub name: String,
    /// When it is taken.
    pub when: When,
}

/// When a choice is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// `true`: if no context fits.
    Default,
    /// `[polarssl, mbedtls]`: if one of these is or was installed.
    Context(Vec<String>),
    /// `false`: never by itself; a person may choose it.
    Offered,
}

impl Change {
    /// Every name the change may lead to.
    pub(crate) fn names(&self) -> Vec<&str> {
        match self {
            Self::Drop => Vec::new(),
            Self::Replace(names) => names.iter().map(String::as_str).collect(),
            Self::Choose(choices) => choices.iter().map(|choice| choice.name.as_str()).collect(),
        }
    }

    /// Every name it asks for as a context.
    pub(crate) fn contexts(&self) -> impl Iterator<Item = &str> {
        let choices = match self {
            Self::Choose(choices) => choices.as_slice(),
            _ => &[],
        };
        choices.iter().flat_map(|choice| match &choice.when {
            When::Context(contexts) => contexts.iter().map(String::as_str).collect(),
            _ => Vec::new(),
        })
    }
}

impl<'de> Deserialize<'de> for Change {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ChangeVisitor)
    }
}

struct ChangeVisitor;

impl<'de> Visitor<'de> for ChangeVisitor {
    type Value = Change;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a new name, a list of names, false, or a map of choices")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Change, E> {
        Ok(Change::Replace(vec![name.to_owned()]))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Change, E> {
        if value {
            return Err(E::custom("true says nothing here; leave the rule out"));
        }
        Ok(Change::Drop)
    }

    fn visit_unit<E: Error>(self) -> Result<Change, E> {
        Ok(Change::Drop)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Change, A::Error> {
        let mut names = Vec::new();
        while let Some(name) = seq.next_element()? {
            names.push(name);
        }
        Ok(Change::Replace(names))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Change, A::Error> {
        let mut choices = Vec::new();
        while let Some((name, when)) = map.next_entry()? {
            choices.push(Choice { name, when });
        }
        Ok(Change::Choose(choices))
    }
}

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WhenVisitor)
    }
}

struct WhenVisitor;

impl<'de> Visitor<'de> for WhenVisitor {
    type Value = When;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("true (default), false (offered only), or a list of packages")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<When, E> {
        Ok(if value { When::Default } else { When::Offered })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<When, A::Error> {
        let mut contexts = Vec::new();
        while let Some(name) = seq.next_element()? {
            contexts.push(name);
        }
        Ok(When::Context(contexts))
    }
}

/// A map read as a list, so that the file's order and places are kept.
#[derive(Debug, Clone)]
pub(crate) struct Pairs(pub(crate) Vec<(At<String>, At<String>)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PairsVisitor)
    }
}

struct PairsVisitor;

impl<'de> Visitor<'de> for PairsVisitor {
    type Value = Pairs;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a map of old to new names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Pairs(pairs))
    }
}

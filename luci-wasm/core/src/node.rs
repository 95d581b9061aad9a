//! The small tree of elements a browser is made to show.
//!
//! Hand-written because the view needs only elements, attributes and text, and a framework would
//! be larger than the whole view. Text stays text: there is no way to put markup into a node.

use std::ops::Deref;

use crate::words::{English, resolve};

/// One node of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// An element with attributes and children.
    Element(Element),
    /// Text, shown as it is.
    Text(String),
}

/// An element of the page: one pointer, because each step that builds one moves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element(Box<Parts>);

/// What an element is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// The tag, e.g. `p`.
    pub tag: &'static str,
    /// Elements with different keys are never patched into one another.
    pub key: &'static str,
    /// Attributes in the order they were given, of two with one name the later counts; an empty
    /// value is a boolean attribute.
    pub attributes: Vec<(&'static str, String)>,
    /// What is inside.
    pub children: Vec<Node>,
}

impl Deref for Element {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// Starts an element.
#[inline(never)]
pub fn el(tag: &'static str) -> Element {
    Element(Box::new(Parts {
        tag,
        key: "",
        attributes: Vec::new(),
        children: Vec::new(),
    }))
}

/// Starts an element with a class.
#[inline(never)]
pub fn div(class: &'static str) -> Element {
    el("div").class(class)
}

// What is not generic is kept out of line: it is called some hundred times.
impl Element {
    /// Sets the key.
    #[must_use]
    pub fn key(mut self, key: &'static str) -> Self {
        self.0.key = key;
        self
    }

    /// Adds an attribute.
    #[must_use]
    pub fn attr(self, name: &'static str, value: impl AsRef<str>) -> Self {
        self.push_attribute(name, value.as_ref())
    }

    #[inline(never)]
    fn push_attribute(mut self, name: &'static str, value: &str) -> Self {
        self.0.attributes.push((name, value.to_owned()));
        self
    }

    /// Adds a class to those it has.
    #[must_use]
    #[inline(never)]
    pub fn class(mut self, value: &str) -> Self {
        let attributes = &mut self.0.attributes;
        match attributes.iter_mut().find(|(name, _)| *name == "class") {
            Some((_, classes)) => {
                classes.push(' ');
                classes.push_str(value);
                self
            }
            None => self.attr("class", value),
        }
    }

    /// Adds a boolean attribute where `on`.
    #[must_use]
    #[inline(never)]
    pub fn flag(self, name: &'static str, on: bool) -> Self {
        if on { self.attr(name, "") } else { self }
    }

    /// Adds text.
    #[must_use]
    pub fn text(self, text: impl AsRef<str>) -> Self {
        self.push_text(text.as_ref())
    }

    #[inline(never)]
    fn push_text(self, text: &str) -> Self {
        self.push_child(Node::Text(text.to_owned()))
    }

    /// Adds a child.
    #[must_use]
    pub fn child(self, child: impl Into<Node>) -> Self {
        self.push_child(child.into())
    }

    #[inline(never)]
    fn push_child(mut self, child: Node) -> Self {
        self.0.children.push(child);
        self
    }

    /// Adds a child if there is one.
    #[must_use]
    pub fn maybe(self, child: Option<impl Into<Node>>) -> Self {
        match child {
            Some(child) => self.child(child),
            None => self,
        }
    }

    /// Adds children.
    #[must_use]
    pub fn children<N: Into<Node>>(mut self, children: impl IntoIterator<Item = N>) -> Self {
        for child in children {
            self = self.child(child);
        }
        self
    }

    /// The value of an attribute.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.as_str())
    }
}

impl From<Element> for Node {
    fn from(element: Element) -> Self {
        Self::Element(element)
    }
}

impl Node {
    /// All text in reading order, in English, blocks separated by spaces.
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => resolve(text, &English),
            Self::Element(element) => {
                let parts: Vec<String> = element.children.iter().map(Self::text).collect();
                parts.join(" ")
            }
        }
    }

    /// The first element, depth first, for which `wanted` holds.
    pub fn find(&self, wanted: &dyn Fn(&Element) -> bool) -> Option<&Element> {
        let Self::Element(element) = self else {
            return None;
        };
        if wanted(element) {
            return Some(element);
        }
        element.children.iter().find_map(|child| child.find(wanted))
    }
}

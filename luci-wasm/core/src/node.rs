//! The small tree of elements a browser is made to show.
//!
//! Hand-written because the view needs only elements, attributes and text, and a framework would
//! be larger than the whole view. Text stays text: there is no way to put markup into a node.

use crate::words::{English, resolve};

/// One node of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// An element with attributes and children.
    Element(Element),
    /// Text, shown as it is.
    Text(String),
}

/// An element of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// The tag, e.g. `p`.
    pub tag: &'static str,
    /// Elements with different keys are never patched into one another.
    pub key: &'static str,
    /// Attributes in the order they were given; an empty value is a boolean attribute.
    pub attributes: Vec<(&'static str, String)>,
    /// What is inside.
    pub children: Vec<Node>,
}

/// Starts an element.
pub fn el(tag: &'static str) -> Element {
    Element {
        tag,
        key: "",
        attributes: Vec::new(),
        children: Vec::new(),
    }
}

/// Starts an element with a class.
pub fn div(class: &'static str) -> Element {
    el("div").class(class)
}

impl Element {
    /// Sets the key.
    #[must_use]
    pub fn key(mut self, key: &'static str) -> Self {
        self.key = key;
        self
    }

    /// Adds an attribute.
    #[must_use]
    pub fn attr(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.attributes.push((name, value.into()));
        self
    }

    /// Adds a class to those it has.
    #[must_use]
    pub fn class(mut self, value: &str) -> Self {
        match self
            .attributes
            .iter_mut()
            .find(|(name, _)| *name == "class")
        {
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
    pub fn flag(self, name: &'static str, on: bool) -> Self {
        if on { self.attr(name, "") } else { self }
    }

    /// Adds text.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.children.push(Node::Text(text.into()));
        self
    }

    /// Adds a child.
    #[must_use]
    pub fn child(mut self, child: impl Into<Node>) -> Self {
        self.children.push(child.into());
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
        self.children.extend(children.into_iter().map(Into::into));
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

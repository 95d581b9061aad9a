//! Changes the page from one tree to the next, touching only what differs.
//!
//! Hand-written, because children are compared by place and that is all the view needs; a general
//! library would be larger than the view. Elements that stay keep their focus and what was typed.

use std::borrow::Cow;

use asu_view::node::{Element, Node};
use asu_view::words::{has_words, resolve};
use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Document;

use crate::language::Catalogue;
use crate::page;

/// What draws a view: in which document, in which language.
pub(crate) struct Painter {
    document: Document,
    language: Catalogue,
}

impl Painter {
    pub(crate) fn new(language: Catalogue) -> Result<Self, JsValue> {
        let document = page::document()?;
        Ok(Self { document, language })
    }

    /// Makes a node and everything in it.
    pub(crate) fn create(&self, node: &Node) -> Result<web_sys::Node, JsValue> {
        match node {
            Node::Text(text) => Ok(self.document.create_text_node(&self.say(text)).into()),
            Node::Element(element) => {
                let made = self.document.create_element(element.tag)?;
                for (name, value) in &element.attributes {
                    made.set_attribute(name, &self.say(value))?;
                }
                for child in &element.children {
                    made.append_child(&self.create(child)?)?;
                }
                set_properties(&made, element);
                Ok(made.into())
            }
        }
    }

    /// Changes `place`, which shows `old`, so that it shows `new`.
    pub(crate) fn patch(
        &self,
        place: &web_sys::Node,
        old: &Node,
        new: &Node,
    ) -> Result<(), JsValue> {
        match (old, new) {
            (Node::Text(before), Node::Text(after)) => {
                if before != after {
                    place.set_node_value(Some(&self.say(after)));
                }
                Ok(())
            }
            (Node::Element(before), Node::Element(after)) if is_same(before, after) => {
                let element = place.unchecked_ref::<web_sys::Element>();
                self.patch_attributes(element, before, after)?;
                self.patch_children(place, &before.children, &after.children)?;
                set_properties(element, after);
                Ok(())
            }
            _ => {
                if let Some(parent) = place.parent_node() {
                    parent.replace_child(&self.create(new)?, place)?;
                }
                Ok(())
            }
        }
    }

    fn patch_attributes(
        &self,
        place: &web_sys::Element,
        old: &Element,
        new: &Element,
    ) -> Result<(), JsValue> {
        for (name, _) in &old.attributes {
            if new.get(name).is_none() {
                place.remove_attribute(name)?;
            }
        }
        for (name, value) in &new.attributes {
            if old.get(name) != Some(value) {
                place.set_attribute(name, &self.say(value))?;
            }
        }
        Ok(())
    }

    fn patch_children(
        &self,
        place: &web_sys::Node,
        old: &[Node],
        new: &[Node],
    ) -> Result<(), JsValue> {
        let mut current = place.first_child();
        for (before, after) in old.iter().zip(new) {
            let Some(child) = current else { break };
            current = child.next_sibling();
            self.patch(&child, before, after)?;
        }
        for _ in new.len()..old.len() {
            if let Some(last) = place.last_child() {
                place.remove_child(&last)?;
            }
        }
        for added in new.iter().skip(old.len()) {
            place.append_child(&self.create(added)?)?;
        }
        Ok(())
    }

    /// A text as people read it.
    fn say<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if has_words(text) {
            Cow::Owned(resolve(text, &self.language))
        } else {
            Cow::Borrowed(text)
        }
    }
}

fn is_same(a: &Element, b: &Element) -> bool {
    a.tag == b.tag && a.key == b.key && a.get("id") == b.get("id")
}

/// What people change lives in properties, not attributes. Checkboxes, choices and fields with a
/// `data-value` show the model; other text fields belong to whoever types into them.
fn set_properties(place: &web_sys::Element, element: &Element) {
    let set = |name: &str, value: JsValue| {
        let _ = Reflect::set(place, &name.into(), &value);
    };
    if element.get("type") == Some("checkbox") {
        set("checked", element.get("checked").is_some().into());
    }
    if let Some(value) = element.get("data-value") {
        set("value", value.into());
    }
}

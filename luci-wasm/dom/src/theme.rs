//! LuCI's classes beside the view's own, so that any theme of LuCI draws the view as its own.
//!
//! Added where attributes reach the page, because the view itself is the same on every host.

use js_sys::Reflect;
use wasm_bindgen::JsValue;
use web_sys::Element;

/// A class of the view, and LuCI's classes for the same thing.
const LUCI: [(&str, &str); 11] = [
    ("card", "cbi-section"),
    ("lead", "cbi-section-descr"),
    ("primary", "btn cbi-button cbi-button-positive important"),
    ("plain", "btn cbi-button cbi-button-neutral"),
    ("quiet", "btn cbi-button"),
    ("danger", "btn cbi-button cbi-button-negative important"),
    ("note", "alert-message"),
    ("info", "notice"),
    ("warn", "warning"),
    ("bad", "error"),
    ("good", "success"),
];

/// Whose classes elements have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Theme {
    /// The view's alone.
    Own,
    /// LuCI's as well.
    Luci,
}

impl Theme {
    /// Reads `theme` of the options of `mount`.
    pub(crate) fn read(options: &JsValue) -> Self {
        let given = Reflect::get(options, &JsValue::from_str("theme")).ok();
        match given.and_then(|name| name.as_string()).as_deref() {
            Some("luci") => Self::Luci,
            _ => Self::Own,
        }
    }

    /// Sets an attribute of an element on the page.
    pub(crate) fn set(self, place: &Element, name: &str, value: &str) -> Result<(), JsValue> {
        if self == Self::Luci && name == "class" {
            place.set_attribute(name, &with_luci(value))
        } else {
            place.set_attribute(name, value)
        }
    }
}

/// The view's classes, followed by LuCI's for the same things.
fn with_luci(classes: &str) -> String {
    let known = |class: &str| LUCI.iter().find(|(own, _)| *own == class);
    let mut all = classes.to_owned();
    for (_, luci) in classes.split(' ').filter_map(known) {
        all.push(' ');
        all.push_str(luci);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn luci_s_classes_follow_the_view_s() {
        assert_eq!(with_luci("note warn"), "note warn alert-message warning");
        assert_eq!(with_luci("facts"), "facts");
    }
}

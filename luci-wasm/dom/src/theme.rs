//! LuCI's classes beside the view's own, so that any theme of LuCI draws the view as its own.
//!
//! Added where attributes reach the page, because the view itself is the same on every host.

use std::cell::Cell;

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

thread_local! {
    static IS_LUCI: Cell<bool> = const { Cell::new(false) };
}

/// Reads `theme` of the options of `mount`; anything but `luci` is the view's own look.
pub(crate) fn choose(options: &JsValue) {
    let theme = Reflect::get(options, &JsValue::from_str("theme")).ok();
    IS_LUCI.set(theme.and_then(|theme| theme.as_string()).as_deref() == Some("luci"));
}

/// Sets an attribute of an element on the page; a class gets LuCI's company where that is chosen.
pub(crate) fn set_attribute(place: &Element, name: &str, value: &str) -> Result<(), JsValue> {
    place.set_attribute(name, value)?;
    if name != "class" || !IS_LUCI.get() {
        return Ok(());
    }
    let known = |class: &str| LUCI.iter().find(|(own, _)| *own == class);
    let classes: Vec<&str> = value.split(' ').filter_map(known).map(|(_, luci)| *luci).collect();
    if classes.is_empty() {
        return Ok(());
    }
    place.set_attribute("class", &[value, &classes.join(" ")].join(" "))
}

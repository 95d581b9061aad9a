//! The browser's globals.

use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, Storage, Window};

/// Where the view remembers itself in `sessionStorage`.
const STORAGE_KEY: &str = "asu-view";

/// The global object, which is a window wherever there is a document.
pub(crate) fn window() -> Window {
    js_sys::global().unchecked_into()
}

/// A property, if `object` is one.
pub(crate) fn property(object: &JsValue, name: &str) -> Option<JsValue> {
    // Reflect throws on anything but an object, `undefined` included.
    Reflect::get(object, &JsValue::from_str(name)).ok()
}

/// A property that is a text.
pub(crate) fn text(object: &JsValue, name: &str) -> Option<String> {
    property(object, name)?.as_string()
}

/// A property that is a number of bytes, or another whole one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "such numbers are positive and far below 2^53"
)]
pub(crate) fn number(object: &JsValue, name: &str) -> Option<u64> {
    Some(property(object, name)?.as_f64()? as u64)
}

pub(crate) fn document() -> Result<Document, JsValue> {
    window()
        .document()
        .ok_or_else(|| JsValue::from_str("no document"))
}

/// Milliseconds of a clock that does not go back, and that other tabs and a reload share.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is positive and far below 2^53"
)]
pub(crate) fn now() -> u64 {
    window().performance().map_or(0, |performance| {
        (performance.time_origin() + performance.now()) as u64
    })
}

/// Browsers may forbid storage; the view then forgets at a reload, and nothing else.
fn storage() -> Option<Storage> {
    window().session_storage().ok()?
}

pub(crate) fn remembered() -> Option<String> {
    storage()?.get_item(STORAGE_KEY).ok()?
}

pub(crate) fn remember(text: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(STORAGE_KEY, text);
    }
}

pub(crate) fn forget() {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(STORAGE_KEY);
    }
}

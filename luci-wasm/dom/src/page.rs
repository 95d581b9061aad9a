//! The browser's globals.

use wasm_bindgen::JsValue;
use web_sys::{Document, Storage, Window};

/// Where the view remembers itself in `sessionStorage`.
const STORAGE_KEY: &str = "asu-view";

pub(crate) fn window() -> Result<Window, JsValue> {
    web_sys::window().ok_or_else(|| JsValue::from_str("no window"))
}

pub(crate) fn document() -> Result<Document, JsValue> {
    window()?
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
    web_sys::window()
        .and_then(|window| window.performance())
        .map_or(0, |performance| {
            (performance.time_origin() + performance.now()) as u64
        })
}

/// Browsers may forbid storage; the view then forgets at a reload, and nothing else.
fn storage() -> Option<Storage> {
    web_sys::window()?.session_storage().ok()?
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

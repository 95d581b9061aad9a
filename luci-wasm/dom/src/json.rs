//! JSON by the browser's own parser, handed over as the core's tree.

use asu_view::{Body, Json};
use js_sys::{Array, JsString, Object};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// `JSON.parse` for a text that is JavaScript's already: js-sys' own would copy it twice.
    #[wasm_bindgen(catch, js_namespace = JSON, js_name = parse)]
    fn parse_text(text: &JsString) -> Result<JsValue, JsValue>;
}

/// How much of an answer that is not JSON is kept for a report, characters.
const EXCERPT: u32 = 500;

/// Reads a body.
pub(crate) fn body(text: &JsString) -> Body {
    parse(text).map_or_else(|| Body::Text(text.slice(0, EXCERPT).into()), Body::Json)
}

/// Reads JSON; `None` if it is none.
pub(crate) fn parse(text: &JsString) -> Option<Json> {
    // An empty text is not JSON, and parsing it would only throw.
    (text.length() > 0)
        .then(|| parse_text(text).ok())
        .flatten()
        .map(|value| tree(&value))
}

fn tree(value: &JsValue) -> Json {
    if let Some(text) = value.as_string() {
        Json::Text(text)
    } else if let Some(number) = value.as_f64() {
        Json::Number(number)
    } else if let Some(on) = value.as_bool() {
        Json::Bool(on)
    } else if let Some(list) = value.dyn_ref::<Array>() {
        Json::List(list.iter().map(|item| tree(&item)).collect())
    } else if value.is_truthy() {
        Json::Map(entries(value.unchecked_ref()))
    } else {
        Json::Null
    }
}

fn entries(object: &Object) -> Vec<(String, Json)> {
    Object::entries(object)
        .iter()
        .filter_map(|entry| {
            let entry: Array = entry.unchecked_into();
            Some((entry.get(0).as_string()?, tree(&entry.get(1))))
        })
        .collect()
}

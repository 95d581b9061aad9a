//! The page's language, by the functions the host gave.

use asu_view::words::{English, Language};
use js_sys::Function;
use wasm_bindgen::JsValue;

/// A host's catalogue. LuCI's own functions `_` and `N_` have this form.
#[derive(Default)]
pub(crate) struct Catalogue {
    /// `(text) -> text`; without it the page is English.
    pub(crate) translate: Option<Function>,
    /// `(count, one, many) -> text`.
    pub(crate) plural: Option<Function>,
}

impl Language for Catalogue {
    fn one(&self, text: &str) -> String {
        let said = self.translate.as_ref();
        let said = said.and_then(|translate| translate.call1(&JsValue::NULL, &text.into()).ok());
        said.and_then(|said| said.as_string())
            .unwrap_or_else(|| English.one(text))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "no number shown comes near 2^53"
    )]
    fn many(&self, count: u64, one: &str, many: &str) -> String {
        let number = JsValue::from_f64(count as f64);
        let said = self.plural.as_ref();
        let said = said.and_then(|plural| {
            let called = plural.call3(&JsValue::NULL, &number, &one.into(), &many.into());
            called.ok()
        });
        said.and_then(|said| said.as_string())
            .unwrap_or_else(|| English.many(count, one, many))
    }
}

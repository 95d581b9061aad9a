//! The Wasm module: puts the view of [`asu_view`] on a page and does what it asks for.
//!
//! It decides nothing: what to show and what to do next is the core's business. It holds no
//! secrets beyond what the core holds, and writes text only as text.

mod app;
mod effects;
mod listen;
mod options;
mod page;
mod panic;
mod patch;

use std::rc::Rc;

use wasm_bindgen::prelude::*;

/// A view on a page; `unmount` (or being freed) takes it away again.
#[wasm_bindgen]
pub struct View {
    app: Option<Rc<app::App>>,
}

#[wasm_bindgen]
impl View {
    /// Stops everything under way and removes the view from the page.
    pub fn unmount(&mut self) {
        if let Some(app) = self.app.take() {
            app.close();
        }
    }
}

impl Drop for View {
    fn drop(&mut self) {
        self.unmount();
    }
}

/// Puts the view into `element`.
///
/// `options` is an object (or undefined) with any of: `ubus`, the URL of ubus' JSON-RPC
/// (`/ubus`); `upload`, the URL of cgi-upload (`/cgi-bin/cgi-upload`); `session`, a ubus session
/// that is already open; `embedded`, true where the page has a heading of its own.
///
/// # Errors
///
/// Throws where the page has no window or document.
#[wasm_bindgen]
pub fn mount(element: &web_sys::Element, options: &JsValue) -> Result<View, JsValue> {
    panic::show_on_page();
    let app = app::App::open(element, options::read(options))?;
    Ok(View { app: Some(app) })
}

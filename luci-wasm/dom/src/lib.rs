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

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::prelude::*;

thread_local! {
    /// The views on this page. They live here and not in the handles, because a browser frees a
    /// handle that nobody keeps, and the view would vanish from the page with it.
    static MOUNTED: RefCell<Vec<Rc<app::App>>> = const { RefCell::new(Vec::new()) };
}

/// A handle of a view on a page.
#[wasm_bindgen]
pub struct View {
    app: Rc<app::App>,
}

#[wasm_bindgen]
impl View {
    /// Stops everything under way and removes the view from the page.
    pub fn unmount(&self) {
        MOUNTED.with_borrow_mut(|views| views.retain(|view| !Rc::ptr_eq(view, &self.app)));
        self.app.close();
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
    MOUNTED.with_borrow_mut(|views| views.push(app.clone()));
    Ok(View { app })
}

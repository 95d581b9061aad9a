//! The Wasm module: puts the view of [`asu_view`] on a page and does what it asks for.
//!
//! It decides nothing: what to show and what to do next is the core's business. It holds no
//! secrets beyond what the core holds, and writes text only as text.

mod app;
mod effects;
mod json;
mod language;
mod listen;
mod options;
mod page;
mod patch;

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use wasm_bindgen::prelude::*;

thread_local! {
    /// The views on the page. A view lives until it is unmounted, even if JavaScript forgets its
    /// handle: a garbage collector must not take away a page that somebody looks at.
    static VIEWS: RefCell<Vec<Rc<app::App>>> = const { RefCell::new(Vec::new()) };
}

/// A handle of a view on a page.
#[wasm_bindgen]
pub struct View {
    app: Weak<app::App>,
}

#[wasm_bindgen]
impl View {
    /// Stops everything under way, removes all listeners, and takes the view off the page.
    pub fn unmount(&self) {
        if let Some(app) = self.app.upgrade() {
            VIEWS.with_borrow_mut(|views| views.retain(|view| !Rc::ptr_eq(view, &app)));
            app.close();
        }
    }
}

/// Puts the view into `element`.
///
/// `options` is an object (or undefined) with any of: `ubus`, the URL of ubus' JSON-RPC
/// (`/ubus`); `upload`, the URL of cgi-upload (`/cgi-bin/cgi-upload`); `session`, a ubus session
/// that is already open; `backup`, the URL of cgi-backup (`/cgi-bin/cgi-backup`); `expired`, a function
/// that is called when that session has ended and leads to a new login (the view then asks for no
/// password; after the login the page is loaded anew, and the view goes on); `embedded`, true where
/// the page has a heading of its own; `readonly`, true where the session may look only; `translate`
/// and `plural`, functions `(text) -> text` and `(count, one, many) -> text` of the page's language.
///
/// # Errors
///
/// Throws where the page has no window or document.
#[wasm_bindgen]
pub fn mount(element: &web_sys::Element, options: &JsValue) -> Result<View, JsValue> {
    let painter = patch::Painter::new(options::language(options))?;
    let app = app::App::open(
        element,
        options::read(options),
        painter,
        options::expired(options),
    )?;
    let handle = Rc::downgrade(&app);
    VIEWS.with_borrow_mut(|views| views.push(app));
    Ok(View { app: handle })
}

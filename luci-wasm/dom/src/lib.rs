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
use std::rc::Rc;

use wasm_bindgen::prelude::*;

thread_local! {
    /// The views on the page, by the numbers they were given; one that was unmounted leaves its
    /// place empty. A class for them would be half a kilobyte of script.
    static VIEWS: RefCell<Vec<Option<Rc<app::App>>>> = const { RefCell::new(Vec::new()) };
}

/// Stops everything under way in the view that [`mount`] gave this number, removes all listeners,
/// and takes it off the page.
#[wasm_bindgen]
pub fn unmount(number: usize) {
    let view = VIEWS.with_borrow_mut(|views| views.get_mut(number).and_then(Option::take));
    if let Some(view) = view {
        view.close();
    }
}

/// Puts the view into `element`, and gives the number to [`unmount`] it by.
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
/// Throws where there is no document.
#[wasm_bindgen]
pub fn mount(element: &web_sys::Element, options: &JsValue) -> Result<usize, JsValue> {
    let painter = patch::Painter::new(options::language(options))?;
    let app = app::App::open(
        element,
        options::read(options),
        painter,
        options::expired(options),
    )?;
    Ok(VIEWS.with_borrow_mut(|views| {
        views.push(Some(app));
        views.len() - 1
    }))
}

//! The mark that all tabs of an origin share, in `localStorage`.

use std::cell::RefCell;

use asu_view::{Body, Reply};
use web_sys::Storage;

use crate::listen::Listener;
use crate::page;

const STORAGE_KEY: &str = "asu-view-tab";

/// This tab's mark, as long as it has one: it goes when the page does.
#[derive(Default)]
pub(super) struct Mark(RefCell<Option<Listener>>);

/// Browsers may forbid storage; tabs then do not know of each other.
fn storage() -> Option<Storage> {
    page::window().local_storage().ok()?
}

fn set(text: &str) {
    if let Some(storage) = storage() {
        let _ = if text.is_empty() {
            storage.remove_item(STORAGE_KEY)
        } else {
            storage.set_item(STORAGE_KEY, text)
        };
    }
}

impl Mark {
    pub(super) fn look() -> Reply {
        let text = storage().and_then(|storage| storage.get_item(STORAGE_KEY).ok()?);
        Reply::Http {
            status: 200,
            body: Body::Text(text.unwrap_or_default()),
        }
    }

    pub(super) fn set(&self, text: &str) {
        set(text);
        let watch = || Listener::new(&page::window(), "pagehide", |_| set("")).ok();
        let mut watching = self.0.borrow_mut();
        if text.is_empty() {
            watching.take();
        } else if watching.is_none() {
            *watching = watch();
        }
    }
}

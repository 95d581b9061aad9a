//! A panic stops the program; the page must say so instead of standing still.

use std::sync::Once;

use crate::page;

pub(crate) fn show_on_page() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|info| {
            let place = page::document().ok().and_then(|page| page.get_element_by_id("asu"));
            if let Some(place) = place {
                let text = format!(
                    "This page has stopped because of a mistake in its program. If the router is upgrading, leave it plugged in; it goes on by itself. Reload the page to go on here. For a report: {info}"
                );
                let _ = place.set_attribute("data-state", "error");
                let _ = place.set_attribute("data-cause", "program");
                place.set_text_content(Some(&text));
            }
        }));
    });
}

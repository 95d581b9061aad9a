//! Reading the options of `mount`.

use asu_view::Options;
use js_sys::Function;
use wasm_bindgen::{JsCast, JsValue};

use crate::json;
use crate::language::Catalogue;
use crate::page::{self, property};

pub(crate) fn read(given: &JsValue) -> Options {
    let text = |name: &str| page::text(given, name);
    let is_on = |name: &str| property(given, name).is_some_and(|value| value.is_truthy());
    let protocol = page::text(&page::window().location(), "protocol");
    Options {
        ubus_url: text("ubus").unwrap_or_else(|| "/ubus".to_owned()),
        upload_url: text("upload").unwrap_or_else(|| "/cgi-bin/cgi-upload".to_owned()),
        backup_url: text("backup").unwrap_or_else(|| "/cgi-bin/cgi-backup".to_owned()),
        relogin: expired(given).is_some(),
        session: text("session"),
        remembered: page::remembered().and_then(|text| json::parse(&text.into())),
        secure: protocol.as_deref() == Some("https:"),
        embedded: is_on("embedded"),
        readonly: is_on("readonly"),
    }
}

/// What to call when the session has ended, where the host opens sessions.
pub(crate) fn expired(given: &JsValue) -> Option<Function> {
    property(given, "expired")?.dyn_into().ok()
}

/// The functions that translate, where the host has some.
pub(crate) fn language(given: &JsValue) -> Catalogue {
    let function = |name: &str| property(given, name).and_then(|value| value.dyn_into().ok());
    Catalogue {
        translate: function("translate"),
        plural: function("plural"),
    }
}

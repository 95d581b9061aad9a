//! The news of a build, piece by piece as it comes.
//!
//! Read by fetch: `EventSource` would open a stream again for ever that the server refused.

use std::rc::{Rc, Weak};

use asu_view::Msg;
use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AbortController, ReadableStreamDefaultReader};

use super::{download, http};
use crate::app::{App, send};

pub(super) fn begin(app: &Rc<App>, id: u32, url: String) {
    let controller = http::start(app, id);
    let (app, to) = (Rc::downgrade(app), Rc::downgrade(app));
    let work = async move {
        let status = listen(&to, id, &url, controller.as_ref()).await?;
        Ok(http::bare(status))
    };
    http::run(&app, id, Box::pin(work));
}

async fn listen(
    app: &Weak<App>,
    id: u32,
    url: &str,
    controller: Option<&AbortController>,
) -> Result<u16, JsValue> {
    let response = http::fetch(url, None, controller).await?;
    let (status, body) = (response.status(), response.body());
    let Some(body) = body.filter(|_| status == 200) else {
        return Ok(status);
    };
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    let mut bytes = Vec::new();
    while let Some(piece) = download::next(&reader).await? {
        send(
            app,
            Msg::Said {
                id,
                text: text(&mut bytes, &piece),
            },
        );
    }
    Ok(status)
}

/// What is readable so far; a character that is cut waits for its rest.
fn text(bytes: &mut Vec<u8>, piece: &Uint8Array) -> String {
    bytes.extend(piece.to_vec());
    let whole = match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        _ => bytes.len(),
    };
    let rest = bytes.split_off(whole);
    String::from_utf8_lossy(&std::mem::replace(bytes, rest)).into_owned()
}

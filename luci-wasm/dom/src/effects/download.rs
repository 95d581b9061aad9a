//! The image: fetched as a stream, hashed as it arrives, kept in the browser.
//!
//! The hash is computed here, because `crypto.subtle` does not exist on http:// pages, and most
//! routers are reached by http.

use std::fmt::Write;
use std::rc::{Rc, Weak};

use asu_view::Msg;
use js_sys::{Array, Reflect, Uint8Array};
use sha2::{Digest, Sha256};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, ReadableStreamDefaultReader, Response};

use super::http;
use crate::app::{App, send};
use crate::page;

/// Time between two messages about progress, milliseconds.
const REPORT: u64 = 100;

/// A file in the browser's memory.
pub(crate) struct Downloaded {
    /// Its pieces, `Uint8Array`s.
    pub(crate) parts: Array,
    /// Lower-case hex.
    pub(crate) sha256: String,
    /// Bytes.
    pub(crate) size: u64,
}

pub(super) fn begin(app: &Rc<App>, id: u32, url: String) {
    let controller = http::start(app, id);
    let (app, to) = (Rc::downgrade(app), Rc::downgrade(app));
    let work = async move {
        let status = receive(&to, id, &url, controller.as_ref()).await?;
        Ok(http::bare(status))
    };
    http::run(&app, id, Box::pin(work));
}

async fn receive(
    app: &Weak<App>,
    id: u32,
    url: &str,
    controller: Option<&AbortController>,
) -> Result<u16, JsValue> {
    let response = http::fetch(url, None, controller).await?;
    if response.status() != 200 {
        return Ok(response.status());
    }
    let file = read(app, id, &response).await?;
    if let Some(app) = app.upgrade() {
        app.effects().keep(file);
    }
    Ok(200)
}

async fn read(app: &Weak<App>, id: u32, response: &Response) -> Result<Downloaded, JsValue> {
    let body = response
        .body()
        .ok_or_else(|| js_sys::Error::new("the answer has no body"))?;
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    let total = length(response);
    let (parts, mut hasher) = (Array::new(), Sha256::new());
    let (mut size, mut reported) = (0_u64, 0_u64);
    while let Some(part) = next(&reader).await? {
        hasher.update(part.to_vec());
        size += u64::from(part.length());
        parts.push(&part);
        if page::now() >= reported + REPORT {
            reported = page::now();
            send(
                app,
                Msg::Progress {
                    id,
                    done: size,
                    total,
                },
            );
        }
    }
    Ok(Downloaded {
        parts,
        sha256: hex(&hasher.finalize()),
        size,
    })
}

pub(super) async fn next(
    reader: &ReadableStreamDefaultReader,
) -> Result<Option<Uint8Array>, JsValue> {
    let result = JsFuture::from(reader.read()).await?;
    if Reflect::get(&result, &"done".into())?.is_truthy() {
        return Ok(None);
    }
    let value = Reflect::get(&result, &"value".into())?;
    Ok(Some(value.unchecked_into()))
}

fn length(response: &Response) -> Option<u64> {
    response.headers().get("Content-Length").ok()??.parse().ok()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

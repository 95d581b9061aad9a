//! Whether anything answers at an address that this page may not read from.

use std::rc::Rc;

use asu_view::{Body, Reply};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AbortController, RequestCache, RequestInit, RequestMode};

use super::{http, reply, words};
use crate::app::App;
use crate::page;

pub(super) fn begin(app: &Rc<App>, id: u32, url: String) {
    let controller = http::start(app, id);
    let app = Rc::downgrade(app);
    spawn_local(async move {
        let answer = match knock(&url, controller.as_ref()).await {
            Ok(()) => Reply::Http {
                status: 200,
                body: Body::Text(String::new()),
            },
            Err(error) => Reply::Failed(words(&error)),
        };
        reply(&app, id, answer);
    });
}

async fn knock(url: &str, controller: Option<&AbortController>) -> Result<(), JsValue> {
    let request = RequestInit::new();
    request.set_mode(RequestMode::NoCors);
    request.set_cache(RequestCache::NoStore);
    request.set_signal(controller.map(AbortController::signal).as_ref());
    let promise = page::window()?.fetch_with_str_and_init(url, &request);
    JsFuture::from(promise).await.map(drop)
}

//! Plain requests, by fetch.

use std::rc::Rc;

use asu_view::{Body, Reply};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AbortController, Headers, RequestCache, RequestInit, Response};

use super::{Running, reply, words};
use crate::app::App;
use crate::{json, page};

pub(super) fn begin(app: &Rc<App>, id: u32, url: String, body: Option<String>) {
    let controller = start(app, id);
    let app = Rc::downgrade(app);
    spawn_local(async move {
        let answer = match exchange(&url, body, controller.as_ref()).await {
            Ok((status, body)) => Reply::Http { status, body },
            Err(error) => Reply::Failed(words(&error)),
        };
        reply(&app, id, answer);
    });
}

/// Registers a fetch so that it can be stopped.
pub(super) fn start(app: &Rc<App>, id: u32) -> Option<AbortController> {
    let controller = AbortController::new().ok();
    if let Some(controller) = &controller {
        app.effects()
            .register(id, Running::Fetch(controller.clone()));
    }
    controller
}

async fn exchange(
    url: &str,
    body: Option<String>,
    controller: Option<&AbortController>,
) -> Result<(u16, Body), JsValue> {
    let response = fetch(url, body, controller).await?;
    let text = JsFuture::from(response.text()?).await?;
    Ok((response.status(), json::body(text.unchecked_ref())))
}

/// Sends a request and returns when the answer's head is there.
pub(super) async fn fetch(
    url: &str,
    body: Option<String>,
    controller: Option<&AbortController>,
) -> Result<Response, JsValue> {
    let request = RequestInit::new();
    request.set_cache(RequestCache::NoStore);
    request.set_signal(controller.map(AbortController::signal).as_ref());
    if let Some(body) = body {
        let headers = Headers::new()?;
        headers.set("Content-Type", "application/json")?;
        request.set_method("POST");
        request.set_headers(headers.as_ref());
        request.set_body(&JsValue::from_str(&body));
    }
    let promise = page::window()?.fetch_with_str_and_init(url, &request);
    JsFuture::from(promise).await?.dyn_into()
}

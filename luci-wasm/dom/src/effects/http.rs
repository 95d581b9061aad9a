//! Plain requests, by fetch.

use std::pin::Pin;
use std::rc::{Rc, Weak};

use asu_view::{Body, Reply};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AbortController, Headers, RequestCache, RequestInit, Response};

use super::{Running, reply, words};
use crate::app::App;
use crate::{json, page};

pub(super) fn begin(app: &Rc<App>, id: u32, url: String, body: Option<String>) {
    let controller = start(app, id);
    let work = async move { exchange(&url, body, controller.as_ref()).await };
    run(&Rc::downgrade(app), id, Box::pin(work));
}

/// What ends in an answer, or in what the browser says about why there is none. Boxed, because each
/// kind of work would otherwise bring its own copy of [`run`].
pub(super) type Work = Pin<Box<dyn Future<Output = Result<Reply, JsValue>>>>;

/// Does it, and tells the model how it ended.
pub(super) fn run(app: &Weak<App>, id: u32, work: Work) {
    let app = app.clone();
    spawn_local(async move {
        let failed = |error| Reply::Failed(words(&error));
        reply(&app, id, work.await.unwrap_or_else(failed));
    });
}

/// An answer of which only the status counts.
pub(super) fn bare(status: u16) -> Reply {
    Reply::Http {
        status,
        body: Body::Text(String::new()),
    }
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
) -> Result<Reply, JsValue> {
    let response = fetch(url, body, controller).await?;
    let text = JsFuture::from(response.text()?).await?;
    Ok(Reply::Http {
        status: response.status(),
        body: json::body(text.unchecked_ref()),
    })
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
    let promise = page::window().fetch_with_str_and_init(url, &request);
    Ok(JsFuture::from(promise).await?.unchecked_into())
}

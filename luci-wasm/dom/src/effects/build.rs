//! Asking for a build and withdrawing, with the token that only whoever asked has.

use std::rc::Rc;

use asu_view::{Body, Json, Reply};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AbortController, Headers, RequestInit, Response};

use super::{http, reply, words};
use crate::app::App;
use crate::{json, page};

/// The header that has the token.
const TOKEN: &str = "X-Cancel-Token";

pub(super) fn begin(app: &Rc<App>, id: u32, url: String, body: Option<String>, token: String) {
    let controller = http::start(app, id);
    let app = Rc::downgrade(app);
    spawn_local(async move {
        let answer = match exchange(&url, body, &token, controller.as_ref()).await {
            Ok((status, body)) => Reply::Http { status, body },
            Err(error) => Reply::Failed(words(&error)),
        };
        reply(&app, id, answer);
    });
}

async fn exchange(
    url: &str,
    body: Option<String>,
    token: &str,
    controller: Option<&AbortController>,
) -> Result<(u16, Body), JsValue> {
    let (request, headers) = (RequestInit::new(), Headers::new()?);
    // A header more than other servers know would make the browser refuse to ask them.
    if !token.is_empty() {
        headers.set(TOKEN, token)?;
    }
    match body {
        Some(body) => {
            headers.set("Content-Type", "application/json")?;
            request.set_method("POST");
            request.set_body(&JsValue::from_str(&body));
        }
        None => request.set_method("DELETE"),
    }
    request.set_headers(headers.as_ref());
    request.set_signal(controller.map(AbortController::signal).as_ref());
    let promise = page::window()?.fetch_with_str_and_init(url, &request);
    let response: Response = JsFuture::from(promise).await?.dyn_into()?;
    let text = JsFuture::from(response.text()?).await?;
    let mut body = json::body(text.unchecked_ref());
    if let (Body::Json(Json::Map(members)), Ok(Some(token))) =
        (&mut body, response.headers().get(TOKEN))
    {
        members.push(("cancel_token".to_owned(), token.as_str().into()));
    }
    Ok((response.status(), body))
}

//! Requests that are more than getting and posting JSON: builds with their token, the backup of the
//! settings, and a look at whether anything answers. One function for all three, because each
//! asynchronous one costs the module more than what differs between them.

use std::rc::Rc;

use asu_view::{Body, Json, Reply};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, Blob, Headers, HtmlElement, RequestInit, RequestMode, Response, Url,
    UrlSearchParams,
};

use super::http;
use crate::app::App;
use crate::{json, page};

/// The header that has the token of whoever asked for a build.
const TOKEN: &str = "X-Cancel-Token";
/// What a backup is called where the router does not say.
const NAME: &str = "backup.tar.gz";

/// What is wanted of the answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
    /// Its JSON and the token.
    Build,
    /// Its file, for the browser's downloads.
    File,
    /// That there is one.
    Any,
}

/// Asks for a build, or withdraws without a body.
pub(super) fn build(body: Option<String>, token: &str) -> Result<(RequestInit, Want), JsValue> {
    let (request, headers) = (RequestInit::new(), Headers::new()?);
    // A header more than other servers know would make the browser refuse to ask them.
    if !token.is_empty() {
        headers.set(TOKEN, token)?;
    }
    request.set_method("DELETE");
    if let Some(body) = body {
        headers.set("Content-Type", "application/json")?;
        request.set_method("POST");
        request.set_body(&JsValue::from_str(&body));
    }
    request.set_headers(headers.as_ref());
    Ok((request, Want::Build))
}

/// Asks for a backup: `cgi-backup` takes a form with the session.
pub(super) fn save(session: &str) -> Result<(RequestInit, Want), JsValue> {
    let (request, form) = (RequestInit::new(), UrlSearchParams::new()?);
    form.append("sessionid", session);
    request.set_method("POST");
    request.set_body(&form);
    Ok((request, Want::File))
}

/// Asks whether anything answers where this page may not read.
pub(super) fn knock() -> (RequestInit, Want) {
    let request = RequestInit::new();
    request.set_mode(RequestMode::NoCors);
    (request, Want::Any)
}

pub(super) fn begin(
    app: &Rc<App>,
    id: u32,
    url: String,
    order: Result<(RequestInit, Want), JsValue>,
) {
    let controller = http::start(app, id);
    let work = async move { exchange(&url, order, controller.as_ref()).await };
    http::run(&Rc::downgrade(app), id, Box::pin(work));
}

async fn exchange(
    url: &str,
    order: Result<(RequestInit, Want), JsValue>,
    controller: Option<&AbortController>,
) -> Result<Reply, JsValue> {
    let (request, want) = order?;
    request.set_signal(controller.map(AbortController::signal).as_ref());
    let promise = page::window().fetch_with_str_and_init(url, &request);
    let response: Response = JsFuture::from(promise).await?.unchecked_into();
    // What a page may not see has status 0.
    let status = if want == Want::Any {
        200
    } else {
        response.status()
    };
    let content = match want {
        Want::Build => response.text()?,
        Want::File if status == 200 => response.blob()?,
        _ => return Ok(http::bare(status)),
    };
    let content = JsFuture::from(content).await?;
    if want == Want::File {
        hand_over(content.unchecked_ref(), &name(&response))?;
        return Ok(http::bare(status));
    }
    let body = with_token(json::body(content.unchecked_ref()), &response);
    Ok(Reply::Http { status, body })
}

fn with_token(mut body: Body, response: &Response) -> Body {
    let token = response.headers().get(TOKEN);
    if let (Body::Json(Json::Map(members)), Ok(Some(token))) = (&mut body, token) {
        members.push(("cancel_token".to_owned(), token.as_str().into()));
    }
    body
}

/// The name between the quotes of `Content-Disposition`.
fn name(response: &Response) -> String {
    let said = response.headers().get("Content-Disposition").ok().flatten();
    let name = said.as_deref().and_then(|said| said.split('"').nth(1));
    name.unwrap_or(NAME).to_owned()
}

fn hand_over(file: &Blob, name: &str) -> Result<(), JsValue> {
    let address = Url::create_object_url_with_blob(file)?;
    let link = page::document()?.create_element("a")?;
    link.set_attribute("href", &address)?;
    link.set_attribute("download", name)?;
    link.unchecked_ref::<HtmlElement>().click();
    Url::revoke_object_url(&address)
}

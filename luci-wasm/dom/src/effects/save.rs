//! The router's backup of its settings, on its way into the browser's downloads.

use std::rc::Rc;

use asu_view::{Body, Reply};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AbortController, Blob, HtmlElement, RequestInit, Response, Url, UrlSearchParams};

use super::{http, reply, words};
use crate::app::App;
use crate::page;

/// What the file is called where the router does not say.
const NAME: &str = "backup.tar.gz";

pub(super) fn begin(app: &Rc<App>, id: u32, url: String, session: String) {
    let controller = http::start(app, id);
    let app = Rc::downgrade(app);
    spawn_local(async move {
        let answer = match save(&url, &session, controller.as_ref()).await {
            Ok(status) => Reply::Http {
                status,
                body: Body::Text(String::new()),
            },
            Err(error) => Reply::Failed(words(&error)),
        };
        reply(&app, id, answer);
    });
}

/// `cgi-backup` takes a form with the session.
async fn save(
    url: &str,
    session: &str,
    controller: Option<&AbortController>,
) -> Result<u16, JsValue> {
    let (request, form) = (RequestInit::new(), UrlSearchParams::new()?);
    form.append("sessionid", session);
    request.set_method("POST");
    request.set_body(&form);
    request.set_signal(controller.map(AbortController::signal).as_ref());
    let promise = page::window()?.fetch_with_str_and_init(url, &request);
    let response: Response = JsFuture::from(promise).await?.dyn_into()?;
    if response.status() == 200 {
        let blob = JsFuture::from(response.blob()?).await?.dyn_into()?;
        hand_over(&blob, &name(&response))?;
    }
    Ok(response.status())
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

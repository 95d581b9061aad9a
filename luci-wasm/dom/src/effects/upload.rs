//! The image's way to the router, by `XMLHttpRequest`: fetch cannot tell how far an upload is.

use std::rc::{Rc, Weak};

use asu_view::{Msg, Reply};
use js_sys::Promise;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, FormData, XmlHttpRequest};

use super::{Downloaded, Running, http};
use crate::app::{App, send};
use crate::listen::Listener;
use crate::{json, page};

pub(super) fn begin(
    app: &Rc<App>,
    id: u32,
    url: &str,
    session: &str,
    path: &str,
    file: Option<&Downloaded>,
) {
    let prepared = form(session, path, file).and_then(|form| {
        let request = XmlHttpRequest::new()?;
        request.open("POST", url)?;
        Ok((request, form))
    });
    if let Ok((request, _)) = &prepared {
        app.effects().register(id, Running::Xhr(request.clone()));
    }
    let (app, to) = (Rc::downgrade(app), Rc::downgrade(app));
    let work = async move {
        let (request, form) = prepared?;
        exchange(&to, id, &request, &form).await
    };
    http::run(&app, id, Box::pin(work));
}

/// The parts in the order `cgi-upload` needs: it checks the session before it reads the data.
fn form(session: &str, path: &str, file: Option<&Downloaded>) -> Result<FormData, JsValue> {
    let file = file.ok_or_else(|| js_sys::Error::new("nothing was downloaded"))?;
    let blob = Blob::new_with_u8_array_sequence(&file.parts)?;
    let form = FormData::new()?;
    form.append_with_str("sessionid", session)?;
    form.append_with_str("filename", path)?;
    form.append_with_str("filemode", "0600")?;
    form.append_with_blob_and_filename("filedata", &blob, "firmware.bin")?;
    Ok(form)
}

async fn exchange(
    app: &Weak<App>,
    id: u32,
    request: &XmlHttpRequest,
    form: &FormData,
) -> Result<Reply, JsValue> {
    let app = app.clone();
    let _progress = Listener::new(request.upload()?.as_ref(), "progress", move |event| {
        let done = page::number(&event, "loaded").unwrap_or_default();
        // 0 where the browser does not know it.
        let total = page::number(&event, "total").filter(|total| *total > 0);
        send(&app, Msg::Progress { id, done, total });
    })?;
    let ended = Promise::new(&mut |resolve, reject| {
        request.set_onload(Some(&resolve));
        request.set_onerror(Some(&reject));
        request.set_onabort(Some(&reject));
    });
    request.send_with_opt_form_data(Some(form))?;
    JsFuture::from(ended).await?;
    let text = page::property(request, "responseText").unwrap_or_else(|| "".into());
    Ok(Reply::Http {
        status: request.status()?,
        body: json::body(text.unchecked_ref()),
    })
}

//! Doing what the core asks for.

mod ask;
mod download;
mod follow;
mod http;
mod mark;
mod upload;

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use asu_view::{Effect, Msg, Reply};
use js_sys::Function;
use wasm_bindgen::JsValue;
use web_sys::{AbortController, XmlHttpRequest};

use crate::app::{App, send};
use crate::page;

pub(crate) use download::Downloaded;

/// Something under way that can be stopped.
pub(crate) enum Running {
    Fetch(AbortController),
    Xhr(XmlHttpRequest),
}

impl Running {
    fn abort(&self) {
        match self {
            Self::Fetch(controller) => controller.abort(),
            Self::Xhr(request) => {
                let _ = request.abort();
            }
        }
    }
}

/// What is under way, and the file that was downloaded last.
#[derive(Default)]
pub(crate) struct Effects {
    running: RefCell<Vec<(u32, Running)>>,
    file: RefCell<Option<Downloaded>>,
    mark: mark::Mark,
    /// What the host wants to be called when the session it gave has ended.
    expired: Option<Function>,
}

impl Effects {
    pub(crate) fn new(expired: Option<Function>) -> Self {
        Self {
            expired,
            ..Self::default()
        }
    }

    fn expired(&self) {
        if let Some(expired) = &self.expired {
            let _ = expired.call0(&JsValue::NULL);
        }
    }

    pub(crate) fn begin(&self, app: &Rc<App>, effect: Effect) {
        match effect {
            Effect::Http { id, url, body } => http::begin(app, id, url, body),
            Effect::Build {
                id,
                url,
                body,
                token,
            } => ask::begin(app, id, url, ask::build(body, &token)),
            Effect::Follow { id, url } => follow::begin(app, id, url),
            Effect::Save { id, url, session } => ask::begin(app, id, url, ask::save(&session)),
            Effect::Knock { id, url } => ask::begin(app, id, url, Ok(ask::knock())),
            Effect::Look { id } => reply(&Rc::downgrade(app), id, mark::Mark::look()),
            Effect::Mark(text) => self.mark.set(&text),
            Effect::Expired => self.expired(),
            Effect::Download { id, url } => {
                self.file.borrow_mut().take();
                download::begin(app, id, url);
            }
            Effect::Digest { id } => reply(&Rc::downgrade(app), id, self.digest()),
            Effect::Upload {
                id,
                url,
                session,
                path,
            } => {
                upload::begin(app, id, &url, &session, path, self.file.borrow().as_ref());
            }
            Effect::Abort { id } => {
                if let Some(running) = self.ended(id) {
                    running.abort();
                }
            }
            Effect::Discard => {
                self.file.borrow_mut().take();
            }
            Effect::Remember(text) => page::remember(&text),
            Effect::Forget => page::forget(),
        }
    }

    pub(crate) fn abort_all(&self) {
        for (_, running) in self.running.take() {
            running.abort();
        }
        self.file.borrow_mut().take();
    }

    pub(crate) fn register(&self, id: u32, running: Running) {
        self.running.borrow_mut().push((id, running));
    }

    pub(crate) fn ended(&self, id: u32) -> Option<Running> {
        let mut running = self.running.borrow_mut();
        let place = running.iter().position(|(other, _)| *other == id)?;
        Some(running.swap_remove(place).1)
    }

    pub(crate) fn keep(&self, file: Downloaded) {
        self.file.borrow_mut().replace(file);
    }

    fn digest(&self) -> Reply {
        match self.file.borrow().as_ref() {
            Some(file) => Reply::Digest {
                sha256: file.sha256.clone(),
                size: file.size,
            },
            None => Reply::Failed("nothing was downloaded".to_owned()),
        }
    }
}

/// Tells the model how an effect ended.
pub(crate) fn reply(app: &Weak<App>, id: u32, reply: Reply) {
    if let Some(app) = app.upgrade() {
        app.effects().ended(id);
    }
    send(app, Msg::Replied { id, reply });
}

/// What the browser says about a failure, which is not much.
pub(crate) fn words(error: &JsValue) -> String {
    page::text(error, "message").unwrap_or_default()
}

//! The loop: something happens, the model changes, the page follows, effects begin.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use asu_view::node::Node;
use asu_view::{Action, Edit, Model, Msg, Options, update, view};
use js_sys::Function;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, HtmlElement};

use crate::effects::Effects;
use crate::listen::{Interval, Listener};
use crate::page;
use crate::patch::Painter;

/// How often the model learns that time has passed, milliseconds.
const TICK: i32 = 500;

/// A view on a page.
pub(crate) struct App {
    host: web_sys::Element,
    painter: Painter,
    model: RefCell<Model>,
    /// What the page shows.
    shown: RefCell<Node>,
    inbox: RefCell<VecDeque<Msg>>,
    /// Whether messages are being handled: changing the page can cause events at once.
    busy: Cell<bool>,
    effects: Effects,
    listeners: RefCell<Vec<Listener>>,
    ticker: RefCell<Option<Interval>>,
}

impl App {
    pub(crate) fn open(
        host: &web_sys::Element,
        options: Options,
        painter: Painter,
        expired: Option<Function>,
    ) -> Result<Rc<Self>, JsValue> {
        let model = Model::new(options);
        let shown = view(&model);
        host.set_text_content(None);
        host.append_child(&painter.create(&shown)?)?;
        let app = Rc::new(Self {
            host: host.clone(),
            painter,
            model: RefCell::new(model),
            shown: RefCell::new(shown),
            inbox: RefCell::default(),
            busy: Cell::new(false),
            effects: Effects::new(expired),
            listeners: RefCell::default(),
            ticker: RefCell::default(),
        });
        app.listen()?;
        app.send(Msg::Open);
        Ok(app)
    }

    pub(crate) fn close(&self) {
        self.listeners.borrow_mut().clear();
        self.ticker.borrow_mut().take();
        self.effects.abort_all();
        self.host.set_text_content(None);
    }

    pub(crate) fn effects(&self) -> &Effects {
        &self.effects
    }

    /// Takes a message; it is handled now, or after the one being handled.
    pub(crate) fn send(self: &Rc<Self>, msg: Msg) {
        self.inbox.borrow_mut().push_back(msg);
        if self.busy.replace(true) {
            return;
        }
        loop {
            let next = self.inbox.borrow_mut().pop_front();
            let Some(msg) = next else { break };
            let effects = update(&mut self.model.borrow_mut(), page::now(), msg);
            for effect in effects {
                self.effects.begin(self, effect);
            }
        }
        if self.draw().is_err() {
            self.draw_anew();
        }
        self.tick_while_waiting();
        self.busy.set(false);
        if !self.inbox.borrow().is_empty() {
            self.send(Msg::Tick);
        }
    }

    fn draw(&self) -> Result<(), JsValue> {
        let next = view(&self.model.borrow());
        let before = self.shown.replace(next);
        let after = self.shown.borrow();
        if let Some(place) = self.host.first_child() {
            self.painter.patch(&place, &before, &after)?;
        }
        if screen(&before) != screen(&after) {
            self.focus();
        }
        Ok(())
    }

    /// Something else changed the page (an extension, a translator): start from nothing.
    fn draw_anew(&self) {
        if let Ok(made) = self.painter.create(&self.shown.borrow()) {
            self.host.set_text_content(None);
            let _ = self.host.append_child(&made);
        }
    }

    /// Takes people who do not see the page to the headline of a new screen.
    fn focus(&self) {
        let place = self.host.query_selector("[data-focus]").ok().flatten();
        if let Some(place) = place {
            let _ = place.unchecked_into::<HtmlElement>().focus();
        }
    }

    fn tick_while_waiting(self: &Rc<Self>) {
        let waiting = self.model.borrow().is_waiting();
        let mut ticker = self.ticker.borrow_mut();
        if waiting && ticker.is_none() {
            let app = Rc::downgrade(self);
            *ticker = Interval::new(TICK, move || send(&app, Msg::Tick)).ok();
        } else if !waiting {
            ticker.take();
        }
    }

    fn listen(self: &Rc<Self>) -> Result<(), JsValue> {
        let mut listeners = self.listeners.borrow_mut();
        for (name, handle) in [
            ("click", click as fn(&Event) -> Vec<Msg>),
            ("submit", submit),
            ("input", edit),
            ("change", edit),
        ] {
            let app: Weak<Self> = Rc::downgrade(self);
            listeners.push(Listener::new(&self.host, name, move |event| {
                for msg in handle(&event) {
                    send(&app, msg);
                }
            })?);
        }
        Ok(())
    }
}

/// Sends a message if the view is still on its page.
pub(crate) fn send(app: &Weak<App>, msg: Msg) {
    if let Some(app) = app.upgrade() {
        app.send(msg);
    }
}

fn screen(node: &Node) -> Option<&str> {
    match node {
        Node::Element(element) => element.get("data-screen"),
        Node::Text(_) => None,
    }
}

fn target(event: &Event) -> Option<web_sys::Element> {
    event.target()?.dyn_into().ok()
}

fn action_of(element: &web_sys::Element) -> Option<Action> {
    Action::from_name(&element.get_attribute("data-action")?)
}

/// A pressed button. Buttons of forms come by `submit`, which also hears the Enter key.
fn click(event: &Event) -> Vec<Msg> {
    let button = target(event).and_then(|place| place.closest("[data-action]").ok().flatten());
    button
        .filter(|button| button.get_attribute("type").as_deref() != Some("submit"))
        .and_then(|button| action_of(&button))
        .map(Msg::Press)
        .into_iter()
        .collect()
}

/// A sent form. Its fields are read once more: password managers may fill them without an event.
fn submit(event: &Event) -> Vec<Msg> {
    event.prevent_default();
    let Some(form) = target(event) else {
        return Vec::new();
    };
    let mut messages = Vec::new();
    if let Ok(inputs) = form.query_selector_all("input") {
        for place in 0..inputs.length() {
            let input = inputs.item(place).and_then(|node| node.dyn_into().ok());
            messages.extend(input.and_then(|input: web_sys::Element| changed(&input)));
        }
    }
    let button = form.query_selector("[type=submit]").ok().flatten();
    messages.extend(button.and_then(|button| action_of(&button)).map(Msg::Press));
    messages
}

fn edit(event: &Event) -> Vec<Msg> {
    target(event)
        .and_then(|input| changed(&input))
        .into_iter()
        .collect()
}

fn changed(element: &web_sys::Element) -> Option<Msg> {
    // Fields of every kind have a value; what has none is no field.
    let value = page::text(element, "value")?;
    let checked = page::property(element, "checked")?.is_truthy();
    let id = page::text(element, "id")?;
    Edit::from_input(&id, &value, checked).map(Msg::Edit)
}

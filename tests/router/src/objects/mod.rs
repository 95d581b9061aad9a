//! The objects that rpcd and procd have themselves: `session`, `uci`, `system`.

mod session;
mod system;
mod uci;

use std::rc::Rc;
use std::sync::Arc;

use crate::device::Device;
use crate::session::Shared;
use crate::ubus::{Signature, Status};
use crate::value::Table;

/// An object of the router's own.
pub(crate) trait Object {
    /// Its name, methods and arguments.
    fn signature(&self) -> Signature;

    /// Answers a call of one of its methods.
    fn call(&mut self, method: &str, arguments: &Table) -> Result<Table, Status>;
}

/// All objects of the router's own.
pub(crate) fn native(sessions: &Shared, device: &Arc<Device>) -> Vec<Box<dyn Object>> {
    vec![
        Box::new(session::SessionObject::new(Rc::clone(sessions))),
        Box::new(uci::UciObject::new(Rc::clone(sessions))),
        Box::new(system::SystemObject::new(Arc::clone(device))),
    ]
}

/// Method to its arguments with their types.
type Methods<'a> = &'a [(&'a str, &'a [(&'a str, u8)])];

fn signature(object: &str, methods: Methods<'_>) -> Signature {
    let arguments = |list: &[(&str, u8)]| {
        list.iter()
            .map(|(name, kind)| ((*name).to_owned(), *kind))
            .collect()
    };
    let methods = methods
        .iter()
        .map(|(name, list)| ((*name).to_owned(), arguments(list)))
        .collect();
    Signature {
        object: object.to_owned(),
        methods,
    }
}

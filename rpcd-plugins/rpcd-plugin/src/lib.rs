//! A safe layer over the C interface of rpcd and libubus, for plugins that live inside rpcd.
//!
//! It is not a binding of all of libubus: it holds what a plugin needs to read arguments, reply,
//! run a command and read small files. rpcd keeps everybody's login, so nothing here blocks,
//! allocates without bound or panics. All `unsafe` code of the plugins is in this crate.
//!
//! A plugin declares its methods and its object, and exports it:
//!
//! ```text
//! static METHODS: [Method; 1] = [Method::new::<List>(c"list", &[])];
//! static OBJECT: Object = Object::new(c"packagelist", &METHODS);
//! asu_rpcd_plugin::export!(OBJECT);
//! ```

#![cfg_attr(not(test), no_std)]

mod abi;
mod blob;
mod bytes;
mod call;
mod exec;
mod file;
mod message;
mod object;
mod plugin;
mod single;
mod status;
mod text;

pub use blob::{Field, Fields, Kind, Table};
pub use bytes::{Bytes, Full};
pub use call::Call;
pub use exec::{Job, MAX_ARGUMENTS, Output};
pub use file::{Identity, Lines, exists, free_space, remove};
pub use message::{LIMIT, Message, OpenTable};
pub use object::{Argument, Handler, Method, Object};
pub use plugin::{Plugin, Registration, abort};
pub use single::Single;
pub use status::Status;
pub use text::{Text, utf8_prefix};

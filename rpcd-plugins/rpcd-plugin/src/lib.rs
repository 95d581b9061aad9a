//! A safe layer over the C interface of rpcd and libubus, for plugins that live inside rpcd.
//!
//! It is not a binding of all of libubus: it holds what a plugin needs to read arguments, reply,
//! run a command and read small files. rpcd keeps everybody's login, so nothing here blocks,
//! allocates without bound or panics. All `unsafe` code of the plugins is in this crate.
//!
//! A plugin declares its object and methods with [`export!`], and answers their calls:
//!
//! ```text
//! asu_rpcd_plugin::export! {
//!     "packagelist" => answer,
//!     "list" { "all": Bool },
//! }
//! ```

#![cfg_attr(not(any(test, feature = "host")), no_std)]

mod abi;
mod blob;
mod bytes;
mod call;
mod exec;
mod file;
#[cfg(any(test, feature = "host"))]
pub mod host;
mod message;
mod names;
mod object;
mod plugin;
mod reply;
mod single;
mod status;
mod text;

pub use blob::{Field, Fields, Kind, Table};
pub use bytes::{Bytes, Full, LIMIT};
pub use call::Call;
pub use exec::{Done, Output, Word, is_running};
pub use file::{File, Identity, Lines, ShortLines, Window, device, exists, free_space, remove};
pub use message::{Message, OpenTable};
pub use names::Names;
pub use object::{Room, Service};
pub use plugin::{Plugin, Registration, abort};
pub use reply::Reply;
pub use single::Single;
pub use status::Status;
pub use text::Text;

//! Gives the plugins files and arguments, and checks what must hold for every answer.

mod files;
mod reply;
mod subject;

#[rustfmt::skip]
#[path = "../../packagelist/src/apk.rs"]
mod apk;
#[rustfmt::skip]
#[allow(dead_code, reason = "the paths of a router are not used here")]
#[path = "../../packagelist/src/list.rs"]
mod list;
#[rustfmt::skip]
#[path = "../../packagelist/src/opkg.rs"]
mod opkg;
#[rustfmt::skip]
#[path = "../../packagelist/src/package.rs"]
mod package;
#[rustfmt::skip]
#[path = "../../packagelist/src/world.rs"]
mod world;

pub use crate::files::Files;
pub use crate::reply::{names, walk};

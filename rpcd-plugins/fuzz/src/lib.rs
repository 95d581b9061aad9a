//! Gives the plugins files and arguments, and checks what must hold for every answer.

mod files;
mod reply;
mod subject;

pub use crate::files::Files;
pub use crate::reply::{names, walk};

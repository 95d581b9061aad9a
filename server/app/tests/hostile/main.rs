//! What nobody means well by, sent to the program itself over a real socket.
//!
//! Each is answered with a short 4xx; afterwards the mirror was not asked, nothing is stored, and the
//! server works as before.
#![allow(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in test functions, not in their helpers"
)]

mod bodies;
mod heads;
mod paths;
mod server;

pub(crate) use server::{Answer, Server};

//! The whole server in one process: routes, one build worker, and the folder they work on.
//!
//! Everything is put together here and nothing else is done here: what upstream offers is the
//! catalog's, how images are made is the builder's, whose turn it is is the store's. The time and
//! the builder are arguments, so that tests decide them.

mod build;
mod data;
mod desk;
mod foresight;
mod jobs;
mod listen;
mod local;
mod office;
mod outcome;
mod remote;
mod scale;
mod site;
mod verdicts;
mod worker;

pub use build::{Build, not_offered, produce};
pub use data::{DataDir, DataError};
pub use desk::Desk;
pub use foresight::Foresee;
pub use listen::Connections;
pub use remote::{Dealings, RemoteError, RemoteWorker};
pub use scale::Scale;
pub use site::{ServeError, Settings, Site};
pub use worker::Pace;

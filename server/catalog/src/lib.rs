//! What upstream offers: versions, targets, profiles and package indexes.
//!
//! Every document is kept on disk as it was last seen whole, so that neither a running nor a
//! starting server is worse than its last good state while upstream is down, slow or half-written.
//! This crate does not plan, build or answer HTTP requests.

mod catalog;
mod error;

pub use catalog::{Catalog, CatalogConfig};
pub use error::CatalogError;

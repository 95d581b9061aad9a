//! What upstream offers: versions, targets, profiles and package indexes.
//!
//! Every document is kept on disk as it was last seen whole, so that neither a running nor a
//! starting server is worse than its last good state while upstream is down, slow or half-written.
//! This crate does not plan, build or answer HTTP requests.
//!
//! | module | what it is |
//! |---|---|
//! | `catalog` | the questions others ask |
//! | `canonical` | a request's one form |
//! | `overview` | branches, versions and targets together |
//! | `packages` | package indexes, merged |
//! | `branches` | which branches there are: data |
//! | `shelf` | documents of one kind, never worse than their last good state |
//! | `mirror`, `disk` | where documents come from and where they are kept |
//! | `documents`, `index` | their forms |

mod branches;
mod canonical;
mod catalog;
mod disk;
mod documents;
mod error;
mod index;
mod mirror;
mod overview;
mod packages;
mod shelf;

pub use catalog::{Catalog, CatalogConfig, Tuning};
pub use error::CatalogError;
pub use shelf::Clock;

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
//! | `packages` | package indexes as clients are answered |
//! | `release`, `feed` | all packages of a target, with all that planning needs |
//! | `members`, `site` | the distributions and the mirrors they lie on |
//! | `trust` | whose package indexes are believed |
//! | `shelf` | documents of one kind, never worse than their last good state |
//! | `mirror`, `disk` | where documents come from and where they are kept |
//! | `documents`, `index` | their forms |

mod canonical;
mod catalog;
mod disk;
mod documents;
mod error;
mod feed;
mod index;
mod members;
mod mirror;
mod overview;
mod packages;
mod release;
mod shelf;
mod site;
mod trust;

pub use catalog::{Catalog, CatalogConfig, Tuning};
pub use error::CatalogError;
pub use release::Offered;
pub use shelf::Clock;
pub use trust::Trust;

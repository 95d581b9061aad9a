//! Distributions as data: mirrors, keys, branches and what became of packages between releases.
//!
//! A distribution is a YAML file; `docs/distributions.md` describes every field. Reading the
//! folder of an operator's own files is the only I/O here.
//!
//! | module | what it does |
//! |---|---|
//! | [`schema`] | the fields of a file |
//! | [`Distributions`] | reads files and names every mistake with its line |
//! | [`Distribution`] | answers: branch, channel, folder, feeds and keys of a version |
//! | [`Releases`] | which release a version, branch or channel means |
//! | [`transform`] | carries a package list from one version to another |

mod boards;
mod check;
mod choice;
mod compat;
mod distribution;
mod error;
mod feeds;
mod judge;
mod load;
mod outcome;
mod published;
mod release_keys;
mod releases;
pub mod schema;
mod steps;
mod template;
mod timeline;
mod transform;
mod versions;

pub use compat::{CompatVersion, ImageCompat};
pub use distribution::{Distribution, ParentRelease};
pub use error::{LoadError, Problem};
pub use feeds::Feed;
pub use load::Distributions;
pub use outcome::{Added, AppliedRule, Offer, Outcome, Transformed};
pub use release_keys::{ApkKey, ReleaseKeys, UsignKey};
pub use releases::{Chosen, Releases};
pub use schema::{Branch, Channel, Flavour, PackageSet};
pub use timeline::Release;
pub use transform::{Device, transform};

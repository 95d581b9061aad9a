//! Package feeds a request brings along, and the keys that sign them.
//!
//! All of it ends in files that opkg, apk, wget and a shell's `make` read, each in its own way. So
//! only what all of them read alike is accepted; a library for URLs accepts, and repairs, far more.

use std::collections::{BTreeMap, BTreeSet};

mod key;
mod url;

use serde::{Deserialize, Serialize};

use crate::name::RepositoryName;
pub use key::{KeyText, RepositoryKey};
pub use url::RepositoryUrl;

/// Most feeds, and most keys, in a request.
pub const MAX_REPOSITORIES: usize = 32;

/// The feeds of a request, by name; at most [`MAX_REPOSITORIES`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(try_from = "BTreeMap<RepositoryName, RepositoryUrl>")]
pub struct Repositories(BTreeMap<RepositoryName, RepositoryUrl>);

impl Repositories {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each feed, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&RepositoryName, &RepositoryUrl)> {
        self.0.iter()
    }
}

impl TryFrom<BTreeMap<RepositoryName, RepositoryUrl>> for Repositories {
    type Error = &'static str;

    fn try_from(feeds: BTreeMap<RepositoryName, RepositoryUrl>) -> Result<Self, &'static str> {
        if feeds.len() > MAX_REPOSITORIES {
            return Err("at most 32 repositories are allowed");
        }
        Ok(Self(feeds))
    }
}

/// What becomes of upstream's feeds where a request brings its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum RepositoriesMode {
    /// The request's feeds come besides upstream's.
    Append,
    /// The request's feeds take the place of upstream's; the ImageBuilder's own packages stay.
    #[default]
    Replace,
}

impl RepositoriesMode {
    /// Whether it is what a request has that says nothing.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// The keys of a request's feeds, sorted and each once; at most [`MAX_REPOSITORIES`] are named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = Vec<String>, max_items = 32))]
#[serde(try_from = "Vec<RepositoryKey>")]
pub struct RepositoryKeys(BTreeSet<RepositoryKey>);

impl RepositoryKeys {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each key.
    pub fn iter(&self) -> impl Iterator<Item = &RepositoryKey> {
        self.0.iter()
    }
}

impl TryFrom<Vec<RepositoryKey>> for RepositoryKeys {
    type Error = &'static str;

    fn try_from(keys: Vec<RepositoryKey>) -> Result<Self, &'static str> {
        if keys.len() > MAX_REPOSITORIES {
            return Err("at most 32 repository keys are allowed");
        }
        Ok(Self(keys.into_iter().collect()))
    }
}

#[cfg(test)]
mod tests;

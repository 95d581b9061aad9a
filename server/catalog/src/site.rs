//! One mirror with the documents kept of it.

use std::path::Path;
use std::sync::Arc;

use asu_index::index_json::IndexJson;
use asu_protocol::profiles::TargetProfiles;

use crate::CatalogError;
use crate::catalog::Tuning;
use crate::disk::Disk;
use crate::documents::{self, Targets, Versions};
use crate::feed::{self, Feed};
use crate::index;
use crate::mirror::Mirror;
use crate::shelf::Shelf;
use crate::trust::Signers;

/// Whole feeds kept in memory: a target has about eight.
const FEEDS: usize = 48;

/// One mirror with the documents kept of it.
pub(crate) struct Site {
    pub(crate) mirror: Arc<Mirror>,
    pub(crate) versions: Shelf<Versions>,
    pub(crate) targets: Shelf<Targets>,
    pub(crate) profiles: Shelf<TargetProfiles>,
    pub(crate) indexes: Shelf<IndexJson>,
    pub(crate) feeds: Shelf<Vec<String>>,
    pub(crate) packages: Shelf<Feed>,
}

impl Site {
    pub(crate) fn open(
        root: &str,
        cache: &Path,
        tuning: &Tuning,
        signers: Signers,
    ) -> Result<Self, CatalogError> {
        let disk = Disk::open(cache, root).map_err(|error| CatalogError::Cache {
            path: cache.display().to_string(),
            reason: error.to_string(),
        })?;
        let mirror = Arc::new(Mirror::new(root, tuning.timeout, disk)?);
        let clock = &tuning.clock;
        Ok(Self {
            versions: Shelf::new(&mirror, clock, documents::versions),
            targets: Shelf::new(&mirror, clock, documents::targets),
            profiles: Shelf::new(&mirror, clock, documents::profiles),
            indexes: Shelf::new(&mirror, clock, index::parse),
            feeds: Shelf::new(&mirror, clock, documents::feeds),
            packages: Shelf::with(
                &mirror,
                clock,
                feed::parse,
                Some(signers.for_shelves()),
                FEEDS,
            ),
            mirror,
        })
    }
}

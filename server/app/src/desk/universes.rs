//! Packages indexed for planning, kept as long as upstream's indexes stay the same.

use std::sync::{Arc, Mutex, PoisonError};

use asu_catalog::{CatalogError, Offered};
use asu_index::Package;
use asu_planner::solve::Universe;

use super::broken;

/// Targets kept; each takes up to 40 MB.
const KEPT: usize = 6;

type Feeds = Vec<Arc<Vec<Arc<Package>>>>;
type Kept = Vec<(Feeds, Arc<Universe>)>;

/// Packages indexed for planning. Cheap to clone; clones share everything.
#[derive(Clone, Default)]
pub(super) struct Universes {
    kept: Arc<Mutex<Kept>>,
}

impl Universes {
    /// The packages of a target, indexed once for the same feeds.
    pub(super) async fn of(&self, offered: &Offered) -> Result<Arc<Universe>, CatalogError> {
        if let Some(universe) = self.find(&offered.feeds) {
            return Ok(universe);
        }
        let (subject, feeds) = (offered.clone(), offered.feeds.clone());
        let built = tokio::task::spawn_blocking(move || Arc::new(universe(&subject)));
        let universe = built.await.map_err(|error| broken(&error))?;
        self.keep(feeds, &universe);
        Ok(universe)
    }

    /// The one asked for last is the last to be forgotten.
    fn find(&self, feeds: &Feeds) -> Option<Arc<Universe>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.iter().position(|(known, _)| same(known, feeds))?;
        let found = kept.remove(place);
        let universe = Arc::clone(&found.1);
        kept.push(found);
        Some(universe)
    }

    fn keep(&self, feeds: Feeds, universe: &Arc<Universe>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.remove(0);
        }
        kept.push((feeds, Arc::clone(universe)));
    }
}

fn universe(offered: &Offered) -> Universe {
    let listed = offered.feeds.iter().flat_map(|feed| feed.iter().cloned());
    let packages = listed.chain(offered.brought_along());
    let architectures = [offered.profiles.arch_packages.clone()];
    Universe::new(offered.flavour, &architectures, packages)
}

fn same(a: &Feeds, b: &Feeds) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| Arc::ptr_eq(a, b))
}

//! Packages indexed for planning, kept as long as upstream's indexes stay the same.

use std::sync::Arc;

use asu_catalog::{CatalogError, Offered};
use asu_index::Package;
use asu_planner::solve::Universe;
use moka::future::Cache;

use super::broken;

/// Targets kept; each takes up to 40 MB.
const KEPT: u64 = 6;

type Feeds = Vec<Arc<Vec<Arc<Package>>>>;

/// Packages indexed for planning. Cheap to clone; clones share everything.
///
/// The places of the feeds in memory are the key: the feeds are kept with the entry, so nothing
/// else comes to lie there while it lives.
#[derive(Clone)]
pub(super) struct Universes(Cache<Vec<usize>, (Feeds, Arc<Universe>)>);

impl Default for Universes {
    fn default() -> Self {
        Self(Cache::new(KEPT))
    }
}

impl Universes {
    /// The packages of a target, indexed once for the same feeds, however many ask.
    pub(super) async fn of(&self, offered: &Offered) -> Result<Arc<Universe>, CatalogError> {
        let feeds = offered.feeds.iter();
        let places = feeds.map(|feed| Arc::as_ptr(feed).addr()).collect();
        let subject = offered.clone();
        let built = async move {
            let indexed = tokio::task::spawn_blocking(move || {
                let universe = Arc::new(universe(&subject));
                (subject.feeds, universe)
            });
            indexed.await.map_err(|error| broken(&error))
        };
        let kept = self.0.try_get_with(places, built).await;
        let (_, universe) = kept.map_err(|error| (*error).clone())?;
        Ok(universe)
    }
}

fn universe(offered: &Offered) -> Universe {
    let listed = offered.feeds.iter().flat_map(|feed| feed.iter().cloned());
    let packages = listed.chain(offered.brought_along());
    let architectures = [offered.profiles.arch_packages.clone()];
    Universe::new(offered.flavour, &architectures, packages)
}

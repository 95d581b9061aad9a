//! Doing the same work once for all who ask meanwhile.
//!
//! By hand: `moka`'s shared initialisation keeps what it made, where this must forget it.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Instant;

/// The last outcome of some work, and when it ended.
type Flight<T> = tokio::sync::Mutex<Option<(Instant, T)>>;

/// Work under way, by its key.
pub(super) struct Flights<T>(Mutex<HashMap<String, Weak<Flight<T>>>>);

impl<T> Default for Flights<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> fmt::Debug for Flights<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flights").finish_non_exhaustive()
    }
}

impl<T: Clone> Flights<T> {
    /// What `work` gives, or what the same work gave that ended while this waited.
    ///
    /// Who does the work may be dropped; then the next who waits does it.
    pub(super) async fn share(&self, key: &str, work: impl Future<Output = T>) -> T {
        let arrived = Instant::now();
        let flight = self.of(key);
        let mut last = flight.lock().await;
        if let Some((ended, outcome)) = &*last
            && *ended >= arrived
        {
            return outcome.clone();
        }
        let outcome = work.await;
        *last = Some((Instant::now(), outcome.clone()));
        outcome
    }

    fn of(&self, key: &str) -> Arc<Flight<T>> {
        let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = flights.get(key).and_then(Weak::upgrade) {
            return flight;
        }
        flights.retain(|_, flight| flight.strong_count() > 0);
        let flight = Arc::default();
        flights.insert(key.to_owned(), Arc::downgrade(&flight));
        flight
    }
}

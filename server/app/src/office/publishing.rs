//! The end of a build elsewhere may be told twice: then the second waits for the first.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, Weak};

use asu_store::Lease;
use tokio::sync::{Mutex, OwnedMutexGuard};

type Lock = Mutex<()>;
/// By the request's hash and the number of the lease.
type Locks = BTreeMap<(String, i64), Weak<Lock>>;

/// Who takes which end. Cheap to clone; clones share everything.
#[derive(Clone, Default)]
pub(crate) struct Publishing(Arc<std::sync::Mutex<Locks>>);

impl Publishing {
    /// Waits until nobody else takes the end of this lease; others go on, which may take a while each.
    pub(super) async fn alone(&self, lease: &Lease) -> OwnedMutexGuard<()> {
        self.lock(lease).lock_owned().await
    }

    /// Whether somebody takes the end of this lease.
    pub(super) fn is_taken(&self, lease: &Lease) -> bool {
        let locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lock = locks.get(&(lease.request_hash().to_owned(), lease.number()));
        lock.is_some_and(|lock| lock.strong_count() > 0)
    }

    fn lock(&self, lease: &Lease) -> Arc<Lock> {
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        locks.retain(|_, lock| lock.strong_count() > 0);
        let known = locks.entry((lease.request_hash().to_owned(), lease.number()));
        let known = known.or_default();
        known.upgrade().unwrap_or_else(|| {
            let new = Arc::default();
            *known = Arc::downgrade(&new);
            new
        })
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn one_waits_only_for_its_like() {
        let publishing = Publishing::default();
        let lease = |number| Lease::told("a".to_owned(), number);
        let first = publishing.alone(&lease(1)).await;
        assert!(publishing.alone(&lease(2)).now_or_never().is_some());
        assert!(publishing.alone(&lease(1)).now_or_never().is_none());
        drop(first);
        assert!(publishing.alone(&lease(1)).now_or_never().is_some());
    }
}

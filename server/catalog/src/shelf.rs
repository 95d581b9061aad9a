//! Documents of one kind, parsed and kept.
//!
//! A document that was ever good is answered at once and revalidated behind the answer; a worse one
//! (absent, torn, nonsense) never takes its place. One that was never seen is fetched while the
//! asker waits; if that fails, the failure is the answer for a while. However many ask, upstream is
//! asked once, in a task that does not end with its asker. That upstream does not have a
//! document is knowledge too, and outlasts upstream's being down.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::{JoinError, JoinHandle};

use crate::CatalogError;
use crate::disk::{Stored, Validators};
use crate::mirror::{Fetched, Mirror};

/// The time since some moment in the past.
pub type Clock = Arc<dyn Fn() -> Duration + Send + Sync>;

/// How long a document counts as fresh.
pub(crate) const FRESH: Duration = Duration::from_mins(1);
/// How long "there is no such document" is believed.
pub(crate) const ABSENT: Duration = Duration::from_mins(1);
/// How long after a failure upstream is asked again.
const RETRY: Duration = Duration::from_secs(5);
/// How long an asker waits to hear whether a document that did not exist does so now.
const HURRY: Duration = Duration::from_secs(1);
/// How long an asker waits who can do without a document that was never seen.
const SOON: Duration = Duration::from_secs(3);
/// Documents of one kind kept in memory; more are read from disk again.
const CAPACITY: usize = 128;

/// Turns a document's path and bytes into what it says, or the reason why it is invalid.
pub(crate) type Parse<T> = fn(&str, &[u8]) -> Result<T, String>;

/// Decides whether a document may be believed; it is asked before a new one is kept.
pub(crate) trait Trust: Send + Sync {
    /// The document that holds the signature of the one at `path`, where it is one of its own.
    fn signature_of(&self, path: &str) -> Option<String>;

    /// Whether the document is what its signer wrote, or the reason why that cannot be told.
    fn check(&self, path: &str, body: &[u8], signature: Option<&[u8]>) -> Result<(), String>;
}

/// Documents of one kind.
pub(crate) struct Shelf<T> {
    inner: Arc<Inner<T>>,
}

struct Inner<T> {
    mirror: Arc<Mirror>,
    clock: Clock,
    parse: Parse<T>,
    trust: Option<Arc<dyn Trust>>,
    capacity: usize,
    slots: Mutex<HashMap<String, Arc<Slot<T>>>>,
}

struct Slot<T> {
    /// Held while upstream is asked, so that it is asked once.
    gate: tokio::sync::Mutex<()>,
    state: Mutex<State<T>>,
}

struct State<T> {
    good: Option<Arc<T>>,
    /// Said by upstream the last time it said anything; only where there is no good state.
    absence: Option<CatalogError>,
    validators: Validators,
    /// When upstream was last asked, with the failure if it gave nothing usable.
    checked: Option<(Duration, Option<CatalogError>)>,
}

impl<T: Send + Sync + 'static> Shelf<T> {
    pub(crate) fn new(mirror: &Arc<Mirror>, clock: &Clock, parse: Parse<T>) -> Self {
        Self::with(mirror, clock, parse, None, CAPACITY)
    }

    /// Documents that are kept only if `trust` says so, `capacity` of them in memory.
    pub(crate) fn with(
        mirror: &Arc<Mirror>,
        clock: &Clock,
        parse: Parse<T>,
        trust: Option<Arc<dyn Trust>>,
        capacity: usize,
    ) -> Self {
        let inner = Inner {
            mirror: Arc::clone(mirror),
            clock: Arc::clone(clock),
            parse,
            trust,
            capacity,
            slots: Mutex::default(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// The document, possibly a little stale.
    pub(crate) async fn get(&self, path: &str) -> Result<Arc<T>, CatalogError> {
        let slot = self.inner.slot(path).await;
        let (good, absence) = slot.known();
        if let Some(good) = good {
            if !slot.checked_within(FRESH, self.inner.now()) {
                self.refresh_behind(path, &slot, FRESH);
            }
            return Ok(good);
        }
        let refresh = self.refresh_behind(path, &slot, FRESH);
        let Some(absence) = absence else {
            return self.finish(path, refresh.await);
        };
        // An upstream that is down must not make everyone wait for what it never had.
        let mirror = &self.inner.mirror;
        let hurry = if mirror.is_well() {
            HURRY
        } else {
            Duration::ZERO
        };
        if let Ok(refreshed) = tokio::time::timeout(hurry, refresh).await {
            return self.finish(path, refreshed);
        }
        mirror.doubt();
        Err(absence)
    }

    /// [`Shelf::get`] for those who can do without: an error if it takes more than a few seconds.
    pub(crate) async fn soon(&self, path: &str) -> Result<Arc<T>, CatalogError> {
        let got = tokio::time::timeout(SOON, self.get(path)).await;
        got.unwrap_or_else(|_| Err(self.inner.mirror.late(path)))
    }

    /// Refreshes in a task of its own, which goes on when the asker goes away.
    fn refresh_behind(
        &self,
        path: &str,
        slot: &Arc<Slot<T>>,
        max_age: Duration,
    ) -> JoinHandle<Result<Arc<T>, CatalogError>> {
        let (inner, path, slot) = (Arc::clone(&self.inner), path.to_owned(), Arc::clone(slot));
        tokio::spawn(async move { inner.refresh(&path, &slot, max_age).await })
    }

    fn finish(
        &self,
        path: &str,
        refreshed: Result<Result<Arc<T>, CatalogError>, JoinError>,
    ) -> Result<Arc<T>, CatalogError> {
        refreshed.unwrap_or_else(|error| Err(self.inner.mirror.invalid(path, &error.to_string())))
    }

    /// The document as it was at most [`ABSENT`] ago; an error if upstream cannot tell, because what
    /// is not in an older one may be in a newer one.
    pub(crate) async fn recent(&self, path: &str) -> Result<Arc<T>, CatalogError> {
        self.within(path, ABSENT).await
    }

    /// [`Shelf::recent`], of this moment.
    pub(crate) async fn anew(&self, path: &str) -> Result<Arc<T>, CatalogError> {
        self.within(path, Duration::ZERO).await
    }

    async fn within(&self, path: &str, age: Duration) -> Result<Arc<T>, CatalogError> {
        let slot = self.inner.slot(path).await;
        let refreshed = self.refresh_behind(path, &slot, age).await;
        let known = self.finish(path, refreshed)?;
        match slot.failure() {
            Some(failure) if !is_absent(&failure) => Err(failure),
            _ => Ok(known),
        }
    }
}

impl<T: Send + Sync + 'static> Inner<T> {
    fn now(&self) -> Duration {
        (self.clock)()
    }

    async fn slot(self: &Arc<Self>, path: &str) -> Arc<Slot<T>> {
        if let Some(slot) = lock(&self.slots).get(path) {
            return Arc::clone(slot);
        }
        let (inner, name) = (Arc::clone(self), path.to_owned());
        let read = tokio::task::spawn_blocking(move || inner.read(&name)).await;
        let slot = Slot {
            gate: tokio::sync::Mutex::default(),
            state: Mutex::new(read.unwrap_or_default()),
        };
        let mut slots = lock(&self.slots);
        if slots.len() >= self.capacity {
            forget_oldest(&mut slots);
        }
        Arc::clone(
            slots
                .entry(path.to_owned())
                .or_insert_with(|| Arc::new(slot)),
        )
    }

    fn read(&self, path: &str) -> State<T> {
        let mut state = State::default();
        match self.mirror.disk.load(path) {
            Some(Stored::Body(body, validators)) => {
                if let Ok(value) = (self.parse)(path, &body) {
                    (state.good, state.validators) = (Some(Arc::new(value)), validators);
                }
            }
            Some(Stored::Absent) => state.absence = Some(self.mirror.absent(path)),
            None => {}
        }
        state
    }

    /// Asks upstream unless that was done within `max_age`; answers the best that is known then.
    async fn refresh(
        self: &Arc<Self>,
        path: &str,
        slot: &Slot<T>,
        max_age: Duration,
    ) -> Result<Arc<T>, CatalogError> {
        let _gate = slot.gate.lock().await;
        if !slot.checked_within(max_age, self.now()) {
            let validators = lock(&slot.state).validators.clone();
            let outcome = self.ask(path, &validators).await;
            if slot.note(outcome, self.now())
                && let Err(error) = self.mirror.disk.store_absence(path)
            {
                tracing::warn!(path, %error, "the absence of a document cannot be cached on disk");
            }
        }
        slot.best()
            .unwrap_or_else(|| Err(self.mirror.invalid(path, "it was never fetched")))
    }

    async fn ask(
        self: &Arc<Self>,
        path: &str,
        validators: &Validators,
    ) -> Result<Option<(Arc<T>, Validators)>, CatalogError> {
        match self.mirror.fetch(path, validators).await? {
            Fetched::Unchanged => Ok(None),
            Fetched::Body(body, validators) => {
                let signature = self.signature(path).await?;
                let (inner, name) = (Arc::clone(self), path.to_owned());
                let absorb = move || inner.absorb(&name, &body, signature.as_deref(), validators);
                let absorbed = tokio::task::spawn_blocking(absorb).await;
                absorbed
                    .unwrap_or_else(|_| Err(self.mirror.invalid(path, "reading it failed")))
                    .map(Some)
            }
        }
    }

    /// The signature of a document, where it lies in one of its own; nothing if there is none.
    async fn signature(&self, path: &str) -> Result<Option<Vec<u8>>, CatalogError> {
        let trust = self.trust.as_ref();
        let Some(place) = trust.and_then(|trust| trust.signature_of(path)) else {
            return Ok(None);
        };
        match self.mirror.fetch(&place, &Validators::default()).await {
            Ok(Fetched::Body(signature, _)) => Ok(Some(signature)),
            Ok(Fetched::Unchanged) => Ok(None),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn absorb(
        &self,
        path: &str,
        body: &[u8],
        signature: Option<&[u8]>,
        validators: Validators,
    ) -> Result<(Arc<T>, Validators), CatalogError> {
        if let Some(trust) = &self.trust {
            let checked = trust.check(path, body, signature);
            checked.map_err(|reason| self.mirror.invalid(path, &reason))?;
        }
        let value = (self.parse)(path, body).map_err(|reason| {
            self.mirror
                .invalid(path, &format!("it is invalid: {reason}"))
        })?;
        if let Err(error) = self.mirror.disk.store(path, body, &validators) {
            tracing::warn!(path, %error, "a document cannot be cached on disk");
        }
        Ok((Arc::new(value), validators))
    }
}

impl<T> Slot<T> {
    fn known(&self) -> (Option<Arc<T>>, Option<CatalogError>) {
        let state = lock(&self.state);
        (state.good.clone(), state.absence.clone())
    }

    fn checked_within(&self, max_age: Duration, now: Duration) -> bool {
        match &lock(&self.state).checked {
            None => false,
            Some((at, None)) => now.saturating_sub(*at) < max_age,
            Some((at, Some(failure))) => now.saturating_sub(*at) < patience(failure),
        }
    }

    /// Takes upstream's answer in; tells whether it is news that there is no such document.
    fn note(
        &self,
        outcome: Result<Option<(Arc<T>, Validators)>, CatalogError>,
        now: Duration,
    ) -> bool {
        let mut state = lock(&self.state);
        let was_absent = state.absence.is_some();
        let failure = match outcome {
            Ok(Some((value, validators))) => {
                (state.good, state.validators, state.absence) = (Some(value), validators, None);
                None
            }
            Ok(None) => None,
            Err(failure) if state.good.is_some() => {
                tracing::warn!(%failure, "keeping the last good state of a document");
                Some(failure)
            }
            Err(failure) if is_absent(&failure) => {
                state.absence = Some(failure.clone());
                Some(failure)
            }
            Err(failure) => Some(failure),
        };
        state.checked = Some((now, failure));
        state.absence.is_some() && !was_absent
    }

    /// Why upstream gave nothing usable when it was last asked.
    fn failure(&self) -> Option<CatalogError> {
        lock(&self.state).checked.as_ref()?.1.clone()
    }

    fn best(&self) -> Option<Result<Arc<T>, CatalogError>> {
        let (good, absence) = self.known();
        let failure = || absence.or_else(|| self.failure());
        good.map(Ok).or_else(|| failure().map(Err))
    }
}

impl<T> Default for State<T> {
    fn default() -> Self {
        Self {
            good: None,
            absence: None,
            validators: Validators::default(),
            checked: None,
        }
    }
}

fn patience(failure: &CatalogError) -> Duration {
    if is_absent(failure) { ABSENT } else { RETRY }
}

/// Whether upstream answered that there is no such document.
pub(crate) fn is_absent(error: &CatalogError) -> bool {
    matches!(
        error,
        CatalogError::Upstream {
            status: Some(404),
            ..
        }
    )
}

fn forget_oldest<T>(slots: &mut HashMap<String, Arc<Slot<T>>>) {
    let checked = |slot: &Slot<T>| lock(&slot.state).checked.as_ref().map(|(at, _)| *at);
    let oldest = slots
        .iter()
        .min_by_key(|(_, slot)| checked(slot))
        .map(|(path, _)| path.clone());
    if let Some(path) = oldest {
        slots.remove(&path);
    }
}

/// A poisoned lock is used all the same: every change under these locks is a single assignment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! Places in a long queue, from a picture of it that is a moment old.
//!
//! Ten thousand routers that poll every few seconds would each have the whole queue counted. In a
//! short queue a place is counted anew and exact; deep in a long one nobody sees the difference.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::StoreError;
use crate::queue::WAITING;
use crate::store::{Store, millis};

/// So many before one are counted anew each time.
pub(crate) const COUNTED: u32 = 500;
/// A picture younger than this is not taken again.
const YOUNG: Duration = Duration::from_millis(500);
/// By how much longer it is kept for each that waits: reading a huge queue takes its time.
const REST: Duration = Duration::from_micros(20);
/// How many times as old it is still good enough while the next is being taken.
const USABLE: u32 = 10;

/// The last picture of the queue.
#[derive(Debug, Default)]
pub(crate) struct Places {
    last: Mutex<Option<Arc<Picture>>>,
    /// Held by the one who takes the next.
    camera: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Picture {
    taken: Timestamp,
    /// The places that waited, in order.
    waiting: Vec<i64>,
}

impl Picture {
    fn is_young(&self, now: Timestamp) -> bool {
        self.age(now).is_some_and(|age| age < self.keeps())
    }

    fn is_usable(&self, now: Timestamp) -> bool {
        self.age(now).is_some_and(|age| age < self.keeps() * USABLE)
    }

    fn keeps(&self) -> Duration {
        let waiting = u32::try_from(self.waiting.len()).unwrap_or(u32::MAX);
        YOUNG.max(REST.saturating_mul(waiting))
    }

    fn age(&self, now: Timestamp) -> Option<Duration> {
        now.duration_since(self.taken).try_into().ok()
    }

    /// What was queued since has places one after the other.
    fn before(&self, place: i64) -> u32 {
        let before = self.waiting.partition_point(|other| *other < place);
        let since = match self.waiting.last() {
            Some(last) if *last < place => place - last - 1,
            _ => 0,
        };
        let since = usize::try_from(since).unwrap_or(usize::MAX);
        u32::try_from(before.saturating_add(since)).unwrap_or(u32::MAX)
    }
}

impl Places {
    fn last(&self) -> Option<Arc<Picture>> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.clone()
    }

    fn keep(&self, picture: Picture) -> Arc<Picture> {
        let picture = Arc::new(picture);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Some(Arc::clone(&picture));
        picture
    }
}

impl Store {
    /// How many wait before `place`, at least those that were counted.
    pub(crate) async fn before(&self, place: i64, now: Timestamp) -> Result<u32, StoreError> {
        let picture = match self.places.last() {
            Some(picture) if picture.is_young(now) => picture,
            Some(picture) if picture.is_usable(now) => {
                self.renew_behind(now);
                picture
            }
            _ => {
                let _camera = self.places.camera.lock().await;
                match self.places.last().filter(|picture| picture.is_young(now)) {
                    Some(picture) => picture,
                    None => self.picture(now).await?,
                }
            }
        };
        Ok(picture.before(place).max(COUNTED))
    }

    /// Takes the next picture without letting anybody wait for it.
    fn renew_behind(&self, now: Timestamp) {
        let store = self.clone();
        tokio::spawn(async move {
            let Ok(_camera) = store.places.camera.try_lock() else {
                return;
            };
            if store.places.last().is_some_and(|last| last.is_young(now)) {
                return;
            }
            if let Err(error) = store.picture(now).await {
                tracing::warn!(%error, "places in the queue are not up to date");
            }
        });
    }

    async fn picture(&self, now: Timestamp) -> Result<Arc<Picture>, StoreError> {
        let query = format!(
            "SELECT place FROM jobs
             WHERE state IN ('queued', 'started') AND {WAITING} ORDER BY place"
        );
        let query = sqlx::query_scalar(&query).bind(millis(now));
        let waiting = query.fetch_all(&self.pool).await?;
        Ok(self.places.keep(Picture {
            taken: now,
            waiting,
        }))
    }
}

//! Places in a long queue, from a picture of it that is a moment old.
//!
//! Ten thousand routers that poll every few seconds would each have the whole queue counted. In a
//! short queue a place is counted anew and exact; in a long one nobody sees the difference, and a
//! poll is answered from memory.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use moka::sync::Cache;

use crate::queue::WAITING;
use crate::store::{Store, millis};
use crate::{Job, State, StoreError, Tempo};

/// A queue with fewer is short; so many before one are counted anew each time.
pub(crate) const COUNTED: u32 = 500;
/// A picture younger than this is not taken again.
const YOUNG: Duration = Duration::from_millis(500);
/// By how much longer it is kept for each that waits: reading a huge queue takes its time.
const REST: Duration = Duration::from_micros(20);
/// How many times as old it is still good enough while the next is being taken.
const USABLE: u32 = 10;

/// Most memory for jobs that wait, bytes.
const MOST: u64 = 32 << 20;

/// The last picture of the queue, and jobs of it.
#[derive(Debug)]
pub(crate) struct Places {
    last: Mutex<Option<Arc<Picture>>>,
    /// Held by the one who takes the next.
    camera: tokio::sync::Mutex<()>,
    /// Jobs of a long queue by their hash.
    jobs: Cache<String, Arc<Waiting>>,
}

impl Default for Places {
    fn default() -> Self {
        let weight = |_: &String, entry: &Arc<Waiting>| entry.weight;
        let jobs = Cache::builder().max_capacity(MOST).weigher(weight).build();
        let (last, camera) = Default::default();
        Self { last, camera, jobs }
    }
}

/// Where a job is in the queue: its turn, and its place among those of the same turn.
pub(crate) type Place = (i64, i64);

/// A job that waits in a long queue.
#[derive(Debug)]
struct Waiting {
    place: Place,
    job: Job,
    /// About as much memory as it takes, bytes.
    weight: u32,
}

#[derive(Debug)]
struct Picture {
    taken: Timestamp,
    /// The places that waited, in order.
    waiting: Vec<Place>,
    /// The last job's that was queued.
    newest: i64,
    tempo: Option<Tempo>,
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

    /// Whether nobody sees the difference of a moment.
    fn is_long(&self) -> bool {
        self.waiting.len() >= COUNTED as usize
    }

    /// How many wait before one that waits in a long queue.
    fn position(&self, place: Place) -> Option<u32> {
        let waits = self.waiting.binary_search(&place).is_ok() || place.1 > self.newest;
        (waits && self.is_long()).then(|| self.before(place))
    }

    /// What was queued since has places one after the other. Some of it may have a later turn: then it is
    /// sooner this one's than was said.
    fn before(&self, place: Place) -> u32 {
        let before = self.waiting.partition_point(|other| *other < place);
        let since = place.1.saturating_sub(self.newest).saturating_sub(1).max(0);
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

    /// Remembers a job that waits in a long queue: one with many before it, or as seen last.
    ///
    /// `text` is the length of its request as text, bytes.
    pub(crate) fn remember(&self, place: Place, job: &Job, text: usize) {
        let many = matches!(job.state, State::Queued { position } if position >= COUNTED);
        if !many && !self.last().is_some_and(|last| last.is_long()) {
            return;
        }
        // A short name takes several times its own length.
        let weight = 1000 + text * 3 + job.log.len();
        let entry = Waiting {
            place,
            job: job.clone(),
            weight: u32::try_from(weight).unwrap_or(u32::MAX),
        };
        self.jobs.insert(job.request_hash.clone(), Arc::new(entry));
    }

    /// Forgets a job that may no longer wait.
    pub(crate) fn forget(&self, request_hash: &str) {
        self.jobs.invalidate(request_hash);
    }
}

impl Store {
    /// How a job that waits in a long queue stood a moment ago, and how fast builds are made; `None`
    /// of any other job, and of one this server has not seen yet.
    pub fn glance(&self, request_hash: &str, now: Timestamp) -> Option<(Job, Option<Tempo>)> {
        let entry = self.places.jobs.get(request_hash)?;
        let picture = self.places.last().filter(|last| last.is_usable(now))?;
        if !picture.is_young(now) {
            self.renew_behind(now);
        }
        let position = picture.position(entry.place)?;
        let state = State::Queued { position };
        let job = Job {
            state,
            ..entry.job.clone()
        };
        Some((job, picture.tempo))
    }

    /// How many wait before `place`, at least those that were counted.
    pub(crate) async fn before(&self, place: Place, now: Timestamp) -> Result<u32, StoreError> {
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
        // In one statement, as what is queued between two would count twice; no turn is below 0.
        let query = format!(
            "SELECT turn, place FROM jobs
             WHERE state IN ('queued', 'started') AND {WAITING}
             UNION ALL SELECT -1, coalesce(max(place), 0) FROM jobs ORDER BY turn, place"
        );
        let query = sqlx::query_as(&query).bind(millis(now));
        let mut waiting: Vec<Place> = query.fetch_all(&self.pool).await?;
        let (_, newest) = waiting.remove(0);
        let tempo = self.tempo(now).await?;
        Ok(self.places.keep(Picture {
            taken: now,
            waiting,
            newest,
            tempo,
        }))
    }
}

//! How much there is to do, and how long that will take those who are there.

use std::time::Duration;

use jiff::Timestamp;

use crate::StoreError;
use crate::store::Store;

/// How long a build is thought to take while none was made.
const GUESS: Duration = Duration::from_mins(1);

/// The queue as an operator sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outlook {
    /// Jobs that wait for a worker.
    pub queued: u32,
    /// Jobs a worker is on.
    pub running: u32,
    /// Workers of all servers on the database that gave a sign of life within two minutes.
    pub workers: u32,
    /// Requests that are left alone, see [`crate::Parked`].
    pub parked: u32,
    /// How long the last builds took on average; a guess while there are none.
    pub mean: Duration,
}

impl Outlook {
    /// How long a job would wait that is queued now behind all others; `None`: for ever, as nobody works.
    pub fn wait(&self) -> Option<Duration> {
        match self.workers.max(self.running) {
            0 if self.queued > 0 => None,
            0 => Some(Duration::ZERO),
            workers => Some(self.mean.saturating_mul(self.queued) / workers),
        }
    }

    /// How many workers make all that there is to do within `time`.
    pub fn wanted(&self, time: Duration) -> u32 {
        let builds = self.queued.saturating_add(self.running);
        let work = self.mean.saturating_mul(builds).as_millis();
        u32::try_from(work.div_ceil(time.as_millis().max(1))).unwrap_or(u32::MAX)
    }
}

impl Store {
    /// How much there is to do, and who is there to do it.
    pub async fn outlook(&self, now: Timestamp) -> Result<Outlook, StoreError> {
        let load = self.load(now).await?;
        let tempo = self.tempo(now).await?;
        Ok(Outlook {
            queued: load.pending,
            running: load.building,
            workers: self.workers(now).await?,
            parked: self.parked_now(now).await?,
            mean: tempo.map_or(GUESS, |tempo| tempo.mean),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: Outlook = Outlook {
        queued: 0,
        running: 0,
        workers: 0,
        parked: 0,
        mean: Duration::from_secs(30),
    };

    #[test]
    fn whoever_waits_shares_the_workers() {
        let (queued, workers) = (40, 4);
        let busy = Outlook {
            queued,
            running: 4,
            workers,
            ..IDLE
        };
        assert_eq!(busy.wait(), Some(Duration::from_mins(5)));
        assert_eq!(busy.wanted(Duration::from_mins(2)), 11);
    }

    #[test]
    fn where_nobody_works_a_wait_has_no_end() {
        let queued = Outlook { queued: 1, ..IDLE };
        assert_eq!(queued.wait(), None);
        assert_eq!(queued.wanted(Duration::from_mins(5)), 1);
        assert_eq!(IDLE.wait(), Some(Duration::ZERO));
        assert_eq!(IDLE.wanted(Duration::from_mins(5)), 0);
    }
}

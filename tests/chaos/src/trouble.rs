//! What goes wrong, and when: decided by the seed alone.

use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use rustix::process::Signal;
use tokio::task::JoinSet;

use asu_test_postgres::Restart;

use crate::process::Program;
use crate::stage::{LEASE, SERVERS, Stage, WORKERS};
use crate::tally::Tally;

/// The time between two troubles, milliseconds.
const GAP: std::ops::Range<u64> = 3_000..9_000;
/// How long the S3 server is away.
const OUTAGE: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    KillWorker,
    KillServer,
    PauseWorker,
    PauseServer,
    CutWorker,
    CutServer,
    CutDatabase,
    RestartDatabase,
    StopBucket,
}

/// Each as often as it is to come, in an order that is shuffled anew each time.
const BAG: [Kind; 16] = [
    Kind::KillWorker,
    Kind::KillWorker,
    Kind::KillWorker,
    Kind::KillWorker,
    Kind::KillServer,
    Kind::KillServer,
    Kind::PauseWorker,
    Kind::PauseWorker,
    Kind::PauseServer,
    Kind::CutWorker,
    Kind::CutWorker,
    Kind::CutServer,
    Kind::CutDatabase,
    Kind::RestartDatabase,
    Kind::RestartDatabase,
    Kind::StopBucket,
];

/// One trouble.
#[derive(Debug, Clone, Copy)]
struct Trouble {
    kind: Kind,
    /// Which server or worker it comes over.
    which: usize,
    /// How long it lasts: longer than a lease.
    lasting: Duration,
    /// Whether it is of the ruder sort.
    rude: bool,
}

/// What comes next.
struct Schedule {
    rng: Rng,
    bag: Vec<Kind>,
}

impl Schedule {
    fn next(&mut self) -> (Duration, Trouble) {
        if self.bag.is_empty() {
            self.bag.extend(BAG);
            self.rng.shuffle(&mut self.bag);
        }
        let lease = u64::try_from(LEASE.as_millis()).unwrap_or(u64::MAX);
        let trouble = Trouble {
            kind: self.bag.pop().unwrap_or(Kind::KillWorker),
            which: self.rng.usize(..),
            lasting: Duration::from_millis(self.rng.u64(lease * 5 / 4..lease * 5 / 2)),
            rude: self.rng.bool(),
        };
        (Duration::from_millis(self.rng.u64(GAP)), trouble)
    }
}

/// Makes trouble until it is dropped or `enough` ends; then waits until the last is over.
pub(crate) async fn make(
    stage: Arc<Stage>,
    tally: Arc<Tally>,
    seed: u64,
    enough: impl Future<Output = ()>,
) {
    let mut schedule = Schedule {
        rng: Rng::with_seed(seed),
        bag: Vec::new(),
    };
    let mut going_on = JoinSet::new();
    tokio::pin!(enough);
    loop {
        let (gap, trouble) = schedule.next();
        tokio::select! {
            () = &mut enough => break,
            () = tokio::time::sleep(gap) => {}
        }
        going_on.spawn(come(trouble, Arc::clone(&stage), Arc::clone(&tally)));
    }
    while going_on.join_next().await.is_some() {}
}

async fn come(trouble: Trouble, stage: Arc<Stage>, tally: Arc<Tally>) {
    let Trouble {
        which,
        lasting,
        rude,
        ..
    } = trouble;
    let server = &stage.servers[which % SERVERS];
    let worker = &stage.workers[which % WORKERS];
    let seconds = lasting.as_secs_f32();
    match trouble.kind {
        Kind::KillWorker => kill(&worker.program, &tally),
        Kind::KillServer => kill(&server.program, &tally),
        Kind::PauseWorker => pause(&worker.program, lasting, &tally).await,
        Kind::PauseServer => pause(&server.program, lasting, &tally).await,
        Kind::CutWorker => {
            say(&format!(
                "{} is cut off for {seconds:.1} s",
                worker.program.name()
            ));
            tally.cuts.add(1);
            worker.line.cut(lasting, rude).await;
        }
        Kind::CutServer => {
            say(&format!(
                "{} is out of reach for {seconds:.1} s",
                server.program.name()
            ));
            tally.cuts.add(1);
            server.front.cut(lasting, rude).await;
        }
        Kind::CutDatabase => {
            say(&format!(
                "{} loses the database for {seconds:.1} s",
                server.program.name()
            ));
            tally.cuts.add(1);
            server.database.cut(lasting, rude).await;
        }
        Kind::RestartDatabase => {
            let how = if rude {
                Restart::Crash
            } else {
                Restart::Orderly
            };
            say(&format!("PostgreSQL is restarted ({how:?})"));
            tally.restarts.add(1);
            stage.restart_database(how, lasting / 4).await;
        }
        Kind::StopBucket => {
            say(&format!("the S3 server is away for {} s", OUTAGE.as_secs()));
            tally.outages.add(1);
            stage.stop_bucket(OUTAGE).await;
        }
    }
}

fn kill(program: &Program, tally: &Tally) {
    if program.signal(Signal::KILL) {
        say(&format!("{} is killed", program.name()));
        tally.kills.add(1);
    }
}

async fn pause(program: &Program, lasting: Duration, tally: &Tally) {
    if program.signal(Signal::STOP) {
        let (name, seconds) = (program.name(), lasting.as_secs_f32());
        say(&format!("{name} stands still for {seconds:.1} s"));
        tally.pauses.add(1);
        tokio::time::sleep(lasting).await;
        program.signal(Signal::CONT);
    }
}

/// Tells people what goes on.
pub(crate) fn say(text: &str) {
    eprintln!("{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(seed: u64) -> Vec<Kind> {
        let mut schedule = Schedule {
            rng: Rng::with_seed(seed),
            bag: Vec::new(),
        };
        (0..BAG.len()).map(|_| schedule.next().1.kind).collect()
    }

    #[test]
    fn a_seed_decides_and_each_kind_comes() {
        assert_eq!(first(1), first(1));
        assert_ne!(first(1), first(2));
        for kind in BAG {
            let often = |kinds: &[Kind]| kinds.iter().filter(|one| **one == kind).count();
            assert_eq!(often(&first(3)), often(&BAG));
        }
    }
}

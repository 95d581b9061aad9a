//! More workers when the queue is long and fewer when there is nothing to do: an operator's commands, run
//! by one of all servers on the database.

mod command;

use std::time::Duration;

use asu_http::Clock;
use asu_store::{Duty, Outlook, Store, StoreError};
use jiff::Timestamp;

use command::run;

/// What it is called in the database.
const DUTY: &str = "scale";
/// How long nobody else takes the duty over from a server that is silent.
const LEASE: Duration = Duration::from_mins(1);

/// When workers are asked for or sent away, and how.
#[derive(Debug, Clone)]
pub struct Scale {
    /// What the shell is given when the expected wait passes `wait`.
    pub up: Option<String>,
    /// What it is given when nothing has waited or run for `idle`.
    pub down: Option<String>,
    /// How long a job queued now may have to wait.
    pub wait: Duration,
    /// How long there must be nothing to do.
    pub idle: Duration,
    /// The time between two runs of the same command.
    pub pause: Duration,
    /// How long a command may take; then it is killed.
    pub limit: Duration,
    /// The time between two looks, a good deal shorter than a minute.
    pub look: Duration,
}

impl Default for Scale {
    fn default() -> Self {
        Self {
            up: None,
            down: None,
            wait: Duration::from_mins(5),
            idle: Duration::from_mins(10),
            pause: Duration::from_mins(5),
            limit: Duration::from_mins(2),
            look: Duration::from_secs(10),
        }
    }
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Up,
    Down,
}

impl Act {
    /// What the database has of it.
    fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

/// What the database has of a command that failed.
const FAILED: &str = "failed";

impl Scale {
    /// What is to be done now, if anything; `busy` is when there was something to do last.
    fn decide(
        &self,
        outlook: &Outlook,
        duty: &Duty,
        busy: Timestamp,
        now: Timestamp,
    ) -> Option<Act> {
        let passed = |since: Timestamp| now.duration_since(since).unsigned_abs();
        let rests = passed(duty.did_at) < self.pause;
        let is_idle = outlook.queued == 0 && outlook.running == 0;
        let act = if outlook.wait().is_none_or(|wait| wait > self.wait) {
            Act::Up
        } else if is_idle && passed(busy) >= self.idle {
            Act::Down
        } else {
            return None;
        };
        let is_done = act == Act::Down && duty.did == act.name() && duty.did_at >= busy;
        let waits = rests && (duty.did == act.name() || duty.did == FAILED);
        (!is_done && !waits).then_some(act)
    }

    fn command(&self, act: Act) -> Option<&str> {
        let command = match act {
            Act::Up => &self.up,
            Act::Down => &self.down,
        };
        command.as_deref()
    }
}

/// Looks how much there is to do, and runs what the operator has said.
pub(crate) struct Scaler {
    scale: Scale,
    store: Store,
    clock: Clock,
    /// By what name this server holds the duty.
    name: String,
}

impl Scaler {
    pub(crate) fn new(scale: Scale, store: Store, clock: Clock, name: String) -> Self {
        Self {
            scale,
            store,
            clock,
            name,
        }
    }

    /// Never ends by itself.
    pub(crate) async fn watch(self) {
        let mut busy = (self.clock)();
        loop {
            if let Err(error) = self.look(&mut busy).await {
                tracing::warn!(%error, "it cannot be told whether more workers are needed");
            }
            tokio::time::sleep(self.scale.look).await;
        }
    }

    async fn look(&self, busy: &mut Timestamp) -> Result<(), StoreError> {
        let now = (self.clock)();
        let outlook = self.store.outlook(now).await?;
        if outlook.queued > 0 || outlook.running > 0 {
            *busy = now;
        }
        let Some(duty) = self.hold().await? else {
            return Ok(());
        };
        let act = self.scale.decide(&outlook, &duty, *busy, now);
        let command = act.and_then(|act| Some((act, self.scale.command(act)?)));
        let Some((act, command)) = command else {
            return Ok(());
        };
        tracing::info!(
            ?act,
            ?outlook,
            command,
            "the number of workers is to change"
        );
        let facts = self.facts(&outlook);
        let ended = tokio::select! {
            ended = run(command, &facts, self.scale.limit) => ended,
            lost = self.keep_holding() => return lost,
        };
        let did = match ended {
            Ok(()) => act.name(),
            Err(reason) => {
                tracing::error!(
                    reason,
                    command,
                    "the number of workers may not have changed"
                );
                FAILED
            }
        };
        let now = (self.clock)();
        self.store.note_duty(DUTY, &self.name, did, now).await
    }

    async fn hold(&self) -> Result<Option<Duty>, StoreError> {
        let now = (self.clock)();
        self.store.hold_duty(DUTY, &self.name, now, LEASE).await
    }

    /// Ends when this server must not go on.
    async fn keep_holding(&self) -> Result<(), StoreError> {
        loop {
            tokio::time::sleep(LEASE / 4).await;
            if self.hold().await?.is_none() {
                tracing::warn!("another server decides on the number of workers now");
                return Ok(());
            }
        }
    }

    /// What a command is told.
    fn facts(&self, outlook: &Outlook) -> [(&'static str, String); 5] {
        let wait = outlook.wait();
        let wait = wait.map_or_else(|| "inf".to_owned(), |wait| wait.as_secs().to_string());
        [
            ("ASU_QUEUED", outlook.queued.to_string()),
            ("ASU_RUNNING", outlook.running.to_string()),
            ("ASU_WORKERS", outlook.workers.to_string()),
            ("ASU_EXPECTED_WAIT", wait),
            (
                "ASU_WANTED_WORKERS",
                outlook.wanted(self.scale.wait).to_string(),
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + minute * 60).unwrap()
    }

    fn outlook(queued: u32, running: u32, workers: u32) -> Outlook {
        Outlook {
            queued,
            running,
            workers,
            parked: 0,
            mean: Duration::from_mins(1),
        }
    }

    fn duty(did: &str, minute: i64) -> Duty {
        Duty {
            did: did.to_owned(),
            did_at: at(minute),
        }
    }

    /// At minute 100.
    fn decided(outlook: Outlook, duty: &Duty, busy: i64) -> Option<Act> {
        Scale::default().decide(&outlook, duty, at(busy), at(100))
    }

    #[test]
    fn more_are_asked_for_while_the_wait_is_too_long_with_pauses() {
        let long = outlook(6, 1, 1);
        assert_eq!(decided(outlook(5, 1, 1), &duty("", 0), 100), None);
        assert_eq!(decided(long, &duty("", 0), 100), Some(Act::Up));
        assert_eq!(decided(long, &duty("up", 96), 100), None);
        assert_eq!(decided(long, &duty("failed", 96), 100), None);
        assert_eq!(decided(long, &duty("up", 95), 100), Some(Act::Up));
        // Those that were just sent away are needed again.
        assert_eq!(decided(long, &duty("down", 99), 100), Some(Act::Up));
        // Where nobody works one job is enough.
        assert_eq!(decided(outlook(1, 0, 0), &duty("", 0), 100), Some(Act::Up));
    }

    #[test]
    fn they_are_sent_away_once_when_nothing_was_to_do_for_long_enough() {
        let idle = outlook(0, 0, 3);
        assert_eq!(decided(idle, &duty("up", 80), 91), None);
        assert_eq!(decided(idle, &duty("up", 80), 90), Some(Act::Down));
        assert_eq!(decided(outlook(0, 1, 3), &duty("up", 80), 90), None);
        assert_eq!(decided(idle, &duty("down", 91), 90), None);
        assert_eq!(decided(idle, &duty("down", 70), 90), Some(Act::Down));
        assert_eq!(decided(idle, &duty("failed", 98), 90), None);
        assert_eq!(decided(idle, &duty("failed", 91), 90), Some(Act::Down));
    }
}

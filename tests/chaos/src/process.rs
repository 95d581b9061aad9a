//! A program that is started again whenever it ends, as systemd does.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The pause before it is started again.
const PAUSE: Duration = Duration::from_millis(700);
/// How long it may take to end after SIGTERM.
const PATIENCE: Duration = Duration::from_secs(30);

/// How a program is started.
#[derive(Debug, Clone)]
pub(crate) struct Recipe {
    pub(crate) program: PathBuf,
    pub(crate) args: Vec<OsString>,
    pub(crate) variables: Vec<(&'static str, String)>,
    /// What it says on stderr is added to this file.
    pub(crate) log: PathBuf,
}

/// The program.
#[derive(Debug)]
pub(crate) struct Program {
    name: String,
    /// Of the process that runs; 0 while none does.
    pid: Arc<AtomicI32>,
    /// How often it ended though nobody had ended it.
    quits: Arc<AtomicU32>,
    stop: watch::Sender<bool>,
    keeper: JoinHandle<anyhow::Result<()>>,
}

struct Keeper<F> {
    recipe: Recipe,
    said: F,
    pid: Arc<AtomicI32>,
    quits: Arc<AtomicU32>,
    stop: watch::Receiver<bool>,
}

impl Program {
    /// Starts it and goes on doing so. `said` is told each line it prints.
    pub(crate) fn keep(
        name: &str,
        recipe: Recipe,
        said: impl Fn(&str) + Send + Sync + Clone + 'static,
    ) -> Self {
        let (stop, stopping) = watch::channel(false);
        let (pid, quits) = (Arc::default(), Arc::default());
        let keeper = Keeper {
            recipe,
            said,
            pid: Arc::clone(&pid),
            quits: Arc::clone(&quits),
            stop: stopping,
        };
        Self {
            name: name.to_owned(),
            pid,
            quits,
            stop,
            keeper: tokio::spawn(keeper.run()),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn quits(&self) -> u32 {
        self.quits.load(Ordering::Relaxed)
    }

    /// Whether there was a process to send it to.
    pub(crate) fn signal(&self, signal: Signal) -> bool {
        send(&self.pid, signal)
    }

    /// Has it end in order, once and for all.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.stop.send_replace(true);
        let ended = self.keeper.await.context("it cannot be waited for")?;
        ended.with_context(|| format!("{} does not end in order", self.name))
    }
}

fn send(pid: &AtomicI32, signal: Signal) -> bool {
    let pid = Pid::from_raw(pid.load(Ordering::Relaxed));
    pid.is_some_and(|pid| kill_process(pid, signal).is_ok())
}

impl<F: Fn(&str) + Send + Sync + Clone + 'static> Keeper<F> {
    async fn run(mut self) -> anyhow::Result<()> {
        loop {
            let mut child = self.start()?;
            let ended = tokio::select! {
                status = child.wait() => Some(status?),
                _ = self.stop.wait_for(|stop| *stop) => None,
            };
            let Some(status) = ended else {
                return self.end(child).await;
            };
            self.pid.store(0, Ordering::Relaxed);
            // A signal is somebody else's doing.
            self.quits
                .fetch_add(u32::from(status.code().is_some()), Ordering::Relaxed);
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                _ = self.stop.wait_for(|stop| *stop) => return Ok(()),
            }
        }
    }

    fn start(&self) -> anyhow::Result<Child> {
        let Recipe { program, log, .. } = &self.recipe;
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(log)?;
        // setpriv (util-linux) has the kernel end it when we do, however that is.
        let mut child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "--"])
            .arg(program)
            .args(&self.recipe.args)
            .envs(
                self.recipe
                    .variables
                    .iter()
                    .map(|(name, value)| (name, value)),
            )
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let pid = child.id().and_then(|pid| i32::try_from(pid).ok());
        self.pid.store(pid.unwrap_or_default(), Ordering::Relaxed);
        let lines = BufReader::new(child.stdout.take().context("no standard output")?);
        let (mut lines, said) = (lines.lines(), self.said.clone());
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                said(&line);
            }
        });
        Ok(child)
    }

    async fn end(&self, mut child: Child) -> anyhow::Result<()> {
        send(&self.pid, Signal::TERM);
        let Ok(status) = tokio::time::timeout(PATIENCE, child.wait()).await else {
            child.kill().await?;
            bail!("it runs {} s after SIGTERM", PATIENCE.as_secs());
        };
        let status = status?;
        ensure!(status.success(), "{status} after SIGTERM");
        Ok(())
    }
}

//! A child process that says where it listens, and that never outlives its owner.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// How long a part may take to accept connections.
const START_LIMIT: Duration = Duration::from_mins(1);
/// How long a part may take to end after SIGTERM.
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// The one line a long-running part prints when it accepts connections.
#[derive(Deserialize)]
struct Ready {
    listening: String,
}

/// A running part of the product. Dropped, it is killed.
#[derive(Debug)]
pub struct Process {
    child: Child,
    name: String,
    url: String,
}

impl Process {
    /// Starts `program` and waits until it says where it listens.
    ///
    /// What it logs goes to the file `log`.
    pub async fn start<I, S>(program: &Path, args: I, log: &Path) -> anyhow::Result<Self>
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let name = program
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if !program.exists() {
            bail!(
                "{} is not built; run `cargo xtask demo` or `cargo xtask test`, which build it",
                program.display()
            );
        }
        let log_file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(log)
            .with_context(|| format!("cannot write the log {}", log.display()))?;
        // setpriv (util-linux) asks the kernel to end the part when we die, however we die.
        let mut child = Command::new("setpriv")
            .args(["--pdeathsig", "TERM", "--"])
            .arg(program)
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log_file)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        match Self::ready(&mut child).await {
            Ok(url) => Ok(Self { child, name, url }),
            Err(error) => {
                let tail = tail(log);
                Err(error.context(format!("{name} did not start; it said:\n{tail}")))
            }
        }
    }

    async fn ready(child: &mut Child) -> anyhow::Result<String> {
        let stdout = child.stdout.take().context("no standard output")?;
        let mut lines = BufReader::new(stdout).lines();
        let line = timeout(START_LIMIT, lines.next_line())
            .await
            .with_context(|| format!("it was not ready after {} s", START_LIMIT.as_secs()))??
            .context("it ended before it was ready")?;
        let ready: Ready =
            serde_json::from_str(&line).with_context(|| format!("unexpected line {line:?}"))?;
        // The pipe stays open and is drained, so that the part never blocks on it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(ready.listening)
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The process id, while it runs.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Asks it to end and waits; kills it if it does not.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.signal(Signal::TERM);
        let status = if let Ok(status) = timeout(STOP_LIMIT, self.child.wait()).await {
            status?
        } else {
            self.child.kill().await?;
            bail!(
                "{} did not end within {} s of SIGTERM",
                self.name,
                STOP_LIMIT.as_secs()
            );
        };
        if !status.success() {
            bail!(
                "{} ended with {status} after SIGTERM instead of 0",
                self.name
            );
        }
        Ok(())
    }

    /// Kills it without warning, as a power cut would.
    pub async fn kill(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = self
            .child
            .id()
            .and_then(|id| Pid::from_raw(id.cast_signed()))
        {
            // It may have ended by itself; then there is nobody left to tell.
            let _ = kill_process(pid, signal);
        }
    }
}

/// The last lines of a log, for an error message.
pub fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(30)..].join("\n")
}

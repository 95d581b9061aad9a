//! Running a program that cannot outlive us.
//!
//! Programs are argument lists in a process group of their own, with an environment cleared to a
//! few names. A one-line guard in the group waits on a pipe that only this server holds open: when
//! it closes, because the build is over, took too long, was dropped or the server was killed, the
//! guard kills the whole group. A death signal (`PR_SET_PDEATHSIG`) would reach only `make` itself,
//! not the recipes it runs, and is tied to a thread instead of the process.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep_until, timeout};

/// Output kept of each stream, bytes; the end tells why a build failed.
const KEPT: usize = 256 << 10;
/// How long killed processes may take to let go of their output.
const LINGER: Duration = Duration::from_secs(5);
/// Names passed on from the server's environment: where tools are, and how to reach the mirror.
const PASSED_ON: [&str; 7] = [
    "PATH",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
];

/// The program to run comes as arguments, so nothing of it is read by the shell. It gives way to
/// whatever else runs here, first of all to the server that answers those who wait.
const GUARD: &str = r#"exec 3<&0 </dev/null
(read -r _ <&3; kill -s KILL 0) >/dev/null 2>&1 &
exec nice -n 15 "$@" 3<&-"#;

/// How a program ended and what it said.
#[derive(Debug)]
pub(crate) struct Finished {
    /// Absent if it was killed for taking too long.
    pub(crate) status: Option<ExitStatus>,
    /// Whether it was killed for filling the disk.
    pub(crate) full: bool,
    /// The end of its output.
    pub(crate) stdout: String,
    /// The end of its complaints.
    pub(crate) stderr: String,
}

impl Finished {
    /// Whether it ended in time and with status 0.
    pub(crate) fn success(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }
}

/// Why a program is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Excess {
    /// It took too long.
    Time,
    /// Its files are too large.
    Disk,
}

/// Runs a program in `folder`, with `home` as its `HOME` and `TMPDIR`, until it ends or `excess`.
pub(crate) async fn run(
    program: &[OsString],
    folder: &Path,
    home: &Path,
    excess: impl Future<Output = Excess>,
) -> std::io::Result<Finished> {
    let mut child = spawn(program, folder, home)?;
    let lifeline = child.stdin.take();
    let stdout = child.stdout.take().map(keep);
    let stderr = child.stderr.take().map(keep);
    let ended = tokio::select! {
        status = child.wait() => Ok(status?),
        why = excess => Err(why),
    };
    drop(lifeline);
    Ok(Finished {
        status: ended.ok(),
        full: ended == Err(Excess::Disk),
        stdout: finish(stdout).await,
        stderr: finish(stderr).await,
    })
}

/// The excess of a program that goes on until `deadline`.
pub(crate) async fn late(deadline: Instant) -> Excess {
    sleep_until(deadline).await;
    Excess::Time
}

fn spawn(program: &[OsString], folder: &Path, home: &Path) -> std::io::Result<Child> {
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", GUARD, "build"])
        .args(program)
        .current_dir(folder)
        .env_clear();
    for name in PASSED_ON {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
        .env("HOME", home)
        .env("TMPDIR", home)
        .env("LC_ALL", "C");
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.process_group(0).spawn()
}

type Tail = Arc<Mutex<VecDeque<u8>>>;

/// Reads a stream to its end in the background, so that the program never waits for us.
fn keep(
    mut stream: impl AsyncRead + Unpin + Send + 'static,
) -> (Tail, tokio::task::JoinHandle<()>) {
    let tail = Tail::default();
    let kept = Arc::clone(&tail);
    let reader = tokio::spawn(async move {
        let mut chunk = [0; 8192];
        while let Ok(length @ 1..) = stream.read(&mut chunk).await {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.extend(&chunk[..length]);
            let surplus = kept.len().saturating_sub(KEPT);
            kept.drain(..surplus);
        }
    });
    (tail, reader)
}

async fn finish(kept: Option<(Tail, tokio::task::JoinHandle<()>)>) -> String {
    let Some((tail, mut reader)) = kept else {
        return String::new();
    };
    if timeout(LINGER, &mut reader).await.is_err() {
        reader.abort();
    }
    let mut tail = tail.lock().unwrap_or_else(PoisonError::into_inner);
    String::from_utf8_lossy(tail.make_contiguous()).into_owned()
}

#[cfg(test)]
mod tests;

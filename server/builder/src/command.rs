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
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout_at};

/// Output kept of each stream, bytes; the end tells why a build failed.
const KEPT: usize = 256 << 10;
/// A longer line is told in pieces, bytes.
const LONGEST_LINE: usize = 16 << 10;
/// Pieces of output that may wait to be told; then the program waits.
const WAITING: usize = 16;
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
/// whatever else runs here, first of all to the server that answers those who wait: beside a program
/// that is only nice, the slowest of a hundred polls takes three times as long.
const GUARD: &str = r#"exec 3<&0 </dev/null
(read -r _ <&3; kill -s KILL 0) >/dev/null 2>&1 &
chrt --idle --pid 0 $$ >/dev/null 2>&1 || exec nice -n 15 "$@" 3<&-
exec "$@" 3<&-"#;

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
///
/// `hear` is told whole lines of both streams, as they come.
pub(crate) async fn run(
    program: &[OsString],
    folder: &Path,
    home: &Path,
    excess: impl Future<Output = Excess>,
    hear: &(dyn Fn(&str) + Send + Sync),
) -> std::io::Result<Finished> {
    let mut child = spawn(program, folder, home)?;
    let lifeline = child.stdin.take();
    let (tell, mut told) = mpsc::channel(WAITING);
    let stdout = child.stdout.take().map(|out| keep(out, tell.clone()));
    let stderr = child.stderr.take().map(|err| keep(err, tell));
    let mut excess = std::pin::pin!(excess);
    let ended = loop {
        tokio::select! {
            Some(lines) = told.recv() => hear(&lines),
            status = child.wait() => break Ok(status?),
            why = &mut excess => break Err(why),
        }
    };
    drop(lifeline);
    let patience = Instant::now() + LINGER;
    while let Ok(Some(lines)) = timeout_at(patience, told.recv()).await {
        hear(&lines);
    }
    Ok(Finished {
        status: ended.ok(),
        full: ended == Err(Excess::Disk),
        stdout: finish(stdout),
        stderr: finish(stderr),
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

/// The end of a text, at most so many bytes of it.
#[derive(Debug)]
pub(crate) struct Tail {
    bytes: VecDeque<u8>,
    most: usize,
}

impl Tail {
    pub(crate) fn new(most: usize) -> Self {
        let bytes = VecDeque::new();
        Self { bytes, most }
    }

    pub(crate) fn add(&mut self, more: &[u8]) {
        self.bytes.extend(more);
        let surplus = self.bytes.len().saturating_sub(self.most);
        self.bytes.drain(..surplus);
    }

    pub(crate) fn text(&mut self) -> String {
        String::from_utf8_lossy(self.bytes.make_contiguous()).into_owned()
    }
}

type Kept = (Arc<Mutex<Tail>>, tokio::task::JoinHandle<()>);

/// Reads a stream to its end in the background.
fn keep(mut stream: impl AsyncRead + Unpin + Send + 'static, tell: mpsc::Sender<String>) -> Kept {
    let tail = Arc::new(Mutex::new(Tail::new(KEPT)));
    let kept = Arc::clone(&tail);
    let reader = tokio::spawn(async move {
        let (mut chunk, mut begun) = ([0; 8192], Vec::new());
        while let Ok(length @ 1..) = stream.read(&mut chunk).await {
            lock(&kept).add(&chunk[..length]);
            begun.extend_from_slice(&chunk[..length]);
            if let Some(lines) = whole_lines(&mut begun) {
                // Nobody hears when the program has been given up.
                let _ = tell.send(lines).await;
            }
        }
        if !begun.is_empty() {
            begun.push(b'\n');
            let rest = String::from_utf8_lossy(&begun).into_owned();
            let _ = tell.send(rest).await;
        }
    });
    (tail, reader)
}

/// Takes the lines that are whole out of what was read.
fn whole_lines(begun: &mut Vec<u8>) -> Option<String> {
    let end = begun.iter().rposition(|byte| *byte == b'\n');
    let end = end.or_else(|| (begun.len() > LONGEST_LINE).then(|| begun.len() - 1))?;
    let rest = begun.split_off(end + 1);
    let mut lines = std::mem::replace(begun, rest);
    if !lines.ends_with(b"\n") {
        lines.push(b'\n');
    }
    Some(String::from_utf8_lossy(&lines).into_owned())
}

fn finish(kept: Option<Kept>) -> String {
    let Some((tail, reader)) = kept else {
        return String::new();
    };
    // It has come to its end, or hangs on a process that cannot be killed.
    reader.abort();
    lock(&tail).text()
}

/// A poisoned lock is used all the same: bytes are bytes.
fn lock(tail: &Mutex<Tail>) -> std::sync::MutexGuard<'_, Tail> {
    tail.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;

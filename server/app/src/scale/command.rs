//! An operator's command: told what there is to do, heard, and killed if it does not end.

use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::process::Command;
use tokio::task::JoinSet;

/// How much of what a command says is logged, bytes.
const LOGGED: u64 = 64 << 10;
/// How long its last words are waited for; what it leaves running may never stop talking.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// All processes of a command, killed unless it ended.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // They may have ended by themselves.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// Has the shell do as `command` says, with `facts` in its environment; an error says what went wrong.
/// Dropped or out of time, it and all it started is killed.
pub(super) async fn run(
    command: &str,
    facts: &[(&'static str, String)],
    limit: Duration,
) -> Result<(), String> {
    let mut child = Command::new("sh")
        .args(["-c", command])
        .envs(facts.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|error| format!("it could not be started: {error}"))?;
    let id = child.id().and_then(|id| i32::try_from(id).ok());
    let mut group = Group(id.and_then(Pid::from_raw));
    let mut heard = JoinSet::new();
    if let Some(said) = child.stdout.take() {
        heard.spawn(log(said));
    }
    if let Some(said) = child.stderr.take() {
        heard.spawn(log(said));
    }
    let ended = tokio::time::timeout(limit, child.wait()).await;
    let ended = ended.map_err(|_| format!("it did not end within {limit:?} and was killed"))?;
    group.0 = None;
    let _ = tokio::time::timeout(LAST_WORDS, async {
        while heard.join_next().await.is_some() {}
    })
    .await;
    match ended {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("it failed: {status}")),
        Err(error) => Err(format!("nobody knows how it ended: {error}")),
    }
}

async fn log(said: impl AsyncRead + Unpin) {
    let mut said = BufReader::new(said);
    let mut lines = (&mut said).take(LOGGED).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        tracing::info!(line, "the command for workers says");
    }
    // Read on, so that it is not killed for talking.
    let _ = tokio::io::copy(&mut said, &mut tokio::io::sink()).await;
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    const LONG: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn it_is_told_what_there_is_to_do_and_its_end_is_told() {
        let facts = [("ASU_QUEUED", "7".to_owned())];
        let asked = "test \"$ASU_QUEUED\" = 7 && head -c 200000 /dev/zero";
        assert_eq!(run(asked, &facts, LONG).await, Ok(()));
        let failed = run("exit 3", &[], LONG).await.unwrap_err();
        assert!(failed.contains('3'), "{failed}");
    }

    #[tokio::test]
    async fn one_that_hangs_is_killed_with_all_it_started() {
        let dir = tempfile::tempdir().unwrap();
        let mark = dir.path().join("mark");
        let hangs = format!("(sleep 2; touch {}) & sleep 60", mark.display());
        let begun = Instant::now();
        let killed = run(&hangs, &[], Duration::from_millis(200)).await;
        assert!(killed.unwrap_err().contains("killed"));
        assert!(begun.elapsed() < Duration::from_secs(2));
        tokio::time::sleep(Duration::from_millis(2500)).await;
        assert!(!mark.exists());
    }

    #[tokio::test]
    async fn what_it_leaves_running_is_not_waited_for() {
        let begun = Instant::now();
        let left = run("sleep 15 & exit 0", &[], LONG).await;
        assert_eq!(left, Ok(()));
        assert!(begun.elapsed() < Duration::from_secs(10));
    }
}

use tokio::time::timeout;

use super::*;

async fn sh(script: &str, limit: Duration) -> Finished {
    let folder = tempfile::tempdir().unwrap();
    let program = ["sh", "-c", script].map(OsString::from);
    run(
        &program,
        folder.path(),
        folder.path(),
        late(Instant::now() + limit),
        &|_| (),
    )
    .await
    .unwrap()
}

const LONG: Duration = Duration::from_secs(30);

fn is_running(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
    stat.is_ok_and(|stat| !stat.contains(") Z "))
}

async fn wait_until_gone(pid: &str) -> bool {
    for _ in 0..200 {
        if !is_running(pid) {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

#[tokio::test]
async fn output_and_status_are_told() {
    let ended = sh("echo out; echo err >&2; exit 3", LONG).await;
    assert_eq!(ended.status.and_then(|status| status.code()), Some(3));
    assert_eq!(
        (ended.stdout.as_str(), ended.stderr.as_str()),
        ("out\n", "err\n")
    );
    assert!(!ended.success());
    assert!(sh("true", LONG).await.success());
}

#[tokio::test]
async fn only_the_end_of_much_output_is_kept() {
    let ended = sh("yes line | head -c 3000000; echo the end", LONG).await;
    assert_eq!(ended.stdout.len(), KEPT);
    assert!(ended.stdout.ends_with("the end\n"));
}

#[tokio::test]
async fn lines_are_told_while_the_program_runs() {
    let (folder, heard) = (tempfile::tempdir().unwrap(), Mutex::new(String::new()));
    let gate = folder.path().join("gate");
    // It ends only after its first line was heard.
    let script = "echo one; until [ -e gate ]; do sleep 0.02; done; echo two >&2; printf three";
    let hear = |lines: &str| {
        heard.lock().unwrap().push_str(lines);
        std::fs::write(&gate, "").unwrap();
    };
    let program = ["sh", "-c", script].map(OsString::from);
    let excess = late(Instant::now() + LONG);
    let ended = run(&program, folder.path(), folder.path(), excess, &hear).await;
    assert!(ended.unwrap().success());
    let heard = heard.into_inner().unwrap();
    assert!(heard.starts_with("one\n"), "{heard}");
    let mut lines: Vec<&str> = heard.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["one", "three", "two"]);
}

#[tokio::test]
async fn the_environment_is_cleared() {
    let ended = sh("env", LONG).await;
    for line in ended.stdout.lines() {
        let name = line.split('=').next().unwrap_or_default();
        let shells_own = ["PWD", "_", "SHLVL", "OLDPWD"];
        let ours = ["HOME", "TMPDIR", "LC_ALL"];
        assert!(
            PASSED_ON.contains(&name) || ours.contains(&name) || shells_own.contains(&name),
            "{line}"
        );
    }
    assert!(
        std::env::vars().any(|(name, _)| name.starts_with("CARGO")),
        "the test shows something"
    );
}

#[tokio::test]
async fn a_program_that_takes_too_long_is_killed_with_all_it_started() {
    let started = Instant::now();
    let ended = sh(
        "(sleep 77 & echo $!; wait); true",
        Duration::from_millis(300),
    )
    .await;
    assert!(ended.status.is_none() && started.elapsed() < Duration::from_secs(4));
    assert!(wait_until_gone(&ended.stdout).await);
}

#[tokio::test]
async fn what_a_program_leaves_behind_is_killed() {
    let ended = sh("sleep 77 & echo $!", LONG).await;
    assert!(ended.success());
    assert!(wait_until_gone(&ended.stdout).await);
}

#[tokio::test]
async fn a_build_nobody_waits_for_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let script = "sleep 77 & echo $! > pid.new; mv pid.new pid; wait";
    let program = ["sh", "-c", script].map(OsString::from);
    let running = run(
        &program,
        folder.path(),
        folder.path(),
        late(Instant::now() + LONG),
        &|_| (),
    );
    assert!(timeout(Duration::from_millis(500), running).await.is_err());
    let pid = std::fs::read_to_string(folder.path().join("pid")).unwrap();
    assert!(wait_until_gone(&pid).await);
}

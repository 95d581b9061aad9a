//! The demo itself, as a person starts and ends it.

use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// Longest wait for anything the demo does.
const LIMIT: Duration = Duration::from_mins(2);

fn demo() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_asu-demo"));
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    command
}

#[tokio::test]
async fn once_ends_with_one_line_of_json() -> anyhow::Result<()> {
    let output = timeout(2 * LIMIT, demo().arg("--once").output()).await??;
    assert!(output.status.success(), "{}", output.status);
    let text = String::from_utf8(output.stdout)?;
    let outcome: serde_json::Value =
        serde_json::from_str(text.lines().last().context("it printed nothing")?)?;
    assert_eq!(
        (outcome["from"].as_str(), outcome["to"].as_str()),
        (Some("23.05.5"), Some("24.10.2"))
    );
    assert!(
        outcome["packages"].as_u64().is_some_and(|count| count > 30),
        "{outcome}"
    );
    assert!(
        outcome["image_sha256"]
            .as_str()
            .is_some_and(|sum| sum.len() == 64),
        "{outcome}"
    );
    Ok(())
}

#[tokio::test]
async fn ctrl_c_leaves_no_process_behind() -> anyhow::Result<()> {
    let mut child = demo().spawn()?;
    let address = timeout(LIMIT, address(&mut child)).await??;
    assert!(
        reqwest::get(&address).await?.status().is_success(),
        "{address} does not answer"
    );
    let parts = descendants(child.id().context("the demo ended")?)?;
    assert!(parts.len() >= 3, "mirror, server and router run: {parts:?}");

    let pid = child
        .id()
        .and_then(|id| Pid::from_raw(id.cast_signed()))
        .context("the demo ended")?;
    kill_process(pid, Signal::INT)?;
    assert!(timeout(LIMIT, child.wait()).await??.success());
    for part in parts {
        assert!(
            !std::path::Path::new(&format!("/proc/{part}")).exists(),
            "process {part} was left behind"
        );
    }
    Ok(())
}

/// The page's address, once the demo prints it.
async fn address(child: &mut Child) -> anyhow::Result<String> {
    let mut lines = BufReader::new(child.stdout.take().context("no standard output")?).lines();
    while let Some(line) = lines.next_line().await? {
        if let Some(address) = line.trim().strip_prefix("Open") {
            let address = address.trim().to_owned();
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Ok(address);
        }
    }
    anyhow::bail!("the demo ended without an address")
}

/// All processes that descend from `pid`, as /proc tells.
fn descendants(pid: u32) -> anyhow::Result<Vec<u32>> {
    let mut found = Vec::new();
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))?;
    for child in children.split_whitespace() {
        let child = child.parse()?;
        found.push(child);
        found.extend(descendants(child).unwrap_or_default());
    }
    Ok(found)
}

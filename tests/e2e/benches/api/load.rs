//! Load by wrk, and what it costs the process that answers.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};
use serde::Deserialize;

/// Seconds for each figure.
const SECONDS: &str = "5";

/// A kind of request, sent again and again.
pub(crate) struct Load<'a> {
    pub(crate) method: &'a str,
    /// JSON to send.
    pub(crate) body: Option<String>,
    /// Asked for in turn.
    pub(crate) paths: Vec<String>,
    /// How long each connection waits before it asks again, milliseconds.
    pub(crate) pause: u32,
    /// Whether every answer is 2xx; if not, none is.
    pub(crate) succeeds: bool,
}

/// What came of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    /// Requests a second.
    pub(crate) rate: f64,
    /// Half of the requests took at most this, milliseconds.
    pub(crate) p50: f64,
    /// 99 of 100 took at most this, milliseconds.
    pub(crate) p99: f64,
    /// All took at most this, milliseconds.
    pub(crate) longest: f64,
    /// Processor time for one request, milliseconds.
    pub(crate) cpu: f64,
}

/// What load.lua prints at the end; times in microseconds.
#[derive(Deserialize)]
struct Summary {
    requests: f64,
    micros: f64,
    p50: f64,
    p99: f64,
    longest: f64,
    broken: u64,
    refused: u64,
}

impl Load<'_> {
    /// Asks the process `pid` at `url` over so many connections.
    pub(crate) fn run(&self, url: &str, pid: u32, connections: u32) -> anyhow::Result<Measured> {
        let folder = tempfile::tempdir()?;
        let body = self
            .body
            .as_ref()
            .map(|text| write(folder.path(), "body", text));
        let body = body.transpose()?.unwrap_or_default();
        let paths = write(folder.path(), "paths", &self.paths.join("\n"))?;
        let before = cpu_millis(pid)?;
        let output = Command::new("wrk")
            .args(["--threads", "1", "--connections", &connections.to_string()])
            .args(["--duration", SECONDS, "--timeout", "10", "--script"])
            .args([SCRIPT, url, "--", self.method])
            .args([body, paths])
            .arg(self.pause.to_string())
            .output()
            .context("cannot run wrk; `cargo xtask bench api` installs it")?;
        let cpu = cpu_millis(pid)? - before;
        let text = String::from_utf8_lossy(&output.stdout);
        let summary = text.lines().rev().find(|line| line.starts_with('{'));
        let Some(summary) = summary else {
            bail!(
                "wrk said: {text}{}",
                String::from_utf8_lossy(&output.stderr)
            );
        };
        let summary: Summary = serde_json::from_str(summary)?;
        self.check(&summary)?;
        Ok(summary.measured(cpu))
    }

    fn check(&self, summary: &Summary) -> anyhow::Result<()> {
        ensure!(summary.requests > 0.0, "no request was answered");
        ensure!(summary.broken == 0, "{} connections broke", summary.broken);
        let all_refused = summary.refused as f64 >= summary.requests;
        if if self.succeeds {
            summary.refused > 0
        } else {
            !all_refused
        } {
            bail!(
                "{} of {} answers were errors",
                summary.refused,
                summary.requests
            );
        }
        Ok(())
    }
}

impl Summary {
    fn measured(&self, cpu: f64) -> Measured {
        Measured {
            rate: self.requests * 1e6 / self.micros,
            p50: self.p50 / 1e3,
            p99: self.p99 / 1e3,
            longest: self.longest / 1e3,
            cpu: cpu / self.requests,
        }
    }
}

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/api/load.lua");

fn write(folder: &Path, name: &str, text: &str) -> anyhow::Result<PathBuf> {
    let path = folder.join(name);
    fs::write(&path, text)?;
    Ok(path)
}

/// Processor time a process and its threads have had, milliseconds: fields 14 and 15 of `stat`,
/// hundredths of a second.
fn cpu_millis(pid: u32) -> anyhow::Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, fields) = stat.rsplit_once(") ").context("no fields in stat")?;
    let fields: Vec<&str> = fields.split(' ').collect();
    let [user, system] =
        [fields.get(11), fields.get(12)].map(|field| field.map(|f| f.parse::<f64>()));
    Ok((user.context("no user time")?? + system.context("no system time")??) * 10.0)
}

/// Memory a process holds, megabytes.
pub(crate) fn resident(pid: u32) -> anyhow::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    Ok(kilobytes.context("no VmRSS")?.trim().parse::<f64>()? / 1024.0)
}

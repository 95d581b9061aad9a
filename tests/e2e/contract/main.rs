//! Does the server keep the word of its document? schemathesis reads `/api/v1/openapi.json` and asks
//! every route what the document allows, and what it does not, on the edge and at random.
//!
//! `cargo xtask contract` builds the parts, brings schemathesis and runs this.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use asu_test_e2e::{Parts, Stage};
use tokio::process::Command;
use tokio::time::timeout;

/// Each but the first is schemathesis' own; the first is in checks.py.
const CHECKS: &str = "no_fault,status_code_conformance,content_type_conformance,\
    response_headers_conformance,response_schema_conformance,unsupported_method,\
    positive_data_acceptance,negative_data_rejection";
/// Made-up requests an operation, besides the edges of every field.
const EXAMPLES: &str = "10";
/// The longest an answer may take, seconds.
const LONGEST_ANSWER: &str = "10";
/// It takes about a minute; what takes so much longer does not end.
const LIMIT: Duration = Duration::from_mins(5);

#[tokio::test(flavor = "multi_thread")]
async fn the_server_keeps_the_word_of_its_document() -> anyhow::Result<()> {
    let parts = Parts::beside(Path::new(env!("CARGO_BIN_EXE_asu-demo")))?;
    let target = parts.work.parent().context("no folder of the build")?;
    let tool = target.join("schemathesis/bin/schemathesis");
    if !tool.exists() {
        bail!("schemathesis is not installed; run `cargo xtask contract`, which installs it");
    }
    let stage = Stage::start(parts).await?;
    let asked = timeout(LIMIT, ask(&tool, stage.server_url()?)).await;
    let log = std::fs::read_to_string(stage.log("server"))?;
    asked.context("schemathesis did not end in time")??;
    assert!(!log.contains("panicked"), "a handler panicked:\n{log}");
    stage.stop().await
}

async fn ask(tool: &Path, server: &str) -> anyhow::Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("contract");
    let scratch = tempfile::tempdir()?;
    let mut command = Command::new(tool);
    command
        .arg("--config-file")
        .arg(here.join("schemathesis.toml"))
        .arg("run")
        .arg(format!("{server}/api/v1/openapi.json"))
        .args(["--phases", "examples,coverage,fuzzing", "--checks", CHECKS])
        .args(["--max-examples", EXAMPLES, "--seed", "1"])
        .args(["--max-response-time", LONGEST_ANSWER])
        .args(["--request-timeout", LONGEST_ANSWER, "--continue-on-failure"])
        .current_dir(scratch.path())
        .env("PYTHONPATH", &here)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("SCHEMATHESIS_HOOKS", "checks")
        .kill_on_drop(true);
    let output = command.output().await?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stdout);
        let wrong = String::from_utf8_lossy(&output.stderr);
        bail!("schemathesis found what the document does not allow:\n{told}\n{wrong}");
    }
    Ok(())
}

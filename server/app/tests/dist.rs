//! The files that operators begin with (`server/dist`), tried as far as this machine has what reads them.
#![allow(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in test functions, not in their helpers"
)]

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

fn dist(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../dist")
        .join(name)
}

fn text(name: &str) -> String {
    fs::read_to_string(dist(name)).unwrap()
}

/// Whether a program is here; whoever has not installed it is told what was left out.
fn is_here(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok()
        || Path::new("/usr/sbin").join(program).exists();
    if !found {
        eprintln!("left out: {program} is not installed");
    }
    found
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A server that builds nothing, and its port.
fn server(data: &TempDir) -> (Running, u16) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_asu-server"));
    command
        .args(["serve", "--no-worker", "--unsigned-upstream", "--rate", "1"])
        .args([
            "--upstream",
            "http://127.0.0.1:1",
            "--listen",
            "127.0.0.1:0",
        ])
        .arg("--data")
        .arg(data.path().join("data"));
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    let stdout = child.stdout.as_mut().unwrap();
    BufReader::new(stdout).read_line(&mut line).unwrap();
    let port = line.trim_end_matches("\"}\n").rsplit(':').next().unwrap();
    (Running(child), port.parse().unwrap())
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// The example with ports of this test, and without certificates.
fn nginx_settings(asu: u16, port: u16) -> String {
    let example = text("nginx.conf").replace("127.0.0.1:8000", &format!("127.0.0.1:{asu}"));
    let lines = example.lines().filter(|line| {
        let line = line.trim();
        !line.starts_with("ssl_") && !line.starts_with("listen [::]")
    });
    let lines = lines.map(|line| match line.trim() {
        "listen 443 ssl;" => format!("listen 127.0.0.1:{port};"),
        "listen 80;" => format!("listen 127.0.0.1:{};", free_port()),
        _ => line.to_owned(),
    });
    let site: Vec<String> = lines.collect();
    format!(
        "daemon off; pid nginx.pid; error_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n{}\n\
         client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;\n\
         uwsgi_temp_path uwsgi; scgi_temp_path scgi;\n}}\n",
        site.join("\n")
    )
}

fn nginx(folder: &TempDir, asu: u16, port: u16) -> Running {
    let settings = folder.path().join("nginx.conf");
    fs::write(&settings, nginx_settings(asu, port)).unwrap();
    // One process, so that nothing is left when it is killed.
    let mut command = Command::new("/usr/sbin/nginx");
    command
        .arg("-p")
        .arg(folder.path())
        .arg("-c")
        .arg(&settings);
    command.args(["-g", "master_process off;"]);
    Running(command.spawn().unwrap())
}

async fn status(client: &reqwest::Client, url: &str, forwarded: Option<&str>) -> u16 {
    let mut request = client.get(url);
    if let Some(address) = forwarded {
        request = request.header("x-forwarded-for", address);
    }
    let answer = request.send().await;
    answer.map_or(0, |answer| answer.status().as_u16())
}

#[tokio::test]
async fn nginx_passes_on_what_the_server_needs_to_know() {
    if !is_here("nginx") {
        return;
    }
    let folder = TempDir::new().unwrap();
    let (_server, asu) = server(&folder);
    let port = free_port();
    let _nginx = nginx(&folder, asu, port);
    let client = reqwest::Client::new();
    let base = format!("http://127.0.0.1:{port}");
    let page = format!("{base}/api/v1/openapi.json");
    let come = async {
        while status(&client, &page, None).await != 200 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), come)
        .await
        .unwrap();
    assert_eq!(status(&client, &format!("{base}/healthz"), None).await, 200);
    // The last address is nginx's own word, so nobody can choose one: this is one client to the server.
    let mut seen = BTreeSet::new();
    for number in 0..30 {
        let address = format!("192.0.2.{number}");
        seen.insert(status(&client, &page, Some(&address)).await);
    }
    assert!(seen.contains(&429), "{seen:?}");
    // Bodies over the limit of requests are for workers only.
    let large = vec![b' '; 300 << 10];
    let ask = |path: &str| {
        client
            .post(format!("{base}{path}"))
            .body(large.clone())
            .send()
    };
    assert_eq!(ask("/api/v1/build").await.unwrap().status(), 413);
    assert_ne!(ask("/api/v1/worker/register").await.unwrap().status(), 413);
}

#[test]
fn systemd_understands_its_units() {
    if !is_here("systemd-analyze") {
        return;
    }
    let folder = TempDir::new().unwrap();
    for (unit, copy) in [
        ("asu-server.service", "asu-server.service"),
        ("asu-server-worker@.service", "asu-server-worker@1.service"),
    ] {
        // It asks for a program that is there.
        let here = text(&format!("systemd/{unit}")).replace("/usr/bin/asu-server", "/bin/true");
        let copy = folder.path().join(copy);
        fs::write(&copy, here).unwrap();
        let output = Command::new("systemd-analyze")
            .arg("verify")
            .arg(&copy)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let ours: Vec<&str> = said.lines().filter(|line| line.contains("asu-")).collect();
        assert!(output.status.success() && ours.is_empty(), "{said}");
    }
}

/// All words that begin so.
fn words<'a>(text: &'a str, start: &str) -> BTreeSet<&'a str> {
    let is_end = |c: char| !(c.is_ascii_uppercase() || c == '_');
    text.split(is_end)
        .filter(|word| word.starts_with(start))
        .collect()
}

#[test]
fn variables_in_the_files_are_those_the_program_knows() {
    let known = text("server.toml") + &text("worker.toml") + " ASU_CONFIG ";
    let known = words(&known, "ASU_");
    for name in [
        "systemd/asu-server.service",
        "systemd/asu-server-worker@.service",
        "compose.yaml",
        "../../docs/configuration.md",
        "../../docs/deployment.md",
        "../../docs/workers.md",
    ] {
        let text = text(name);
        let named = words(&text, "ASU_");
        let unknown: Vec<_> = named.difference(&known).collect();
        assert!(unknown.is_empty(), "{name}: {unknown:?}");
        assert!(!named.is_empty(), "{name}");
    }
}

#[test]
fn every_setting_is_in_the_tables() {
    let tables = text("../../docs/configuration.md") + &text("../../docs/workers.md");
    let known = text("server.toml") + &text("worker.toml");
    let missing: Vec<_> = known
        .lines()
        .filter_map(|line| line.strip_prefix("# Flag --")?.split([' ', ',']).next())
        .filter(|flag| !tables.contains(&format!("--{flag}")))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn caddy_understands_its_file() {
    if !is_here("caddy") {
        return;
    }
    let folder = TempDir::new().unwrap();
    let mut command = Command::new("caddy");
    command.args(["validate", "--adapter", "caddyfile", "--config"]);
    let output = command
        .arg(dist("Caddyfile"))
        .env("HOME", folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

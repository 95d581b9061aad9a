//! Two servers, four workers, PostgreSQL, an S3 server and a mirror: processes on the loopback, with
//! lines between them that can be cut.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};
use asu_test_postgres::Restart;
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;
use tokio::sync::{Mutex, watch};

use crate::network::{End, Line};
use crate::process::{Program, Recipe};

/// How many servers there are.
pub(crate) const SERVERS: usize = 2;
/// How many workers there are; each works for one server.
pub(crate) const WORKERS: usize = 4;
/// How long a job is a silent worker's own.
pub(crate) const LEASE: Duration = Duration::from_secs(6);
/// How often servers look for files that belong to nobody.
pub(crate) const SWEEP: Duration = Duration::from_secs(5);
/// The release that is built.
pub(crate) const RELEASE: &str = "24.10.2";
/// Below what images are in the bucket.
const PREFIX: &str = "images";
/// How long the stage may take to be ready.
const PATIENCE: Duration = Duration::from_mins(2);

/// A server and its lines.
pub(crate) struct Server {
    pub(crate) program: Program,
    /// What clients reach it by.
    pub(crate) front: Line,
    /// What it reaches the database by.
    pub(crate) database: Line,
    pub(crate) data: PathBuf,
}

/// A worker and its line to its server.
pub(crate) struct Worker {
    pub(crate) program: Program,
    pub(crate) line: Line,
    pub(crate) data: PathBuf,
}

/// All of it.
pub(crate) struct Stage {
    pub(crate) servers: Vec<Server>,
    pub(crate) workers: Vec<Worker>,
    /// The database's own address.
    pub(crate) database: String,
    folder: TempDir,
    bucket: Mutex<asu_test_s3::Server>,
    _mirror: Program,
}

/// What all programs are started with.
struct Parts {
    bin: PathBuf,
    folder: PathBuf,
    mirror: String,
    bucket: String,
    /// The database's address, and its socket.
    database: (String, PathBuf),
}

impl Stage {
    /// Starts everything with the programs in `bin`, in a new folder below `work`.
    pub(crate) async fn start(bin: &Path, work: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(work)?;
        let folder = tempfile::Builder::new().prefix("chaos-").tempdir_in(work)?;
        let bucket = asu_test_s3::Server::start();
        let database = tokio::task::spawn_blocking(asu_test_postgres::durable_database).await?;
        let (mirror_program, mirror) = mirror(bin, folder.path()).await?;
        let parts = Parts {
            bin: bin.to_owned(),
            folder: folder.path().to_owned(),
            mirror,
            bucket: bucket.url(),
            database: (database.clone(), socket(&database)?),
        };
        let mut lines = Vec::new();
        for _ in 0..WORKERS {
            lines.push(Line::to(End::Nowhere).await?);
        }
        let token = parts.token().await?;
        let mut servers = Vec::new();
        for number in 0..SERVERS {
            let mine = lines.iter().skip(number).step_by(SERVERS).cloned();
            servers.push(parts.server(number, mine.collect()).await?);
        }
        let mut workers = Vec::new();
        for (number, line) in lines.into_iter().enumerate() {
            workers.push(parts.worker(number, line, &token).await?);
        }
        Ok(Self {
            servers,
            workers,
            database,
            folder,
            bucket: Mutex::new(bucket),
            _mirror: mirror_program,
        })
    }

    /// Where logs and data are.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The folders of images in the bucket.
    pub(crate) async fn published(&self) -> PathBuf {
        self.bucket.lock().await.files().join(PREFIX)
    }

    /// Ends PostgreSQL and starts it again.
    pub(crate) async fn restart_database(&self, how: Restart, away: Duration) {
        let restarted =
            tokio::task::spawn_blocking(move || asu_test_postgres::restart_durable(how, away));
        restarted.await.expect("PostgreSQL comes back");
    }

    /// Ends the S3 server, and starts it again after a while.
    pub(crate) async fn stop_bucket(&self, away: Duration) {
        let mut bucket = self.bucket.lock().await;
        bucket.kill();
        tokio::time::sleep(away).await;
        bucket.come_back();
    }

    /// Ends servers and workers in order; says of each what it does not do as it should. The folder
    /// stays where it is.
    pub(crate) async fn stop(self) -> (Vec<String>, PathBuf) {
        let mut complaints = Vec::new();
        let workers = self.workers.into_iter().map(|worker| worker.program);
        let servers = self.servers.into_iter().map(|server| server.program);
        for program in workers.chain(servers) {
            if let Err(error) = program.stop().await {
                complaints.push(format!("{error:#}"));
            }
        }
        (complaints, self.folder.keep())
    }
}

/// The file of the socket in `postgres:///NAME?host=FOLDER&user=asu`.
fn socket(database: &str) -> anyhow::Result<PathBuf> {
    let host = database.split_once("host=").map(|(_, rest)| rest);
    let host = host.and_then(|rest| rest.split('&').next());
    let host = host.context("the database's address has no folder of a socket")?;
    Ok(Path::new(host).join(".s.PGSQL.5432"))
}

async fn mirror(bin: &Path, folder: &Path) -> anyhow::Result<(Program, String)> {
    let (program, files) = (bin.join("asu-test-upstream"), folder.join("mirror"));
    let written = Command::new(&program)
        .args(["write", "--release", RELEASE, "--out"])
        .arg(&files)
        .status();
    let written = written
        .await
        .with_context(|| format!("cannot run {}", program.display()))?;
    ensure!(written.success(), "the mirror cannot be written");
    let recipe = Recipe {
        program,
        args: vec![
            "serve".into(),
            "--dir".into(),
            files.into(),
            "--listen".into(),
            "127.0.0.1:0".into(),
        ],
        variables: Vec::new(),
        log: folder.join("mirror.log"),
    };
    let (told, mut heard) = watch::channel(None);
    let mirror = Program::keep("the mirror", recipe, move |line| {
        told.send_replace(listening(line));
    });
    let heard = tokio::time::timeout(PATIENCE, heard.wait_for(Option::is_some)).await;
    let address = *heard.context("the mirror does not start")??;
    Ok((mirror, format!("http://{}", address.context("no address")?)))
}

/// What a program says when it accepts connections.
fn listening(line: &str) -> Option<SocketAddr> {
    let told: Value = serde_json::from_str(line).ok()?;
    let url = told["listening"].as_str()?;
    url.trim_start_matches("http://").parse().ok()
}

impl Parts {
    fn key(&self) -> PathBuf {
        self.folder.join("mirror/key.pub")
    }

    /// Has a token made, and by that the tables.
    async fn token(&self) -> anyhow::Result<String> {
        let made = Command::new(self.bin.join("asu-server"))
            .args([
                "token",
                "add",
                "chaos",
                "--json",
                "--database",
                &self.database.0,
            ])
            .output();
        let made = made.await.context("cannot run asu-server")?;
        let told: Value = serde_json::from_slice(&made.stdout).unwrap_or_default();
        let token = told["token"].as_str().map(str::to_owned);
        token.with_context(|| String::from_utf8_lossy(&made.stderr).into_owned())
    }

    /// A server, with the lines of its workers.
    async fn server(&self, number: usize, mut lines: Vec<Line>) -> anyhow::Result<Server> {
        let name = format!("server-{number}");
        let (data, front) = (self.folder.join(&name), Line::to(End::Nowhere).await?);
        let database = Line::to(End::Socket(self.database.1.clone())).await?;
        lines.push(front.clone());
        let recipe = Recipe {
            program: self.bin.join("asu-server"),
            args: self.serve(&data, &database),
            variables: vec![
                ("AWS_ACCESS_KEY_ID", asu_test_s3::KEY.to_owned()),
                ("AWS_SECRET_ACCESS_KEY", asu_test_s3::SECRET.to_owned()),
            ],
            log: self.folder.join(format!("{name}.log")),
        };
        let (told, mut heard) = watch::channel(false);
        let program = Program::keep(&name, recipe, move |line| {
            let Some(address) = listening(line) else {
                return;
            };
            for line in &lines {
                line.lead_to(End::Address(address));
            }
            told.send_replace(true);
        });
        let heard = tokio::time::timeout(PATIENCE, heard.wait_for(|ready| *ready)).await;
        heard.with_context(|| format!("{name} does not start"))??;
        Ok(Server {
            program,
            front,
            database,
            data,
        })
    }

    fn serve(&self, data: &Path, database: &Line) -> Vec<OsString> {
        let seconds = |time: Duration| format!("{}s", time.as_secs());
        // The name is what stands between "///" and "?".
        let name = self.database.0.trim_start_matches("postgres:///");
        let name = name.split('?').next().unwrap_or_default();
        let database = format!(
            "postgres://asu@{}/{name}?sslmode=disable",
            database.address()
        );
        let (lease, sweep) = (seconds(LEASE), seconds(SWEEP));
        let bucket = format!("s3://{}/{PREFIX}", asu_test_s3::BUCKET);
        let options = [
            ("--upstream", self.mirror.as_str()),
            ("--database", &database),
            ("--images", &bucket),
            ("--s3-endpoint", &self.bucket),
            ("--listen", "127.0.0.1:0"),
            ("--lease", &lease),
            ("--sweep", &sweep),
            ("--keep-defaults", "24h"),
            ("--max-pending", "100000"),
        ];
        let mut args: Vec<OsString> = vec!["serve".into(), "--no-worker".into()];
        args.extend(
            options
                .iter()
                .flat_map(|(option, value)| [(*option).into(), (*value).into()]),
        );
        args.extend(["--upstream-key".into(), self.key().into()]);
        args.extend(["--data".into(), data.into()]);
        args
    }

    async fn worker(&self, number: usize, line: Line, token: &str) -> anyhow::Result<Worker> {
        let name = format!("worker-{number}");
        let data = self.folder.join(&name);
        let mut args: Vec<OsString> = vec!["worker".into(), "--server".into(), line.url().into()];
        args.extend(["--data".into(), data.clone().into()]);
        // A build leaves some MB; how full the disk is otherwise is not what is tried here.
        args.extend(["--disk-floor".into(), "100MB".into()]);
        let recipe = Recipe {
            program: self.bin.join("asu-server"),
            args,
            variables: vec![("ASU_TOKEN", token.to_owned())],
            log: self.folder.join(format!("{name}.log")),
        };
        let (told, mut heard) = watch::channel(false);
        let program = Program::keep(&name, recipe, move |_| {
            told.send_replace(true);
        });
        let heard = tokio::time::timeout(PATIENCE, heard.wait_for(|ready| *ready)).await;
        heard.with_context(|| format!("{name} does not start"))??;
        Ok(Worker {
            program,
            line,
            data,
        })
    }
}

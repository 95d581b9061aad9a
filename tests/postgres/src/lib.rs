//! A throw-away PostgreSQL for tests, made of the programs Debian's package `postgresql` brings.
//!
//! Each test program that asks for a database has one server of its own, on a socket in a folder of
//! its own under `/dev/shm` or `/tmp`. Both go when the program ends, however it ends: the server's keeper, a
//! shell, reads from a pipe that the kernel then closes. What measures asks for one that keeps what it
//! is told on the disk, under `/var/tmp`.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "it is for tests: where it cannot do as asked, the test has failed"
)]

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

/// What keeps the server; its arguments are said there.
const KEEPER: &str = include_str!("serve.sh");

const ADVICE: &str = "the tests need PostgreSQL's own programs: `sudo apt-get install postgresql`, or \
    `cargo xtask setup`";

struct Server {
    _keeper: Child,
    to_keeper: ChildStdin,
    from_keeper: BufReader<ChildStdout>,
    /// The folder of its socket.
    home: String,
    databases: u32,
}

static FAST: LazyLock<Mutex<Server>> = LazyLock::new(|| Mutex::new(Server::start("fast")));
static DURABLE: LazyLock<Mutex<Server>> = LazyLock::new(|| Mutex::new(Server::start("durable")));

/// The address of a new, empty database, `postgres://…`.
pub fn database() -> String {
    let mut server = FAST.lock().unwrap_or_else(PoisonError::into_inner);
    server.database()
}

/// The same at a server with the settings of a plain installation: a commit waits for the disk.
pub fn durable_database() -> String {
    let mut server = DURABLE.lock().unwrap_or_else(PoisonError::into_inner);
    server.database()
}

/// How a server comes to be restarted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restart {
    /// As an operator does it: connections are ended, and everything is written.
    Orderly,
    /// As a crash does it: it finds its way back by its log.
    Crash,
}

/// Ends the server of [`durable_database`], and starts it again when it was away for `away`. Blocks
/// until it accepts connections.
pub fn restart_durable(how: Restart, away: Duration) {
    let signal = match how {
        Restart::Orderly => "INT",
        Restart::Crash => "QUIT",
    };
    let order = format!("restart {signal} {}", away.as_secs_f64());
    let mut server = DURABLE.lock().unwrap_or_else(PoisonError::into_inner);
    server.order(&order);
}

impl Server {
    /// `settings` is what [`KEEPER`] takes.
    fn start(settings: &str) -> Self {
        let programs = programs().unwrap_or_else(|| panic!("{ADVICE}"));
        let mut keeper = as_nobody_special()
            .args(["sh", "-c", KEEPER, "serve.sh"])
            .arg(programs)
            .arg(settings)
            .current_dir("/")
            // What ends the tests' group of processes, as Ctrl-C does, must leave it to clean up.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("PostgreSQL cannot be started: {error}; {ADVICE}"));
        let to_keeper = keeper.stdin.take().expect("it was asked for");
        let mut from_keeper = BufReader::new(keeper.stdout.take().expect("it was asked for"));
        let home = line(&mut from_keeper);
        Self {
            _keeper: keeper,
            to_keeper,
            from_keeper,
            home,
            databases: 0,
        }
    }

    fn database(&mut self) -> String {
        self.databases += 1;
        let name = format!("test{}", self.databases);
        self.order(&name);
        format!("postgres:///{name}?host={}&user=asu", self.home)
    }

    /// Has the keeper do something.
    fn order(&mut self, order: &str) {
        writeln!(self.to_keeper, "{order}").expect("the keeper of PostgreSQL is there");
        assert_eq!(line(&mut self.from_keeper), order);
    }
}

/// The keeper's next word; it has said why on stderr if there is none.
fn line(from_keeper: &mut impl BufRead) -> String {
    let mut line = String::new();
    let read = from_keeper.read_line(&mut line);
    let read = read.expect("the keeper of PostgreSQL can be heard");
    assert!(read > 0, "PostgreSQL did not do as asked; see above");
    line.trim_end().to_owned()
}

/// PostgreSQL refuses to run as root, so root's place is taken by somebody who owns nothing.
fn as_nobody_special() -> Command {
    let id = Command::new("id").arg("-u").output().expect("`id` runs");
    if id.stdout != b"0\n" {
        return Command::new("env");
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"]);
    command
}

/// The folder of the newest PostgreSQL's programs.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let version = |path: &PathBuf| -> Option<u32> { path.file_name()?.to_str()?.parse().ok() };
    versions
        .filter_map(|version| Some(version.ok()?.path()))
        .filter(|path| is_server(&path.join("bin")))
        .max_by_key(version)
        .map(|path| path.join("bin"))
}

fn is_server(programs: &Path) -> bool {
    ["initdb", "postgres", "pg_isready", "createdb"]
        .iter()
        .all(|program| programs.join(program).exists())
}

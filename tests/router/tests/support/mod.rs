//! What the tests share: a running router, its HTTP answers, and images to flash.

#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

pub mod image;

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_asu-test-router");
/// The session of callers that are not logged in.
pub const NOBODY: &str = "00000000000000000000000000000000";

/// The path of a fixture.
pub fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fixtures")
        .join(path)
}

/// A folder with the real plugins for this machine, built if it is not given by `ASU_PLUGINS`.
pub fn plugins() -> &'static Path {
    static PLUGINS: OnceLock<PathBuf> = OnceLock::new();
    PLUGINS
        .get_or_init(|| std::env::var_os("ASU_PLUGINS").map_or_else(build_plugins, PathBuf::from))
}

fn build_plugins() -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rpcd-plugins");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release"])
        .current_dir(&source)
        .env_remove("CARGO_TARGET_DIR")
        .status()
        .unwrap();
    assert!(built.success(), "building the plugins failed");
    // A folder of their own: cargo's has other files too.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("plugins");
    fs::create_dir_all(&folder).unwrap();
    for entry in fs::read_dir(source.join("target/release"))
        .unwrap()
        .flatten()
    {
        if entry
            .path()
            .extension()
            .is_some_and(|extension| extension == "so")
        {
            // Renamed into place: a loaded plugin must not change under its host, which loads every
            // file of the folder.
            let new = folder.with_extension(std::process::id().to_string());
            fs::copy(entry.path(), &new).unwrap();
            fs::rename(new, folder.join(entry.file_name())).unwrap();
        }
    }
    folder
}

/// A folder with a router on which `image` was installed.
pub fn install(image: &[u8], password: Option<&str>) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("image");
    fs::write(&file, image).unwrap();
    let mut command = Command::new(PROGRAM);
    command
        .arg("install")
        .arg("--image")
        .arg(&file)
        .arg("--root")
        .arg(folder.path().join("root"));
    if let Some(password) = password {
        command.args(["--password", password]);
    }
    assert!(command.status().unwrap().success());
    folder
}

/// A router that is switched off when this is dropped.
pub struct Router {
    pub address: SocketAddr,
    pub process: Child,
    /// What lies in the router's folder: `root`, `journal`.
    pub folder: TempDir,
}

impl Router {
    /// Boots the root filesystem `root` of `folder`.
    pub fn boot(folder: TempDir, options: &[&str]) -> Self {
        let command = Self::command(&folder, options);
        Self::start(folder, command)
    }

    /// The command that boots it.
    pub fn command(folder: &TempDir, options: &[&str]) -> Command {
        Self::command_of(Path::new(PROGRAM), plugins(), folder, options)
    }

    /// The same from copies of program and plugins in `folder`: another user may not be allowed
    /// to look into the build's own.
    pub fn copied_command(folder: &TempDir) -> Command {
        let program = folder.path().join("asu-test-router");
        fs::copy(PROGRAM, &program).unwrap();
        let copies = folder.path().join("plugins");
        fs::create_dir(&copies).unwrap();
        for plugin in fs::read_dir(plugins()).unwrap().flatten() {
            fs::copy(plugin.path(), copies.join(plugin.file_name())).unwrap();
        }
        Self::command_of(&program, &copies, folder, &[])
    }

    fn command_of(program: &Path, plugins: &Path, folder: &TempDir, options: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .arg("run")
            .arg("--root")
            .arg(folder.path().join("root"));
        command
            .arg("--plugins")
            .arg(plugins)
            .arg("--journal")
            .arg(folder.path().join("journal"));
        if !options.contains(&"--downtime") {
            command.args(["--downtime", "0.2"]);
        }
        command.args(options);
        command
    }

    /// Starts a command and waits until the router accepts connections.
    pub fn start(folder: TempDir, mut command: Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let ready: Value =
            serde_json::from_str(&line).unwrap_or_else(|_| panic!("no ready line: {line:?}"));
        let url = ready["listening"].as_str().unwrap();
        let address = url.strip_prefix("http://").unwrap().parse().unwrap();
        Self {
            address,
            process,
            folder,
        }
    }

    pub fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    pub fn journal(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.folder.path().join("journal")).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    pub fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        exchange(self.address, "GET", path, headers, b"").unwrap()
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers write json!(..) in place"
    )]
    /// The `result` of a call, or the whole answer if it has none; none if nobody listens.
    pub fn try_call(
        &self,
        session: &str,
        object: &str,
        method: &str,
        arguments: Value,
    ) -> Option<Value> {
        let parameters = json!([session, object, method, arguments]);
        let message =
            json!({"jsonrpc": "2.0", "id": 1, "method": "call", "params": parameters}).to_string();
        let answer = exchange(self.address, "POST", "/ubus", &[], message.as_bytes()).ok()?;
        let mut value: Value = serde_json::from_slice(&answer.body).ok()?;
        Some(value.get_mut("result").map(Value::take).unwrap_or(value))
    }

    /// The data of a call that must succeed.
    pub fn call(&self, session: &str, object: &str, method: &str, arguments: Value) -> Value {
        let result = self.try_call(session, object, method, arguments).unwrap();
        assert_eq!(result[0], 0, "{object}.{method}: {result}");
        result[1].clone()
    }

    /// Logs in as root, or tells the status.
    pub fn login(&self, password: &str) -> Result<String, Value> {
        let arguments = json!({"username": "root", "password": password});
        let result = self
            .try_call(NOBODY, "session", "login", arguments)
            .unwrap_or(Value::Null);
        match result[1]["ubus_rpc_session"].as_str() {
            Some(session) => Ok(session.to_owned()),
            None => Err(result[0].clone()),
        }
    }

    /// Uploads to `/tmp/firmware.bin`.
    pub fn upload(&self, session: &str, file: &[u8]) -> Value {
        let fields = [
            ("sessionid", session),
            ("filename", "/tmp/firmware.bin"),
            ("filemode", "0600"),
        ];
        let mut body = Vec::new();
        for (name, value) in fields {
            write!(
                body,
                "--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            )
            .unwrap();
        }
        body.extend(
            b"--B\r\nContent-Disposition: form-data; name=\"filedata\"; filename=\"f\"\r\n\r\n",
        );
        body.extend(file);
        body.extend(b"\r\n--B--\r\n");
        let kind = [("Content-Type", "multipart/form-data; boundary=B")];
        let answer = exchange(self.address, "POST", "/cgi-bin/cgi-upload", &kind, &body).unwrap();
        serde_json::from_slice(&answer.body).unwrap()
    }

    /// Asks for a backup of the settings: status and bytes.
    pub fn back_up(&self, session: &str) -> (u16, Vec<u8>) {
        let form = format!("sessionid={session}");
        let kind = [("Content-Type", "application/x-www-form-urlencoded")];
        let path = "/cgi-bin/cgi-backup";
        let answer = exchange(self.address, "POST", path, &kind, form.as_bytes()).unwrap();
        (answer.status, answer.body)
    }

    /// Waits until nobody listens.
    pub fn wait_until_down(&self) {
        wait("nobody listens", || {
            TcpStream::connect(self.address).is_err()
        });
    }

    /// Waits until the router has booted so many times.
    pub fn wait_for_boot(&self, count: usize) {
        self.wait_for("boot", count);
    }

    /// Waits until the journal has so many events of a kind.
    pub fn wait_for(&self, event: &str, count: usize) {
        let happened = || {
            self.journal()
                .iter()
                .filter(|entry| entry["event"] == event)
                .count()
        };
        wait(&format!("{count} times {event}"), || happened() == count);
    }

    /// Asks it to stop and tells its exit status.
    pub fn terminate(&mut self) -> Option<i32> {
        let id = self.process.id().to_string();
        // The shell's own kill: not every Debian has the program.
        let kill = Command::new("sh").args(["-c", "kill $0", &id]).status();
        assert!(kill.unwrap().success());
        self.process.wait().unwrap().code()
    }
}

fn wait(what: &str, done: impl Fn() -> bool) {
    let limit = Instant::now() + Duration::from_secs(30);
    while !done() {
        assert!(Instant::now() < limit, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

impl Drop for Router {
    fn drop(&mut self) {
        // The system ends with its supervisor. Either may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An HTTP answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

/// Sends exactly these bytes and reads until the connection is closed, as the transcript was made.
pub fn exchange(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n");
    for (name, value) in headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    let _ = write!(head, "Content-Length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes())?;
    // A server may answer before it has read everything.
    let _ = stream.write_all(body);
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    Ok(parse(&bytes))
}

fn parse(bytes: &[u8]) -> Answer {
    let end = bytes
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .expect("a head");
    let head = std::str::from_utf8(&bytes[..end]).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .unwrap()
        .split(' ')
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    let pair = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap();
        (name.to_owned(), value.to_owned())
    };
    let headers: Vec<(String, String)> = lines.map(pair).collect();
    let answer = Answer {
        status,
        headers,
        body: bytes[end + 4..].to_vec(),
    };
    assert_eq!(
        answer.header("transfer-encoding"),
        None,
        "these answers have a length"
    );
    answer
}

//! The program, a mirror that counts what it is asked, and a client that sends any bytes.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

/// Longest body of a refusal, bytes.
const SHORT: usize = 2048;
/// Longest piece of what was sent that an answer may repeat, bytes.
const REPEATED: usize = 512;

/// The paths a mirror was asked for.
type Asked = Arc<Mutex<Vec<String>>>;

pub(crate) struct Server {
    child: Child,
    address: String,
    data: TempDir,
    asked: Asked,
}

/// What came back; status 0 is a connection that was closed without an answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// A server that has read all that its mirror offers.
    pub(crate) fn start() -> Self {
        let asked = Asked::default();
        let mirror = mirror(Arc::clone(&asked));
        let data = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_asu-server"))
            .env_clear()
            .args(["serve", "--upstream", &mirror, "--unsigned-upstream"])
            .args(["--listen", "127.0.0.1:0", "--rate", "0"])
            .args(["--repository-allow", "https://feeds.example", "--data"])
            .arg(data.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        let address = said["listening"].as_str().unwrap();
        let address = address.strip_prefix("http://").unwrap().to_owned();
        let server = Self {
            child,
            address,
            data,
            asked,
        };
        server.warm_up();
        server
    }

    /// Asks for all that well-meant requests of these tests lead to at the mirror.
    fn warm_up(&self) {
        let wish = json!({"version": "24.10.2", "target": "ath79/generic", "profile": "router"});
        let json = "content-type: application/json\r\n";
        self.post("/api/v1/plan", json, wish.to_string().as_bytes());
        for path in [
            "/json/v1/releases/24.10.2/packages/mips_24kc-index.json",
            "/json/v1/overview.json",
            "/supported?json=1",
            "/api/models?distro=openwrt&version=24.10.2&model_search=x",
        ] {
            self.get(path);
        }
        let known = "/json/v1/releases/24.10.2/targets/ath79/generic/router.json";
        for _ in 0..100 {
            if self.get(known).status == 200 && self.get("/readyz").status == 200 {
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("the server does not know its mirror");
    }

    /// Sends bytes and reads until the server closes the connection.
    pub(crate) fn send(&self, bytes: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(40)))
            .unwrap();
        let mut writer = stream.try_clone().unwrap();
        let bytes = bytes.to_vec();
        let writing = thread::spawn(move || {
            // It may be refused before all is sent.
            if writer.write_all(&bytes).is_ok() {
                let _ = writer.flush();
            }
        });
        let mut all = Vec::new();
        let _ = stream.read_to_end(&mut all);
        let _ = stream.shutdown(Shutdown::Both);
        writing.join().unwrap();
        Answer::read(&all)
    }

    pub(crate) fn ask(&self, method: &str, path: &str, headers: &str) -> Answer {
        let head =
            format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n");
        self.send(head.as_bytes())
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "")
    }

    pub(crate) fn post(&self, path: &str, headers: &str, body: &[u8]) -> Answer {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n",
            body.len()
        );
        self.send(&[head.as_bytes(), body].concat())
    }

    /// Runs `attacks`, each of which says what is wrong with its answers, and looks at what is left.
    pub(crate) fn withstands(&self, attacks: impl FnOnce(&Self) -> Vec<String>) {
        let before = self.traces();
        let wrong = attacks(self);
        assert!(wrong.is_empty(), "{}: {}", wrong.len(), wrong.join("\n"));
        assert_eq!(
            self.traces(),
            before,
            "requests at the mirror, builds, files"
        );
        let wish = json!({"version": "24.10.2", "target": "ath79/generic", "profile": "router"});
        let headers = "content-type: application/json\r\n";
        let answer = self.post("/api/v1/build", headers, wish.to_string().as_bytes());
        assert_eq!(answer.status, 202, "it works as before: {answer:?}");
    }

    /// What an attack may leave behind.
    fn traces(&self) -> (Vec<String>, Value, BTreeSet<PathBuf>) {
        let load = self.get("/api/v1/stats/summary").body;
        let mut files = BTreeSet::new();
        collect(self.data.path(), &mut files);
        let load = serde_json::from_slice(&load).unwrap();
        (self.asked.lock().unwrap().clone(), load, files)
    }
}

fn collect(folder: &Path, files: &mut BTreeSet<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        }
        files.insert(path);
    }
}

impl Answer {
    fn read(all: &[u8]) -> Self {
        let end = all.windows(4).position(|four| four == b"\r\n\r\n");
        let (head, body) = all.split_at(end.map_or(all.len(), |end| end + 4));
        let head = String::from_utf8_lossy(head).into_owned();
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        Self {
            status: status.unwrap_or(0),
            head,
            body: body.to_vec(),
        }
    }

    /// What is wrong with it as the refusal of `attack`, named so.
    pub(crate) fn complaint(&self, name: &str, attack: &[u8]) -> Option<String> {
        let echoes = attack.len() > REPEATED
            && attack.chunks(REPEATED / 2).take(20).any(|piece| {
                piece.len() == REPEATED / 2
                    && self.body.windows(piece.len()).any(|part| part == piece)
            });
        let what = match self.status {
            400..500 if self.body.len() > SHORT => "long",
            400..500 if echoes => "an echo",
            400..500 => return None,
            _ => "no refusal",
        };
        let body = String::from_utf8_lossy(&self.body[..self.body.len().min(200)]);
        let name: String = name.chars().take(160).collect();
        Some(format!("{name}: {what}: {} {body}", self.status))
    }
}

/// A mirror with one release of one device; every request is counted.
fn mirror(asked: Asked) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let asked = Arc::clone(&asked);
            thread::spawn(move || answer(stream.unwrap(), &asked));
        }
    });
    url
}

fn answer(mut stream: TcpStream, asked: &Mutex<Vec<String>>) {
    let mut line = String::new();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let _ = reader.read_line(&mut line);
    while reader
        .read_line(&mut String::new())
        .is_ok_and(|length| length > 2)
    {}
    let path = line.split(' ').nth(1).unwrap_or_default();
    asked.lock().unwrap().push(path.to_owned());
    let (status, body) = match file(path) {
        Some(body) => ("200 OK", body),
        None => ("404 Not Found", String::new()),
    };
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
    let _ = stream.write_all((head + &body).as_bytes());
}

fn file(path: &str) -> Option<String> {
    if path.ends_with("/Packages") {
        return Some(INDEX.to_owned());
    }
    document(path).map(|document| document.to_string())
}

/// What every feed has: with no feed at all the server could not tell a wrong name.
const INDEX: &str = "Package: base-files
Version: 1
Architecture: all
Filename: base-files.ipk
Size: 1
SHA256sum: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855

";

fn document(path: &str) -> Option<Value> {
    let device = json!({"images": [], "supported_devices": ["acme,router"],
        "titles": [{"vendor": "Acme", "model": "Router"}], "device_packages": []});
    match path {
        "/.versions.json" => {
            Some(json!({"stable_version": "24.10.2", "versions_list": ["24.10.2"]}))
        }
        "/releases/24.10.2/.targets.json" => Some(json!({"ath79/generic": "mips_24kc"})),
        "/releases/24.10.2/targets/ath79/generic/profiles.json" => Some(json!({
            "arch_packages": "mips_24kc", "default_packages": ["base-files"], "metadata_version": 1,
            "profiles": {"router": device}, "source_date_epoch": 0, "target": "ath79/generic",
            "version_code": "r1-0", "version_number": "24.10.2",
        })),
        _ => None,
    }
}

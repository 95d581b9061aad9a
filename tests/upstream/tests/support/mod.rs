//! What the tests of the mirror share.
#![allow(dead_code, reason = "each test file uses its part")]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;

use tempfile::TempDir;

/// The host tool of ImageBuilders.
pub(crate) const HOST_TOOL: &str = env!("CARGO_BIN_EXE_ib-host");

/// A file made by the genuine tools.
pub(crate) fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fixtures")
        .join(path)
}

/// A JSON file made by the genuine tools.
pub(crate) fn json(path: &str) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(fixture(path)).unwrap()).unwrap()
}

/// The mirror, written once for all tests of a file.
pub(crate) fn mirror() -> &'static Path {
    static MIRROR: LazyLock<PathBuf> = LazyLock::new(|| {
        // A static is never dropped: the folder stays, and the next run takes its place.
        let program = std::env::current_exe().unwrap();
        let name = program.file_stem().unwrap().to_string_lossy().into_owned();
        let name = name.split('-').next().unwrap();
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("mirror-of-{name}"));
        let _ = std::fs::remove_dir_all(&dir);
        asu_test_upstream::mirror::write(&dir, &[], Path::new(HOST_TOOL)).unwrap();
        dir
    });
    &MIRROR
}

/// A running `asu-test-upstream serve`.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) url: String,
}

impl Server {
    pub(crate) fn start(dir: &Path, more: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_asu-test-upstream"))
            .args(["serve", "--listen", "127.0.0.1:0", "--dir"])
            .arg(dir)
            .args(more)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
        let url = ready["listening"].as_str().unwrap().to_owned();
        Self { child, url }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An unpacked ImageBuilder whose feeds are on a server of the mirror.
pub(crate) struct ImageBuilder {
    pub(crate) dir: TempDir,
    _server: Server,
}

impl ImageBuilder {
    pub(crate) fn unpack(version: &str, target: &str) -> Self {
        let server = Server::start(mirror(), &[]);
        let dir = tempfile::tempdir().unwrap();
        let folder = mirror().join(format!("releases/{version}/targets/{target}"));
        let archive = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| path.to_string_lossy().contains("/openwrt-imagebuilder-"))
            .unwrap();
        let status = Command::new("tar")
            .arg("xf")
            .arg(archive)
            .arg("--strip=1")
            .arg("-C")
            .arg(dir.path())
            .status()
            .unwrap();
        assert!(status.success());
        let lists = ["repositories", "repositories.conf"].map(|name| dir.path().join(name));
        let list = lists.iter().find(|path| path.exists()).unwrap();
        let text = std::fs::read_to_string(list).unwrap();
        let text = text.replace("https://downloads.openwrt.org", &server.url);
        std::fs::write(list, text).unwrap();
        Self {
            dir,
            _server: server,
        }
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    pub(crate) fn make(&self, arguments: &[&str]) -> Made {
        // The flags of an outer make, such as one that runs these tests, are not for this one.
        let output = Command::new("make")
            .args(arguments)
            .current_dir(self.dir.path())
            .env_remove("MAKEFLAGS")
            .env_remove("MAKELEVEL")
            .output()
            .unwrap();
        Made::from(output)
    }
}

/// What a command printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Made {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

//! A throw-away S3 server for tests: a process of its own, on a free port of the loopback, that can
//! be killed and come back with all it held.
//!
//! The process is the test program itself, started again: see [`process!`]. It goes when its starter
//! goes, however that ends: it reads from a pipe that the kernel then closes.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "it is for tests: where it cannot do as asked, the test has failed"
)]

mod process;

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

pub use process::serve;

/// The bucket that is there from the beginning.
pub const BUCKET: &str = "images";
/// The key that may do everything.
pub const KEY: &str = "test-key";
/// Its secret.
pub const SECRET: &str = "test-secret";

/// What the process is told by: the folder of its files, and the address to listen on.
const FOLDER: &str = "ASU_TEST_S3_FOLDER";
const ADDRESS: &str = "ASU_TEST_S3_ADDRESS";
/// What its address follows on its output, among words of the test harness.
const SAID: &str = "s3 server at ";

/// Makes the test program one that can be the server: to be written once in it, outside of functions.
#[macro_export]
macro_rules! process {
    () => {
        #[test]
        #[ignore = "it is started by the tests that need an S3 server"]
        fn s3_server_process() {
            $crate::serve();
        }
    };
}

/// A server with one empty bucket.
pub struct Server {
    folder: TempDir,
    address: String,
    process: Child,
}

impl Server {
    /// Starts one in a program that has [`process!`].
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir(folder.path().join(BUCKET)).expect("a folder for the bucket");
        let (process, address) = start(&folder, "127.0.0.1:0");
        Self {
            folder,
            address,
            process,
        }
    }

    /// Where it is: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The bucket as a folder: an object is the file of its name.
    pub fn files(&self) -> PathBuf {
        self.folder.path().join(BUCKET)
    }

    /// Where all its state is, parts of unfinished uploads (`.upload_id-…`) too.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// Ends it at once: connections are broken, and new ones refused.
    pub fn kill(&mut self) {
        self.process.kill().expect("a process to kill");
        self.process.wait().expect("its end");
    }

    /// Starts it again after [`Self::kill`], where it was and with what it held.
    pub fn come_back(&mut self) {
        (self.process, _) = start(&self.folder, &self.address);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn start(folder: &TempDir, address: &str) -> (Child, String) {
    let mut process = Command::new(std::env::current_exe().expect("this program"))
        .args(["--ignored", "--nocapture", "s3_server_process"])
        .env(FOLDER, folder.path())
        .env(ADDRESS, address)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("this program starts again");
    let lines = BufReader::new(process.stdout.take().expect("it was asked for")).lines();
    let address = lines
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix(SAID).map(str::to_owned))
        .expect("an S3 server; does the test program have asu_test_s3::process!()?");
    (process, address)
}

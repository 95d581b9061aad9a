//! `asu-server build`, with a mirror whose ImageBuilders really assemble images.
#![allow(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in test functions, not in their helpers"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use asu_test_upstream::mirror;
use asu_test_upstream::mirror::imagebuilder::HostTool;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// Its releases: opkg's packed as `.tar.xz` and as `.tar.zst`, and apk's.
const RELEASES: [&str; 3] = ["23.05.5", "24.10.2", "25.12.1"];

/// The mirror's folder.
fn upstream() -> &'static Path {
    static WRITTEN: OnceLock<PathBuf> = OnceLock::new();
    WRITTEN.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mirror");
        let tool = HostTool::built().unwrap();
        mirror::write(&folder, &RELEASES.map(str::to_owned), &tool).unwrap();
        folder
    })
}

struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        upstream();
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the command on this folder's `data` and `out`.
    fn run(&self, version: &str, more: &[&str]) -> Output {
        let device = ["--target", "x86/64", "--profile", "generic"];
        Command::new(env!("CARGO_BIN_EXE_asu-server"))
            .args(["build", "--version", version])
            .args(device)
            .arg("--data")
            .arg(self.path("data"))
            .arg("--out")
            .arg(self.path("out"))
            .args(more)
            .env_remove("RUST_LOG")
            .output()
            .unwrap()
    }

    /// From the mirror's folder, signed.
    fn signed(&self, version: &str, more: &[&str]) -> Output {
        let folder = upstream().to_str().unwrap();
        let key = format!("{folder}/key.pub");
        self.run(
            version,
            &[&["--upstream", folder, "--upstream-key", &key][..], more].concat(),
        )
    }

    fn built(&self, output: &Output) -> Value {
        assert!(output.status.success(), "{}", told(output));
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        for image in answer["images"].as_array().unwrap() {
            let file = self.path("out").join(image["name"].as_str().unwrap());
            let bytes = std::fs::read(file).unwrap();
            assert_eq!(image["sha256"], hex::encode(Sha256::digest(&bytes)));
            assert_eq!(image["size"], bytes.len());
        }
        assert!(!answer["images"].as_array().unwrap().is_empty());
        answer
    }
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn failed(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(1), "{}", told(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn an_image_is_built_from_a_folder_without_a_server() {
    for version in RELEASES {
        let desk = Desk::new();
        let output = desk.signed(
            version,
            &["--packages", "htop -ppp -ppp-mod-pppoe", "--json"],
        );
        let answer = desk.built(&output);
        assert_eq!(answer["version_number"], version);
        let manifest = answer["manifest"].as_object().unwrap();
        assert!(manifest.contains_key("htop") && !manifest.contains_key("ppp"));
        assert!(answer["seconds"].as_f64().unwrap() > 0.0);
        assert!(told(&output).contains("building_image"));
        assert!(told(&output).contains("downloading the ImageBuilder: 0 B of"));
        let scratch = desk.path("data/builder/scratch");
        assert!(scratch.read_dir().unwrap().next().is_none());
    }
}

#[test]
fn a_build_has_no_more_memory_than_the_operator_allows() {
    let desk = Desk::new();
    let failure = failed(&desk.signed("24.10.2", &["--build-memory", "100MB"]));
    assert_eq!(failure["cause"], "build-failed", "{failure}");
    let refused = desk.signed("24.10.2", &["--build-memory", "99MB"]);
    assert!(told(&refused).contains("or more"), "{}", told(&refused));
    desk.built(&desk.signed("24.10.2", &["--build-memory", "2GiB"]));
}

#[test]
fn the_same_request_on_two_data_directories_gives_the_same_bytes() {
    let packages = ["--packages", "htop -ppp -ppp-mod-pppoe"];
    let (one, mut other) = (Desk::new(), Desk::new());
    let deeper = other.path("a-longer/path+to/the.same");
    std::fs::create_dir_all(&deeper).unwrap();
    other.folder = tempfile::tempdir_in(deeper).unwrap();
    let [one, other] = [&one, &other].map(|desk| desk.built(&desk.signed("24.10.2", &packages)));
    for field in ["images", "manifest", "build_cmd", "version_code"] {
        assert_eq!(one[field], other[field], "{field}");
    }
    let images = one["images"].as_array().unwrap();
    let unsigned = |image: &Value| image["sha256_unsigned"].as_str().unwrap().len() == 64;
    assert!(images.iter().all(unsigned), "{one}");
}

#[test]
fn a_disk_without_room_is_told() {
    let desk = Desk::new();
    let answer = failed(&desk.signed("24.10.2", &["--disk-floor", "1000PB"]));
    assert_eq!(answer["cause"], "disk-full", "{answer}");
    assert!(
        answer["hint"]
            .as_str()
            .unwrap()
            .contains("no fault of your")
    );
    desk.built(&desk.signed(
        "24.10.2",
        &["--disk-floor", "0", "--imagebuilder-disk", "1"],
    ));
}

#[test]
fn options_reach_the_image() {
    let desk = Desk::new();
    std::fs::write(desk.path("first-boot"), "uci set a.b.c=d\n").unwrap();
    let script = desk.path("first-boot");
    let options = [
        "--rootfs-size",
        "200",
        "--defaults",
        script.to_str().unwrap(),
    ];
    let answer = desk.built(&desk.signed("24.10.2", &options));
    let command = answer["build_cmd"].to_string();
    assert!(command.contains("ROOTFS_PARTSIZE=200"), "{command}");
    let refused = failed(&desk.signed("24.10.2", &["--filesystem", "fat"]));
    assert_eq!(refused["cause"], "bad-request");
}

#[test]
fn failures_are_typed() {
    let desk = Desk::new();
    let output = desk.signed("24.10.2", &["--packages", "no-such-package"]);
    let answer = failed(&output);
    assert_eq!(answer["cause"], "package-selection", "{answer}");
    assert_eq!(answer["packages"][0]["name"], "no-such-package");
    assert!(told(&output).contains("no-such-package"));

    let folder = upstream().to_str().unwrap();
    let unknown = failed(&desk.run("22.03.1", &["--upstream", folder, "--unsigned-upstream"]));
    assert_eq!(unknown["cause"], "unsupported-version", "{unknown}");

    let nowhere = ["--upstream", "http://127.0.0.1:1", "--unsigned-upstream"];
    assert_eq!(failed(&desk.run("24.10.2", &nowhere))["cause"], "upstream");
}

#[test]
fn without_a_key_nothing_is_built() {
    let desk = Desk::new();
    let output = desk.run("24.10.2", &["--upstream", upstream().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    assert!(told(&output).contains("--upstream-key"));
    assert!(!desk.path("out").exists());
}

#[test]
fn an_unpacked_imagebuilder_is_built_with_and_not_changed() {
    let desk = Desk::new();
    let file = format!("file://{}", upstream().display());
    let unsigned = ["--upstream", &file, "--unsigned-upstream"];
    desk.built(&desk.run("23.05.5", &unsigned));
    let trees = desk.path("data/builder/imagebuilders");
    let mut entries = trees.read_dir().unwrap().map(|entry| entry.unwrap().path());
    let tree = entries.next().unwrap().join("tree");
    let own = desk.path("own");
    std::fs::rename(tree, &own).unwrap();
    let listing = || {
        let mut find = Command::new("find");
        find.arg(&own)
            .args(["-type", "f", "-printf", "%p %s %T@\n"]);
        find.output().unwrap().stdout
    };
    let before = listing();
    let given = ["--upstream", &file, "--imagebuilder", own.to_str().unwrap()];
    let answer = desk.built(&desk.run("23.05.5", &given));
    assert_eq!(answer["version_number"], "23.05.5");
    assert_eq!(listing(), before);

    let other = failed(&desk.run("24.10.2", &given));
    assert_eq!(other["cause"], "imagebuilder", "{other}");
}

/// The mirror over HTTP, until it is told to stop.
fn served() -> (String, tokio::runtime::Runtime) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0");
    let listener = runtime.block_on(listener).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let files = tower_http::services::ServeDir::new(upstream());
    let router = axum::Router::new().fallback_service(files);
    runtime.spawn(async move { axum::serve(listener, router).await });
    (url, runtime)
}

#[test]
fn packages_of_former_builds_are_enough_while_the_mirror_is_down() {
    let desk = Desk::new();
    let (url, mirror) = served();
    let key = upstream().join("key.pub");
    let from = ["--upstream", &url, "--upstream-key", key.to_str().unwrap()];
    desk.built(&desk.run("24.10.2", &[&from[..], &["--packages", "htop"]].concat()));
    let kept = desk.path("data/builder/packages/bodies");
    assert!(kept.read_dir().unwrap().count() > 20);
    // A running server knows its ImageBuilders; this command asks for them each time.
    let trees = desk.path("data/builder/imagebuilders");
    let kept = trees.read_dir().unwrap().next().unwrap().unwrap();
    let tree = kept.path().join("tree");
    let with_tree = [&from[..], &["--imagebuilder", tree.to_str().unwrap()]].concat();

    mirror.shutdown_background();
    let fewer = ["--packages", "-ppp -ppp-mod-pppoe"];
    let answer = desk.built(&desk.run("24.10.2", &[&with_tree[..], &fewer].concat()));
    assert!(!answer["manifest"].as_object().unwrap().contains_key("ppp"));
    let more = ["--packages", "wireguard-tools"];
    let output = desk.run("24.10.2", &[&with_tree[..], &more].concat());
    let failed = failed(&output);
    assert_eq!(failed["cause"], "upstream", "{failed}");
    assert!(told(&output).contains("as it was last seen"));
}

/// A machine without user namespaces, as far as the program can tell.
fn without_namespaces(desk: &Desk, more: &[&str]) -> Output {
    let forbid = "for kind in user mnt; do echo 0 > /proc/sys/user/max_${kind}_namespaces; done; exec \"$@\"";
    let upstream = upstream().to_str().unwrap();
    Command::new("unshare")
        .args(["--user", "--map-root-user", "sh", "-c", forbid, "sh"])
        .arg(env!("CARGO_BIN_EXE_asu-server"))
        .args(["build", "--version", "24.10.2", "--target", "x86/64"])
        .args(["--profile", "generic", "--upstream", upstream])
        .args(["--unsigned-upstream", "--data"])
        .arg(desk.path("data"))
        .arg("--out")
        .arg(desk.path("out"))
        .args(more)
        .output()
        .unwrap()
}

#[test]
fn without_a_sandbox_nothing_is_built_unless_it_is_said_so() {
    let desk = Desk::new();
    let refused = without_namespaces(&desk, &[]);
    assert_eq!(refused.status.code(), Some(1));
    let said = told(&refused);
    for word in ["namespace", "max_user_namespaces", "--sandbox=none"] {
        assert!(said.contains(word), "{word}: {said}");
    }
    assert!(!desk.path("out").exists());
    let built = without_namespaces(&desk, &["--sandbox", "none"]);
    desk.built(&built);
    assert!(told(&built).contains("not confined"));
}

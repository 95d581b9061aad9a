//! A mirror in this process: one release, one target, and the builder's own small ImageBuilder.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use axum::Router;
use axum::http::{StatusCode, Uri};
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::PATIENCE;

const FOLDER: &str = "releases/24.10.2/targets/ath79/generic";
const TOP: &str = "openwrt-imagebuilder-24.10.2-ath79-generic.Linux-x86_64";

/// The mirror, as long as this lives.
pub(crate) struct Mirror {
    folder: TempDir,
    pub(crate) url: String,
}

impl Mirror {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let folder = tempfile::tempdir().unwrap();
        let files = folder.path().to_owned();
        let router = Router::new().fallback(move |uri: Uri| answer(files, uri));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let mirror = Self { folder, url };
        mirror.write();
        mirror
    }

    /// Lets the builds that wait go on.
    pub(crate) fn open_the_gate(&self) {
        std::fs::write(self.gate(), "").unwrap();
    }

    /// Returns when so many builds have come to the gate so far.
    pub(crate) async fn reached(&self, builds: usize) {
        let reached = self.folder.path().join("gate.reached");
        let waiting = async {
            let count = || std::fs::read_to_string(&reached).map_or(0, |text| text.lines().count());
            while count() < builds {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, waiting).await;
        waited.expect("a build that waits");
    }

    fn gate(&self) -> PathBuf {
        self.folder.path().join("gate")
    }

    fn write(&self) {
        let root = self.folder.path();
        let target = root.join(FOLDER);
        std::fs::create_dir_all(&target).unwrap();
        let write = |path: &Path, text: &str| std::fs::write(path, text).unwrap();
        write(
            &root.join(".versions.json"),
            r#"{"stable_version":"24.10.2","versions_list":["24.10.2"]}"#,
        );
        write(
            &root.join("releases/24.10.2/.targets.json"),
            r#"{"ath79/generic":"mips_24kc"}"#,
        );
        write(
            &target.join("profiles.json"),
            r#"{"arch_packages":"mips_24kc","default_packages":["base-files"],"metadata_version":1,
            "profiles":{"tplink_archer-c7-v5":{"device_packages":["kmod-usb2"],"images":[],
            "supported_devices":["tplink,archer-c7-v5"],"titles":[]}},"source_date_epoch":1750000000,
            "target":"ath79/generic","version_code":"r28739-d9340319c6","version_number":"24.10.2"}"#,
        );
        self.pack(&target);
    }

    fn pack(&self, target: &Path) {
        let made = tempfile::tempdir().unwrap();
        let builder = made.path().join(TOP);
        std::fs::create_dir_all(builder.join("keys")).unwrap();
        let gate = format!("gate {}\n", self.gate().display());
        for (name, text) in [
            (
                "Makefile",
                include_str!("../../../builder/tests/it/imagebuilder/Makefile"),
            ),
            (
                "resolve.sh",
                include_str!("../../../builder/tests/it/imagebuilder/resolve.sh"),
            ),
            (
                "assemble.sh",
                include_str!("../../../builder/tests/it/imagebuilder/assemble.sh"),
            ),
            ("repositories.conf", "src imagebuilder file:packages\n"),
            ("rules.mk", &gate),
        ] {
            std::fs::write(builder.join(name), text).unwrap();
        }
        let pack =
            format!("tar -caf {TOP}.tar.zst -C \"$0\" {TOP} && sha256sum *.zst > sha256sums");
        let mut shell = Command::new("sh");
        shell.args(["-c", &pack]).arg(made.path());
        assert!(shell.current_dir(target).status().unwrap().success());
    }
}

async fn answer(folder: PathBuf, uri: Uri) -> Result<Vec<u8>, StatusCode> {
    let file = folder.join(uri.path().trim_start_matches('/'));
    tokio::fs::read(file)
        .await
        .map_err(|_| StatusCode::NOT_FOUND)
}

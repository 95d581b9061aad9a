//! A mirror in this process, with one signed ImageBuilder, and a builder that uses it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use asu_builder::usign::PublicKey;
use asu_builder::{
    BuildError, BuildOutput, Builder, BuilderConfig, PackageConfig, Sandbox, SandboxLimits, Trust,
};
use asu_protocol::build::BuildRequest;
use asu_protocol::profiles::TargetProfiles;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// The folder of the one target there is.
pub(crate) const FOLDER: &str = "releases/24.10.2/targets/ath79/generic";
const TOP: &str = "openwrt-imagebuilder-24.10.2-ath79-generic.Linux-x86_64";

#[derive(Default)]
struct Shared {
    files: BTreeMap<String, Vec<u8>>,
    log: Vec<String>,
}

/// A mirror, and a folder for builders and images.
pub(crate) struct Mirror {
    shared: Arc<Mutex<Shared>>,
    pub(crate) url: String,
    pub(crate) folder: TempDir,
    key: SigningKey,
}

impl Mirror {
    /// A mirror whose ImageBuilder is compressed as `kind`, `xz` or `zst`.
    pub(crate) async fn start(kind: &str) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Mutex::new(Shared::default()));
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let folder = tempfile::tempdir().unwrap();
        let mirror = Self {
            shared,
            url,
            folder,
            key: SigningKey::from_bytes(&[7; 32]),
        };
        mirror.publish(kind);
        mirror
    }

    fn publish(&self, kind: &str) {
        let archive = self.archive(kind);
        let sums = format!(
            "{} *{TOP}.tar.{kind}\n",
            hex::encode(Sha256::digest(&archive))
        );
        self.put(&format!("{FOLDER}/{TOP}.tar.{kind}"), archive);
        self.put(
            &format!("{FOLDER}/sha256sums.sig"),
            usign(&self.key, self.key.sign(sums.as_bytes()).to_bytes()),
        );
        self.put(&format!("{FOLDER}/sha256sums"), sums);
    }

    fn archive(&self, kind: &str) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        let mut add = |name: &str, text: &str| {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(0o644);
            tar.append_data(&mut header, format!("{TOP}/{name}"), text.as_bytes())
                .unwrap();
        };
        add("Makefile", include_str!("imagebuilder/Makefile"));
        add("resolve.sh", include_str!("imagebuilder/resolve.sh"));
        add("fetch.sh", include_str!("imagebuilder/fetch.sh"));
        add("hostile.sh", include_str!("imagebuilder/hostile.sh"));
        add("assemble.sh", include_str!("imagebuilder/assemble.sh"));
        add(
            "rules.mk",
            &format!(
                "# \nsleep {}\nmirror {}\nfolder {}\n",
                self.patience(),
                self.url.rsplit(':').next().unwrap(),
                self.folder.path().display()
            ),
        );
        let core = "src/gz openwrt_core https://downloads.openwrt.org/releases/24.10.2/packages";
        let tail = "src imagebuilder file:packages\noption check_signature\n";
        add("repositories.conf", &format!("{core}\n{tail}"));
        add(
            "keys/0123456789abcdef",
            "untrusted comment: upstream's own\n",
        );
        let tar = tar.into_inner().unwrap();
        match kind {
            "xz" => liblzma::encode_all(&tar[..], 1).unwrap(),
            _ => zstd::encode_all(&tar[..], 1).unwrap(),
        }
    }

    /// How many seconds the package `slow` sleeps: another time for each mirror, by its port.
    pub(crate) fn patience(&self) -> String {
        format!("77.{}", self.url.rsplit(':').next().unwrap())
    }

    pub(crate) fn put(&self, path: &str, body: impl AsRef<[u8]>) {
        self.shared
            .lock()
            .unwrap()
            .files
            .insert(path.to_owned(), body.as_ref().to_vec());
    }

    /// Removes every file whose path ends so.
    pub(crate) fn remove(&self, end: &str) {
        self.shared
            .lock()
            .unwrap()
            .files
            .retain(|path, _| !path.ends_with(end));
    }

    /// Changes one byte in the middle of every file whose path contains this.
    pub(crate) fn damage(&self, part: &str) {
        for (path, body) in &mut self.shared.lock().unwrap().files {
            if path.contains(part) {
                let middle = body.len() / 2;
                body[middle] ^= 1;
            }
        }
    }

    /// How often a file whose path contains this was asked for.
    pub(crate) fn asked(&self, part: &str) -> usize {
        self.shared
            .lock()
            .unwrap()
            .log
            .iter()
            .filter(|path| path.contains(part))
            .count()
    }

    /// The signature of a text by the mirror's key.
    pub(crate) fn sign(&self, text: &[u8]) -> Vec<u8> {
        usign(&self.key, self.key.sign(text).to_bytes())
    }

    pub(crate) fn public_key(&self) -> PublicKey {
        String::from_utf8(usign(&self.key, self.key.verifying_key().to_bytes()))
            .unwrap()
            .parse()
            .unwrap()
    }

    pub(crate) fn dir(&self) -> PathBuf {
        self.folder.path().join("builder")
    }

    pub(crate) fn config(&self) -> BuilderConfig {
        BuilderConfig {
            upstream: format!("{}/", self.url),
            dir: self.dir(),
            trust: Trust::Keys(vec![self.public_key()]),
            time_limit: Duration::from_mins(1),
            imagebuilder: None,
            sandbox: Some(sandbox()),
            packages: PackageConfig::default(),
        }
    }

    pub(crate) fn builder(&self) -> Builder {
        Builder::new(self.config()).unwrap()
    }

    pub(crate) fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    /// Builds a request with `more` JSON fields.
    pub(crate) async fn build(
        &self,
        builder: &Builder,
        more: &str,
    ) -> Result<BuildOutput, BuildError> {
        builder
            .build(&request(more), &profiles(), &|_| (), &self.out())
            .await
    }

    pub(crate) async fn failure(&self, builder: &Builder, more: &str) -> BuildError {
        self.build(builder, more).await.unwrap_err()
    }
}

async fn answer(State(shared): State<Arc<Mutex<Shared>>>, uri: Uri) -> Result<Vec<u8>, StatusCode> {
    let path = uri.path().trim_start_matches('/').to_owned();
    // Long enough for simultaneous downloads to overlap.
    tokio::time::sleep(Duration::from_millis(20)).await;
    let mut shared = shared.lock().unwrap();
    shared.log.push(path.clone());
    shared
        .files
        .get(&path)
        .cloned()
        .ok_or(StatusCode::NOT_FOUND)
}

fn usign<const N: usize>(key: &SigningKey, payload: [u8; N]) -> Vec<u8> {
    let number = &key.verifying_key().to_bytes()[..8];
    let bytes = [b"Ed", number, &payload].concat();
    format!("untrusted comment: test\n{}\n", STANDARD.encode(bytes)).into_bytes()
}

/// As a server confines its builds.
pub(crate) fn sandbox() -> Sandbox {
    Sandbox {
        helper: vec![env!("CARGO_BIN_EXE_asu-sandbox").into()],
        limits: SandboxLimits::default(),
    }
}

pub(crate) fn request(more: &str) -> BuildRequest {
    let text = format!(
        r#"{{"version":"24.10.2","target":"ath79/generic","profile":"tplink_archer-c7-v5"{more}}}"#
    );
    serde_json::from_str(&text).unwrap()
}

pub(crate) fn profiles() -> TargetProfiles {
    let text = r#"{"arch_packages":"mips_24kc","profiles":{},"target":"ath79/generic",
        "version_code":"r28739-d9340319c6","version_number":"24.10.2"}"#;
    serde_json::from_str(text).unwrap()
}

/// Every file below `folder`, with its bytes.
pub(crate) fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), std::fs::read(path).unwrap());
        }
    }
    found
}

/// Waits until `condition` holds.
pub(crate) async fn eventually(condition: impl Fn() -> bool) {
    for _ in 0..500 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not happen within five seconds");
}

//! A mirror in this process, with one signed ImageBuilder, and a builder that uses it.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use asu_builder::usign::PublicKey;
use asu_builder::{
    BuildError, BuildOutput, Builder, BuilderConfig, DiskLimits, PackageConfig, Sandbox,
    SandboxLimits, Trust,
};
use asu_protocol::build::BuildRequest;
use asu_protocol::profiles::TargetProfiles;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer, SigningKey};
use futures_util::{StreamExt, stream};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// The folder of the one target there is.
pub(crate) const FOLDER: &str = "releases/24.10.2/targets/ath79/generic";
const TOP: &str = "openwrt-imagebuilder-24.10.2-ath79-generic.Linux-x86_64";

#[derive(Default)]
struct Shared {
    files: BTreeMap<String, Vec<u8>>,
    log: Vec<String>,
    manner: Manner,
}

/// How archives are sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Manner {
    /// Whether parts can be asked for.
    pub(crate) parts: bool,
    /// After how many bytes the next connections break.
    pub(crate) cuts: VecDeque<usize>,
    /// The pause after each 16 KiB.
    pub(crate) pause: Duration,
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
        mirror.publish(kind, 0);
        mirror
    }

    /// Another ImageBuilder in place of the one before, with so many files of 8 KiB that cannot be
    /// compressed; gives the archive's digest.
    pub(crate) fn publish(&self, kind: &str, ballast: u32) -> String {
        let archive = self.archive(kind, ballast);
        let sha256 = hex::encode(Sha256::digest(&archive));
        let sums = format!("{sha256} *{TOP}.tar.{kind}\n");
        self.put(&format!("{FOLDER}/{TOP}.tar.{kind}"), archive);
        self.put(
            &format!("{FOLDER}/sha256sums.sig"),
            usign(&self.key, self.key.sign(sums.as_bytes()).to_bytes()),
        );
        self.put(&format!("{FOLDER}/sha256sums"), sums);
        sha256
    }

    /// How archives are sent from now on.
    pub(crate) fn set(&self, manner: Manner) {
        self.shared.lock().unwrap().manner = manner;
    }

    /// From which byte on archives were asked for, in that order.
    pub(crate) fn begins(&self) -> Vec<usize> {
        let shared = self.shared.lock().unwrap();
        let begins = shared
            .log
            .iter()
            .filter_map(|path| path.split_once(".tar."));
        let begin = |(_, rest): (&str, &str)| rest.split_once('@').unwrap().1.parse().unwrap();
        begins.map(begin).collect()
    }

    /// The archive.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let shared = self.shared.lock().unwrap();
        shared.files[&archive_path(&shared)].clone()
    }

    /// Where the archive is.
    pub(crate) fn archive_path(&self) -> String {
        archive_path(&self.shared.lock().unwrap())
    }

    fn archive(&self, kind: &str, ballast: u32) -> Vec<u8> {
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
        for number in 0..ballast {
            let seed = Sha256::digest(number.to_be_bytes());
            let mut text = hex::encode(seed);
            while text.len() < 8192 {
                text.push_str(&hex::encode(Sha256::digest(&text)));
            }
            add(&format!("ballast/{number}"), &text);
        }
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
            trust: keys([self.public_key()]),
            time_limit: Duration::from_mins(1),
            imagebuilder: None,
            disk: DiskLimits::default(),
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

/// Trust in these keys.
pub(crate) fn keys(usign: impl IntoIterator<Item = PublicKey>) -> Trust {
    Trust::Keys {
        usign: usign.into_iter().collect(),
        openpgp: Vec::new(),
    }
}

fn archive_path(shared: &Shared) -> String {
    let mut paths = shared.files.keys();
    paths.find(|path| path.contains(".tar.")).unwrap().clone()
}

async fn answer(
    State(shared): State<Arc<Mutex<Shared>>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let path = uri.path().trim_start_matches('/').to_owned();
    // Long enough for simultaneous downloads to overlap.
    tokio::time::sleep(Duration::from_millis(20)).await;
    let mut shared = shared.lock().unwrap();
    let is_archive = path.contains(".tar.");
    let parts = shared.manner.parts && is_archive;
    let range = headers.get(header::RANGE).filter(|_| parts);
    let begin = range.map(|range| range.to_str().unwrap()[6..].trim_end_matches('-'));
    let begin: Option<usize> = begin.map(|begin| begin.parse().unwrap());
    let suffix = format!("@{}", begin.unwrap_or(0));
    shared
        .log
        .push(path.clone() + if is_archive { &suffix } else { "" });
    let Some(file) = shared.files.get(&path).cloned() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if !is_archive {
        return file.into_response();
    }
    let cut = shared.manner.cuts.pop_front();
    let size = file.len();
    match begin {
        Some(begin) if begin >= size => StatusCode::RANGE_NOT_SATISFIABLE.into_response(),
        Some(begin) => {
            let range = format!("bytes {begin}-{}/{size}", size - 1);
            let body = body(&file[begin..], cut, shared.manner.pause);
            let length = (header::CONTENT_LENGTH, (size - begin).to_string());
            let headers = [length, (header::CONTENT_RANGE, range)];
            (StatusCode::PARTIAL_CONTENT, headers, body).into_response()
        }
        None => {
            let body = body(&file, cut, shared.manner.pause);
            ([(header::CONTENT_LENGTH, size.to_string())], body).into_response()
        }
    }
}

/// A body that breaks after `cut` bytes.
fn body(bytes: &[u8], cut: Option<usize>, pause: Duration) -> Body {
    let sent = &bytes[..cut.unwrap_or(bytes.len()).min(bytes.len())];
    let chunks = sent
        .chunks(16 << 10)
        .map(|chunk| Ok(Bytes::copy_from_slice(chunk)));
    let end = cut.map(|_| Err(std::io::Error::other("broken")));
    let chunks: Vec<_> = chunks.chain(end).collect();
    Body::from_stream(stream::iter(chunks).then(move |chunk| async move {
        tokio::time::sleep(pause).await;
        chunk
    }))
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

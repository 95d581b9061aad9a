//! Builds with an ImageBuilder of apk, from the test mirror's 25.12.1.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use asu_builder::{BuildError, BuildOutput, Builder, BuilderConfig, DiskLimits, PackageConfig};
use asu_protocol::build::BuildRequest;
use asu_protocol::profiles::TargetProfiles;
use asu_test_adb::package::Node;
use asu_test_adb::{Contents, Index, Key, Package};
use asu_test_upstream::mirror;
use asu_test_upstream::mirror::imagebuilder::HostTool;
use asu_test_upstream::serve;
use axum::routing::get;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::mirror::{keys, sandbox};

const VERSION: &str = "25.12.1";
/// The index of a feed that every build needs.
const BASE: &str = "/releases/25.12.1/packages/mips_24kc/base/packages.adb";

/// The mirror's folder, written once for all tests.
fn upstream() -> &'static Path {
    static WRITTEN: OnceLock<PathBuf> = OnceLock::new();
    WRITTEN.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("apk-mirror");
        let tool = HostTool::built().unwrap();
        mirror::write(&folder, &[VERSION.to_owned()], &tool).unwrap();
        folder
    })
}

/// A server of the mirror, and a folder for a builder and its images.
struct Site {
    url: String,
    folder: TempDir,
}

impl Site {
    async fn start() -> Self {
        Self::with(BTreeMap::new()).await
    }

    /// Some paths are answered with bytes that the mirror has not.
    async fn with(own: BTreeMap<String, Vec<u8>>) -> Self {
        let folder = tokio::task::spawn_blocking(upstream).await.unwrap();
        let mut router = serve::router(folder.to_owned(), &[]);
        for (path, bytes) in own {
            router = router.route(&path, get(|| async move { bytes }));
        }
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let folder = tempfile::tempdir().unwrap();
        Self { url, folder }
    }

    async fn build(&self, more: Value) -> Result<BuildOutput, BuildError> {
        let builder = Builder::new(BuilderConfig {
            upstream: self.url.clone(),
            dir: self.folder.path().join("builder"),
            trust: keys([key()]),
            time_limit: Duration::from_mins(5),
            imagebuilder: None,
            disk: DiskLimits::default(),
            sandbox: Some(sandbox()),
            packages: PackageConfig::default(),
        })
        .unwrap();
        let mut request = json!({"version": VERSION, "target": "ath79/generic", "profile": "tplink_archer-c7-v5"});
        let fields = more.as_object().unwrap().clone();
        request.as_object_mut().unwrap().extend(fields);
        let request: BuildRequest = serde_json::from_value(request).unwrap();
        let out = self.folder.path().join("out");
        builder.build(&request, &profiles(), &|_| (), &out).await
    }

    /// A request for a package of the feed `mine`, on this server.
    fn with_feed(&self, key: &Key) -> Value {
        json!({
            "packages": ["hello"],
            "repositories": {"mine": format!("{}/mine", self.url)},
            "repositories_mode": "append",
            "repository_keys": [key.public_pem()],
        })
    }
}

fn key() -> asu_builder::usign::PublicKey {
    let text = std::fs::read_to_string(upstream().join("key.pub")).unwrap();
    text.parse().unwrap()
}

fn profiles() -> TargetProfiles {
    let path = format!("releases/{VERSION}/targets/ath79/generic/profiles.json");
    serde_json::from_slice(&std::fs::read(upstream().join(path)).unwrap()).unwrap()
}

/// The names of the packages that a request was refused for.
fn refused(error: &BuildError) -> Vec<&str> {
    assert!(matches!(error, BuildError::Request(_)), "{error:?}");
    assert_eq!(error.failure().cause, "package-selection", "{error:?}");
    let packages = error.failure().packages.iter();
    packages.map(|problem| problem.name.as_str()).collect()
}

#[tokio::test]
async fn packages_are_added_and_removed() {
    let site = Site::start().await;
    let packages = json!({"packages": ["htop", "-ppp-mod-pppoe", "-ppp"]});
    let built = site.build(packages).await.unwrap();
    assert_eq!((&*built.version_number, built.images.len()), (VERSION, 2));
    for image in &built.images {
        let bytes = std::fs::read(site.folder.path().join("out").join(&image.name)).unwrap();
        assert_eq!(image.sha256, hex::encode(Sha256::digest(&bytes)));
    }
    assert_eq!(built.manifest["htop"], "3.4.1-r1");
    assert_eq!(built.manifest["libncurses6"], "6.5-r1");
    for name in [
        "base-files",
        "apk-mbedtls",
        "kernel",
        "kmod-usb2",
        "libustream-mbedtls20201210",
    ] {
        assert!(
            built.manifest.contains_key(name),
            "{name} in {:?}",
            built.manifest
        );
    }
    assert!(!built.manifest.keys().any(|name| name.starts_with("ppp")));
    assert!(
        built.stdout.contains(") Installing htop (3.4.1-r1)\n"),
        "{}",
        built.stdout
    );
}

#[tokio::test]
async fn an_unknown_package_is_named() {
    let site = Site::start().await;
    let error = site
        .build(json!({"packages": ["htop", "no-such"]}))
        .await
        .unwrap_err();
    assert_eq!(refused(&error), ["no-such"]);
    assert!(
        !error.failure().stdout.contains("Installing htop"),
        "{error:?}"
    );
    let left = std::fs::read_dir(site.folder.path().join("out")).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, [asu_builder::BUILD_LOG]);
}

#[tokio::test]
async fn packages_that_exclude_each_other_are_named() {
    let site = Site::start().await;
    let error = site
        .build(json!({"packages": ["wpad-mbedtls"]}))
        .await
        .unwrap_err();
    assert_eq!(refused(&error), ["wpad-basic-mbedtls", "wpad-mbedtls"]);
    let detail =
        "Error: Impossible package selection: conflicts (wpad-basic-mbedtls, wpad-mbedtls)";
    assert_eq!(error.failure().detail, detail);
}

#[tokio::test]
async fn an_index_of_somebody_else_is_not_the_requests_fault() {
    let index = Index::default().file(&[&Key::of("somebody else")]).unwrap();
    let site = Site::with([(BASE.to_owned(), index)].into()).await;
    let error = site.build(json!({})).await.unwrap_err();
    assert!(matches!(error, BuildError::Infrastructure(_)), "{error:?}");
    assert_eq!(error.failure().cause, "untrusted");
    let index = format!("{BASE} has no signature that is trusted");
    assert!(error.failure().detail.contains(&index), "{error:?}");
}

/// A feed `mine` with the package `hello`.
fn feed(key: &Key) -> BTreeMap<String, Vec<u8>> {
    let hello = Contents {
        info: Package {
            name: "hello".to_owned(),
            version: "1.0-r1".to_owned(),
            arch: "noarch".to_owned(),
            depends: vec!["libc".to_owned()],
            ..Package::default()
        },
        nodes: [(
            "usr/bin/hello".to_owned(),
            Node::File(b"hello\n".to_vec(), 0o755),
        )]
        .into(),
        ..Contents::default()
    };
    let hello = hello.write().unwrap();
    let index = Index {
        packages: vec![hello.entry],
        ..Index::default()
    };
    [
        ("/mine/hello-1.0-r1.apk".to_owned(), hello.bytes),
        ("/mine/packages.adb".to_owned(), index.file(&[key]).unwrap()),
    ]
    .into()
}

#[tokio::test]
async fn a_requests_feed_is_believed_with_its_key_only() {
    let (mine, other) = (Key::of("mine"), Key::of("other"));
    let site = Site::with(feed(&mine)).await;
    let built = site.build(site.with_feed(&mine)).await.unwrap();
    assert_eq!(built.manifest["hello"], "1.0-r1");

    let error = site.build(site.with_feed(&other)).await.unwrap_err();
    assert_eq!(error.failure().cause, "untrusted", "{error:?}");
    let index = "/mine/packages.adb has no signature that is trusted";
    assert!(error.failure().detail.contains(index), "{error:?}");
    assert!(error.failure().hint.contains("repository_keys"));
}

#[tokio::test]
async fn files_that_are_gone_or_were_changed_are_no_fault_of_the_request() {
    let mine = Key::of("mine");
    let whole = feed(&mine);
    let (package, index) = ("/mine/hello-1.0-r1.apk", "/mine/packages.adb");
    let mut changed = whole.clone();
    let other = Contents::default().write().unwrap();
    changed.insert(package.to_owned(), other.bytes);
    let without = |path: &str| {
        let mut files = whole.clone();
        files.remove(path);
        files
    };
    for (files, said) in [
        (without(index), "/mine/packages.adb: HTTP 404: Not Found"),
        (without(package), "ERROR: hello-1.0-r1: HTTP 404: Not Found"),
        (changed, "ERROR: hello-1.0-r1: HTTP 502: Bad Gateway"),
    ] {
        let site = Site::with(files).await;
        let error = site.build(site.with_feed(&mine)).await.unwrap_err();
        assert!(matches!(error, BuildError::Infrastructure(_)), "{error:?}");
        assert_eq!(error.failure().cause, "upstream", "{error:?}");
        assert!(error.failure().stderr.contains(said), "{said}: {error:?}");
    }
}

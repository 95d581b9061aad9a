//! owut, as of April 2026: its requests in its order, and everything it reads of the answers.

use std::time::Duration;

use serde_json::Value;

use crate::contents::REVISION;
use crate::uclient::{Reply, Uclient};
use crate::{Stage, assert_fields, sha256};

const AGENT: &str = "owut/2026.04.09";

/// What owut sends, in its order of keys.
fn blob(version_code: &str, packages: &str) -> String {
    format!(
        "{{ \"client\": \"{AGENT}\", \"target\": \"ath79/generic\", \"profile\": \"tplink_archer-c7-v5\", \
         \"version\": \"24.10.2\", \"version_code\": \"{version_code}\", \"filesystem\": \"squashfs\", \
         \"diff_packages\": true, {packages} }}"
    )
}

const VERSIONS: &str = r#""packages_versions": { "base-files": "1.0-1", "dropbear": "1.0-1", "kmod-usb2": "1.0-1", "luci": "1.0-1", "owut": "1.0-1", "ppp": "1.0-1" }"#;

/// Asks for a build as owut does: a `POST`, then `HEAD` as long as that is 202, then one `GET`.
async fn build(owut: &Uclient, blob: &str) -> Reply {
    let asked = owut.post("/api/v1/build", blob).await;
    if asked.status != 202 {
        return asked;
    }
    let first = asked.json();
    // Shown as "Status: queued - 0 ahead of you" or "Status: started - building_image".
    match first["detail"].as_str().unwrap() {
        "queued" => assert_fields(&first, &["queue_position"], Value::is_u64),
        "started" => assert_fields(&first, &["imagebuilder_status"], Value::is_string),
        other => panic!("{other}"),
    }
    // The hash is put into the address of all later questions.
    let hash = first["request_hash"].as_str().unwrap();
    let status = format!("/api/v1/build/{hash}");
    for _ in 0..600 {
        let head = owut.head(&status).await;
        // 405 would make it use GET for ever after.
        assert_ne!(head.status, 405);
        if head.status != 202 {
            return owut.get(&status).await;
        }
        // The two headers stand in for a body: one is the text shown, the other a number.
        assert!(!head.header("x-imagebuilder-status").is_empty());
        let _: u32 = head.header("x-queue-position").parse().unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the build never ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn owut_checks_builds_and_downloads() {
    let stage = Stage::open().await;
    let owut = Uclient::new(&stage.server, AGENT);

    // The overview: only 200 will do.
    let overview = owut.get("/json/v1/overview.json").await;
    assert_eq!(overview.status, 200);
    let overview = overview.json();
    let limits = ["max_custom_rootfs_size_mb", "max_defaults_length"];
    assert_fields(&overview["server"], &limits, Value::is_u64);
    // Branches that are off or without targets are skipped; the rest is read like this.
    for branch in overview["branches"].as_object().unwrap().values() {
        assert_fields(branch, &["enabled"], Value::is_boolean);
        assert_fields(branch, &["targets"], Value::is_object);
        assert_fields(branch, &["versions", "package_changes"], Value::is_array);
        for change in branch["package_changes"].as_array().unwrap() {
            assert_fields(change, &["source"], Value::is_string);
            assert_fields(change, &["revision"], Value::is_u64);
        }
    }
    let branch = &overview["branches"]["24.10"];
    let dir = branch["path"].as_str().unwrap();
    let dir = dir.replace("{version}", "24.10.2");
    assert_eq!(dir, "releases/24.10.2");

    // The device's facts come from the mirror itself, whose address the overview tells.
    let upstream = overview["upstream_url"].as_str().unwrap();
    assert_eq!(upstream, stage.mirror.url());

    // Two package lists, laid over each other: names and versions.
    let arch = format!("/json/v1/{dir}/packages/mips_24kc-index.json");
    let mut available = owut.document(arch).await;
    let target = format!("/json/v1/{dir}/targets/ath79/generic/index.json");
    let target = owut.document(target).await;
    let own = target["packages"].as_object().unwrap().clone();
    available.as_object_mut().unwrap().extend(own);
    let wanted = ["base-files", "dropbear", "kmod-usb2", "luci", "owut", "ppp"];
    assert_fields(&available, &wanted, |version| version == "1.0-1");

    let built = build(&owut, &blob(REVISION, VERSIONS)).await;
    assert_eq!(built.status, 200);
    let built = built.json();
    // The revision asked for is read from the request in the answer, and compared.
    assert_eq!(built["request"]["version_code"], built["version_code"]);
    assert_fields(&built, &["build_at", "version_number"], Value::is_string);
    assert_fields(&built, &["build_cmd", "images"], Value::is_array);
    // Every package must be in the manifest, in the version the lists told.
    assert_fields(&built["manifest"], &wanted, |version| version == "1.0-1");

    // The image is chosen by file system and type, and its sum saved for busybox to check.
    let images = built["images"].as_array().unwrap();
    let fits = |image: &&Value| image["filesystem"] == "squashfs" && image["type"] == "sysupgrade";
    let image = images.iter().find(fits).unwrap();
    let (folder, name) = (
        built["bin_dir"].as_str().unwrap(),
        image["name"].as_str().unwrap(),
    );
    let file = owut.get(&format!("/store/{folder}/{name}")).await;
    assert_eq!(file.status, 200);
    assert_eq!(image["sha256"], sha256(&file.body));
    // The progress shown is of this many bytes.
    assert_eq!(file.header("content-length"), image["size"].to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn owut_shows_why_there_is_no_image() {
    let stage = Stage::open().await;
    let owut = Uclient::new(&stage.server, AGENT);
    let detail = |reply: Reply| {
        let told = reply.json();
        assert_eq!(told["status"], reply.status);
        told["detail"].as_str().unwrap().to_owned()
    };
    // A server that lags behind the mirror: owut tells to wait and try again.
    let outdated = build(&owut, &blob("r1-abc", VERSIONS)).await;
    assert_eq!(outdated.status, 500);
    assert_fields(&outdated.json(), &["stdout", "stderr"], Value::is_string);
    assert!(detail(outdated).contains("Received incorrect version"));

    // Where a version is not known, it sends names only.
    let absent = build(&owut, &blob("", r#""packages": [ "luci", "no-such" ]"#)).await;
    assert_eq!(absent.status, 500);
    let log = absent.json()["stderr"].as_str().unwrap().to_owned();
    assert!(log.contains("no-such"), "{log}");
    assert!(detail(absent).contains("no-such"));

    let old = blob("", VERSIONS).replace("24.10.2", "24.10.9");
    let old = build(&owut, &old).await;
    assert_eq!(old.status, 400);
    assert_eq!(detail(old), "Unsupported version: 24.10.9");
}

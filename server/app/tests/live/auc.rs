//! auc 0.3.2, the C client of 21.02 to 23.05: its requests in its order, and what it insists on.

use std::time::Duration;

use serde_json::{Value, json};

use crate::contents::REVISION;
use crate::uclient::Uclient;
use crate::{Stage, assert_fields, sha256};

const AGENT: &str = "auc (0.3.2)";

/// Its replies are parsed by tables of names and types; what has another type is not there for it.
fn is_int(value: &Value) -> bool {
    value.as_i64().is_some_and(|int| i32::try_from(int).is_ok())
}

/// `slash` is what the server's URL in the router's settings ends with.
async fn upgrades(slash: &str) {
    let stage = Stage::open().await;
    let auc = Uclient::new(&stage.server, AGENT);

    // A branch that lacks one of these is skipped without a word.
    let branches = auc.get(&format!("{slash}/json/v1/branches.json")).await;
    assert_eq!(branches.status, 200);
    let branches = branches.json();
    let branch = branches.as_array().unwrap().iter();
    let branch = branch
        .clone()
        .find(|branch| branch["name"] == "24.10")
        .unwrap();
    assert_fields(branch, &["enabled"], |on| on == true);
    assert_fields(branch, &["name", "path", "path_packages"], Value::is_string);
    assert_fields(branch, &["versions"], Value::is_array);
    let arch = branch["targets"]["ath79/generic"].as_str().unwrap();

    // Each version is asked for the board; it counts only if all of this is right.
    let mut newest = None;
    for version in branch["versions"].as_array().unwrap().iter().rev() {
        let path = branch["path"].as_str().unwrap();
        let path = path.replace("{version}", version.as_str().unwrap());
        let board = "tplink,archer-c7-v5".replace(',', "_");
        let board = format!("{slash}/json/v1/{path}/targets/ath79/generic/{board}.json");
        let board = auc.get(&board).await.json();
        assert_fields(&board, &["metadata_version"], |it| it == 1);
        assert_fields(&board, &["arch_packages"], |it| it == arch);
        assert_fields(&board, &["target"], |it| it == "ath79/generic");
        assert_fields(&board, &["images"], Value::is_array);
        assert_fields(
            &board,
            &["version_code", "version_number"],
            Value::is_string,
        );
        newest = Some((path, version.clone()));
    }
    let (path, version) = newest.unwrap();
    assert_eq!(version, "24.10.3");

    // A list of another architecture is an error.
    let index = format!("{slash}/json/v1/{path}/targets/ath79/generic/index.json");
    let index = auc.document(index).await;
    assert_eq!(index["architecture"], arch);
    assert_fields(&index["packages"], &["base-files"], Value::is_string);
    let feeds = format!("{slash}/json/v1/{path}/packages/{arch}-index.json");
    assert_fields(
        &auc.document(feeds).await,
        &["luci", "auc"],
        Value::is_string,
    );

    let wish = json!({
        "version": version, "version_code": REVISION, "target": "ath79/generic",
        "profile": "tplink_archer-c7-v5", "diff_packages": true,
        "packages_versions": {"base-files": "1.0-1", "luci": "1.0-1", "auc": "1.0-1"},
    });
    let asked = format!("{slash}/api/v1/build");
    let mut reply = auc.post(&asked, &wish.to_string()).await;
    // 202 is what makes it ask again; `status` must not be a text, or it would be believed.
    while reply.status == 202 {
        let told = reply.json();
        assert!(!told["status"].is_string());
        assert!(told.get("queue_position").is_none_or(is_int), "{told}");
        let hash = told["request_hash"].as_str().unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        reply = auc.get(&format!("{asked}/{hash}")).await;
    }
    assert_eq!(reply.status, 200);
    let built = reply.json();
    let image = &built["images"][0];
    assert_fields(
        image,
        &["filesystem", "name", "sha256", "type"],
        Value::is_string,
    );
    assert_eq!(
        (&image["filesystem"], &image["type"]),
        (&json!("squashfs"), &json!("sysupgrade"))
    );

    // The length is compared with the file's size, then the sum with busybox's.
    let (folder, name) = (
        built["bin_dir"].as_str().unwrap(),
        image["name"].as_str().unwrap(),
    );
    let file = auc.get(&format!("{slash}/store/{folder}/{name}")).await;
    assert_eq!(file.status, 200);
    assert_eq!(file.header("content-length"), file.body.len().to_string());
    assert_eq!(image["sha256"], sha256(&file.body));
}

#[tokio::test(flavor = "multi_thread")]
async fn auc_upgrades() {
    upgrades("").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn auc_upgrades_where_the_servers_url_ends_with_a_slash() {
    upgrades("/").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn auc_prints_what_went_wrong() {
    let stage = Stage::open().await;
    let auc = Uclient::new(&stage.server, AGENT);
    let wish = json!({
        "version": "24.10.3", "version_code": "r1-0", "target": "ath79/generic",
        "profile": "tplink_archer-c7-v5", "diff_packages": true, "packages_versions": {"luci": "1.0-1"},
    });
    let asked = auc.post("/api/v1/build", &wish.to_string()).await.json();
    let hash = asked["request_hash"].as_str().unwrap().to_owned();
    stage.server.finished(&hash).await;
    // The body is read for 500 only; of 400 it is not, nor of what it does not know.
    let failed = auc.get(&format!("/api/v1/build/{hash}")).await;
    assert_eq!(failed.status, 500);
    assert_fields(
        &failed.json(),
        &["detail", "stdout", "stderr"],
        Value::is_string,
    );
}

//! Asking for images in the words of 2017.

use std::time::Duration;

use asu_protocol::build::BuildAnswer;
use asu_protocol::profiles::Image;
use asu_store::Claim;

use super::*;

const UPGRADE: &str = "/api/upgrade-request";
const BUILD: &str = "/api/build-request";

fn asked() -> Value {
    json!({"distro": "LEDE", "version": "24.10.2", "target": "ath79", "subtarget": "generic",
        "board": "tplink,archer-c7-v5", "packages": ["tmux"]})
}

fn asked_with(field: &str, value: impl Into<Value>) -> Value {
    let mut asked = asked();
    asked[field] = value.into();
    asked
}

pub(crate) async fn claim(server: &Server) -> Claim {
    let lease = Duration::from_mins(1);
    let claim = server.api.store.claim("w", server.now(), lease).await;
    claim.unwrap().expect("a job to claim")
}

pub(crate) fn built(folder: &str, kind: &str) -> BuildAnswer {
    BuildAnswer {
        status: 200,
        detail: "done".to_owned(),
        bin_dir: folder.to_owned(),
        version_number: "24.10.2".to_owned(),
        version_code: "r28739-d9340319c6".to_owned(),
        manifest: [("tmux".to_owned(), "3.4-r1".to_owned())].into(),
        images: vec![Image {
            name: "image.bin".to_owned(),
            kind: kind.to_owned(),
            filesystem: "squashfs".to_owned(),
            size: Some(10),
            ..Image::default()
        }],
        stdout: "make: done".to_owned(),
        ..BuildAnswer::default()
    }
}

/// Asks for an image and finishes it; the request's hash.
pub(crate) async fn finished(server: &Server, body: &Value, kind: &str) -> String {
    let asked = server.post_to(UPGRADE, body).await;
    assert_eq!(asked.status, 202, "{asked:?}");
    let hash = asked.json()["request_hash"].as_str().unwrap().to_owned();
    let claim = claim(server).await;
    let answer = built(&hash, kind);
    let ended = server.api.store.succeed(&claim, server.now(), &answer);
    ended.await.unwrap();
    store_image(server, &hash).await;
    hash
}

/// Puts the image that [`built`] tells of where it is served from.
pub(crate) async fn store_image(server: &Server, folder: &str) {
    server.store_image(folder, "image.bin", b"0123456789").await;
}

pub(crate) async fn finished_default(server: &Server) -> String {
    finished(server, &asked(), "sysupgrade").await
}

#[tokio::test]
async fn an_upgrade_from_the_request_to_the_file() {
    let server = Server::start().await;
    let first = server.post_to(UPGRADE, &asked()).await;
    assert_eq!(first.status, 202);
    assert_eq!(first.header("x-imagebuilder-status"), "queue");
    assert_eq!(first.header("x-build-queue-position"), "0");
    let hash = first.json()["request_hash"].as_str().unwrap().to_owned();
    assert_eq!(hash.len(), 64);

    let claimed = claim(&server).await;
    let poll = server.get(&format!("{UPGRADE}/{hash}")).await;
    let status = poll.header("x-imagebuilder-status");
    assert_eq!((poll.status.as_u16(), status), (202, "initialize"));
    let store = &server.api.store;
    let told = store.stage(&claimed.lease, server.now(), "building_image");
    told.await.unwrap();
    let poll = server.post_to("/image-request", &asked()).await;
    let status = poll.header("x-imagebuilder-status");
    assert_eq!((poll.status.as_u16(), status), (202, "building"));

    let answer = built(&hash, "sysupgrade");
    store
        .succeed(&claimed, server.now(), &answer)
        .await
        .unwrap();
    let path = format!("{UPGRADE}/{hash}");
    let done = server
        .ask(Method::GET, &path, &[("host", "asu.example:8000")])
        .await;
    assert_eq!(done.status, 200);
    let done = done.json();
    let place = format!("http://asu.example:8000/download/{hash}/image.bin");
    assert_eq!(done["sysupgrade"], place);
    assert_eq!(done["request_hash"], hash);

    let image = done["image_hash"].as_str().unwrap();
    let by_image = server.get(&format!("{UPGRADE}/{image}")).await;
    assert_eq!(by_image.json()["request_hash"], hash);
    let log = server.get(&format!("/api/log/{hash}")).await;
    assert!(String::from_utf8_lossy(&log.bytes).contains("make: done"));
}

#[tokio::test]
async fn both_dialects_ask_for_the_same_job() {
    let server = Server::start().await;
    let old = server.post_to(BUILD, &asked()).await.json();
    let same = json!({"version": "24.10.2", "target": "ath79/generic",
        "profile": "tplink_archer-c7-v5", "packages": ["tmux"]});
    let new = server.post(&same).await.json();
    assert_eq!(new["request_hash"], old["request_hash"]);
    let again = json!({"request_hash": old["request_hash"]});
    assert_eq!(server.post_to(BUILD, &again).await.status, 202);
    assert_eq!(server.pending().await, 1);
}

#[tokio::test]
async fn the_device_is_found_by_board_old_board_or_model() {
    let server = Server::start().await;
    for (field, value) in [
        ("board", "tplink_archer-c7-v5"),
        ("board", "tplink,archer-c7-old"),
        ("model", "tp-link ARCHER C7 v5"),
    ] {
        let mut body = asked_with("board", Value::Null);
        body[field] = json!(value);
        let answer = server.post_to(UPGRADE, &body).await;
        assert_eq!(answer.status, 202, "{value}: {answer:?}");
    }
    assert_eq!(server.pending().await, 1);
}

#[tokio::test]
async fn what_is_not_offered_is_412() {
    let server = Server::start().await;
    for (field, value, error) in [
        ("distro", "dd-wrt", "unknown distribution dd-wrt"),
        ("version", "1.0", "unknown release 1.0"),
        ("target", "z80", "unknown target z80/generic"),
        (
            "board",
            "toaster",
            "unknown device, please check model and board params",
        ),
    ] {
        let answer = server.post_to(UPGRADE, &asked_with(field, value)).await;
        assert_eq!(answer.status, 412, "{field}");
        assert_eq!(answer.json()["error"], error);
    }
    // Another release has it, or the branch said so and the release does not.
    let mut unsupported = asked_with("target", "gone");
    unsupported["subtarget"] = json!("away");
    let answer = server.post_to(UPGRADE, &unsupported).await;
    assert_eq!(answer.status, 412);
    let text = "target currently not supported gone/away";
    assert_eq!(answer.json()["error"], text);
    let query = "distro=openwrt&version=24.10.2&target=gone&subtarget=away&profile=x";
    let listed = server.get(&format!("/api/packages_image?{query}")).await;
    assert_eq!(
        (listed.status.as_u16(), &listed.json()["error"]),
        (412, &json!(text))
    );
    let nameless = asked_with("board", Value::Null);
    assert_eq!(server.post_to(UPGRADE, &nameless).await.status, 412);
}

#[tokio::test]
async fn what_is_not_well_formed_is_400() {
    let server = Server::start().await;
    let torn = Request::post(UPGRADE).body(Body::from("{")).unwrap();
    let torn = server.send(torn).await;
    assert_eq!((torn.status.as_u16(), torn.json()), (400, json!([])));
    let list = server.post_to(UPGRADE, &json!([1])).await;
    assert_eq!((list.status.as_u16(), list.json()), (400, json!([])));
    let placeless = server
        .post_to(UPGRADE, &json!({"version": "24.10.2"}))
        .await;
    assert_eq!(
        (placeless.status.as_u16(), placeless.json()),
        (400, json!({}))
    );
    for (field, value) in [
        ("packages", json!(7)),
        ("version", Value::Null),
        ("network_profile", json!("nobody/knows")),
    ] {
        let answer = server.post_to(UPGRADE, &asked_with(field, value)).await;
        assert_eq!(answer.status, 400, "{field}");
        assert!(answer.json()["error"].is_string());
    }
}

#[tokio::test]
async fn an_unknown_package_is_422_and_named_in_a_header() {
    let server = Server::start().await;
    for name in ["ghost", "gh;ost"] {
        let body = asked_with("packages", json!(["tmux", name]));
        let answer = server.post_to(UPGRADE, &body).await;
        assert_eq!(answer.status, 422);
        assert_eq!(answer.header("x-unknown-package"), name);
        let text = format!("could not find package '{name}' for requested target");
        assert_eq!(answer.json()["error"], text);
    }
    let long = asked_with("packages", json!(["x".repeat(5000)]));
    let answer = server.post_to(UPGRADE, &long).await;
    assert_eq!(answer.status, 422);
    assert!(answer.bytes.len() < 300);
    assert_eq!(server.pending().await, 0);
}

#[tokio::test]
async fn scripts_have_their_own_image_and_limit() {
    let server = Server::start().await;
    let plain = server.post_to(BUILD, &asked()).await.json();
    let with = asked_with("defaults", "uci set x.y=z");
    let with = server.post_to(BUILD, &with).await.json();
    assert_ne!(plain["request_hash"], with["request_hash"]);
    let long = asked_with("defaults", "x".repeat(10 * 1024 + 1));
    let answer = server.post_to(BUILD, &long).await;
    assert_eq!(answer.status.as_u16(), 420);
    assert!(answer.bytes.len() < 300);
}

#[tokio::test]
async fn a_network_profile_adds_its_packages_and_files() {
    let server = Server::start().await;
    let asked = asked_with("network_profile", "quintana/node");
    server.post_to(BUILD, &asked).await;
    let request = claim(&server).await.request;
    let names: Vec<String> = request.packages.iter().map(ToString::to_string).collect();
    assert_eq!(names, ["-ppp", "batctl", "tmux"]);
    let path = "etc/config/mesh".parse().unwrap();
    assert_eq!(request.files.get(&path).unwrap(), "config mesh\n");
}

#[tokio::test]
async fn a_full_queue_is_503() {
    let limits = Limits {
        max_pending: 0,
        ..Limits::default()
    };
    let server = Server::with(limits).await;
    let answer = server.post_to(UPGRADE, &asked()).await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.header("retry-after"), "300");
}

#[tokio::test]
async fn failures_have_a_log() {
    for (cause, status) in [("image-too-big", 413), ("build-failed", 500)] {
        let server = Server::start().await;
        server.post_to(UPGRADE, &asked()).await;
        let claim = claim(&server).await;
        let answer = BuildAnswer {
            cause: cause.to_owned(),
            stderr: "no space".to_owned(),
            ..BuildAnswer::default()
        };
        server
            .api
            .store
            .fail(&claim, server.now(), &answer)
            .await
            .unwrap();
        let told = server.post_to(UPGRADE, &asked()).await;
        assert_eq!(told.status.as_u16(), status);
        let log = server.get(told.json()["log"].as_str().unwrap()).await;
        assert!(String::from_utf8_lossy(&log.bytes).contains("no space"));
    }
}

#[tokio::test]
async fn files_that_are_no_sysupgrade_are_501_for_an_upgrade_only() {
    let server = Server::start().await;
    let hash = finished(&server, &asked(), "factory").await;
    let upgrade = server.get(&format!("{UPGRADE}/{hash}")).await;
    assert_eq!(upgrade.status, 501);
    let build = server.get(&format!("{BUILD}/{hash}")).await;
    assert_eq!(build.status, 200);
    assert!(build.json().get("sysupgrade").is_none());
    let files = server.get(build.json()["files"].as_str().unwrap()).await;
    assert_eq!(files.json()["files"][0]["type"], "factory");
}

#[tokio::test]
async fn an_unknown_hash_is_404_and_a_dead_mirror_502() {
    let server = Server::start().await;
    for hash in [
        "0123456789ab".to_owned(),
        "ab".repeat(32),
        "..%2f".to_owned(),
    ] {
        for path in [
            UPGRADE,
            BUILD,
            "/image-request",
            "/api/image",
            "/api/manifest",
            "/api/log",
        ] {
            let answer = server.get(&format!("{path}/{hash}")).await;
            assert_eq!(answer.status, 404, "{path}/{hash}");
        }
    }
    let down = asked_with("version", upstream::DOWN);
    let answer = server.post_to(UPGRADE, &down).await;
    assert_eq!(answer.status, 502);
    assert!(!String::from_utf8_lossy(&answer.bytes).contains("secret"));
}

#[tokio::test]
async fn a_strange_host_does_not_get_into_links() {
    let server = Server::start().await;
    let hash = finished_default(&server).await;
    for host in ["a/b", "user@host", "a b"] {
        let path = format!("{UPGRADE}/{hash}");
        let answer = server.ask(Method::GET, &path, &[("host", host)]).await;
        assert_eq!(
            answer.json()["sysupgrade"],
            format!("/download/{hash}/image.bin")
        );
    }
}

//! What clients rely on, route by route: status, headers and body, as the committed snapshots have
//! them. `INSTA_UPDATE=always cargo test -p asu-http contract` writes them anew; look at the difference.

use asu_protocol::build::BuildAnswer;
use axum::http::Method;
use insta::assert_snapshot;
use std::fmt::Write;

use super::*;

/// Headers that no client relies on, or that every answer has.
const COMMON: [&str; 7] = [
    "access-control-allow-origin",
    "access-control-expose-headers",
    "content-length",
    "date",
    "last-modified",
    "vary",
    "x-request-id",
];

/// A request and its answer as text: JSON indented, and what varies replaced.
async fn asked(server: &Server, method: Method, path: &str, body: Option<&Value>) -> String {
    let request = Request::builder()
        .method(method.clone())
        .uri(path)
        .header("host", "asu.example")
        .header("content-type", "application/json");
    let sent = body.map(Value::to_string);
    let body = sent.clone().map_or_else(Body::empty, Body::from);
    let answer = server.send(request.body(body).unwrap()).await;
    let mut text = format!("{method} {path}\n");
    if let Some(sent) = sent.filter(|sent| sent.len() < 500) {
        writeln!(text, "{sent}").unwrap();
    }
    writeln!(text, "\n{}", answer.status.as_u16()).unwrap();
    let mut headers: Vec<_> = answer.headers.iter().collect();
    headers.sort_by_key(|(name, _)| name.as_str());
    for (name, value) in headers
        .iter()
        .filter(|(name, _)| !COMMON.contains(&name.as_str()))
    {
        writeln!(text, "{name}: {}", value.to_str().unwrap()).unwrap();
    }
    text + "\n" + &shown(&answer.bytes)
}

fn shown(bytes: &[u8]) -> String {
    match serde_json::from_slice::<Value>(bytes) {
        Ok(json) => serde_json::to_string_pretty(&json).unwrap(),
        Err(_) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// Asks for each line of the table in turn, and compares all answers with one snapshot.
macro_rules! contract {
    ($server:expr, $name:literal, [$(($method:ident, $path:expr $(, $body:expr)?)),+ $(,)?]) => {{
        let mut all = Vec::new();
        $(
            #[allow(unused_mut, unused_assignments)]
            let mut body: Option<Value> = None;
            $( body = Some($body); )?
            all.push(asked(&$server, Method::$method, $path, body.as_ref()).await);
        )+
        insta::with_settings!({
            prepend_module_to_snapshot => false,
            omit_expression => true,
            filters => [
                // The image's time of change.
                ("etag: \"[0-9a-f]+-([0-9a-f]+)\"\n((?:.*\n)*?0123456789)", "etag: \"TIME-$1\"\n$2"),
                ("x-cancel-token: [0-9a-f]{64}\n", "x-cancel-token: TOKEN\n"),
            ],
        }, { assert_snapshot!($name, all.join("\n\n========\n\n")) });
    }};
}

async fn end(server: &Server, answer: Result<&str, &str>) {
    let claim = super::legacy::claim(server).await;
    let hash = claim.lease.request_hash().to_owned();
    let store = &server.api.store;
    match answer {
        Ok(kind) => {
            let answer = super::legacy::built(&hash, kind);
            store.succeed(&claim, server.now(), &answer).await.unwrap();
        }
        Err(cause) => {
            let answer = BuildAnswer {
                detail: "Error: Impossible package selection: missing (ghost)".to_owned(),
                cause: cause.to_owned(),
                stderr: "no ghost".to_owned(),
                ..BuildAnswer::default()
            };
            store.fail(&claim, server.now(), &answer).await.unwrap();
        }
    }
}

fn hash_of(answer: &Answer) -> String {
    answer.json()["request_hash"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn builds() {
    let server = Server::start().await;
    let hash = hash_of(&server.post(&wish()).await);
    let path = format!("/api/v1/build/{hash}");
    contract!(
        server,
        "build-queued",
        [(POST, "/api/v1/build", wish()), (GET, &path), (HEAD, &path),]
    );
    end(&server, Ok("sysupgrade")).await;
    contract!(
        server,
        "build-done",
        [
            (POST, "/api/v1/build", wish()),
            (GET, &path),
            (HEAD, &path),
            (GET, &format!("{path}/events")),
        ]
    );
    let other = wish_with("packages", json!(["ghost"]));
    let failed = hash_of(&server.post(&other).await);
    end(&server, Err("package-selection")).await;
    contract!(
        server,
        "build-failed",
        [
            (POST, "/api/v1/build", other),
            (HEAD, &format!("/api/v1/build/{failed}")),
            (GET, "/api/v1/build-errors"),
        ]
    );
}

#[tokio::test]
async fn refused_builds() {
    let server = Server::with(Limits {
        max_pending: 1,
        ..Limits::default()
    })
    .await;
    server.post(&wish()).await;
    contract!(
        server,
        "build-refused",
        [
            (POST, "/api/v1/build", json!({})),
            (POST, "/api/v1/build", json!([])),
            (POST, "/api/v1/build", wish_with("packages", json!(["a b"]))),
            (POST, "/api/v1/build", wish_with("rootfs_size_mb", 1025)),
            (POST, "/api/v1/build", wish_with("filesystem", "ntfs")),
            (
                POST,
                "/api/v1/build",
                wish_with("defaults", "x".repeat(20_481))
            ),
            (
                POST,
                "/api/v1/build",
                wish_with("defaults", "x".repeat(300_000))
            ),
            (POST, "/api/v1/build", wish_with("version", "1.0")),
            (POST, "/api/v1/build", wish_with("target", "x86/64")),
            (POST, "/api/v1/build", wish_with("profile", "toaster")),
            (
                POST,
                "/api/v1/build",
                wish_with("repositories", json!({"a": "http://a.example"}))
            ),
            (POST, "/api/v1/build", wish_with("version", upstream::DOWN)),
            (POST, "/api/v1/build", wish_with("packages", json!(["vim"]))),
            (GET, "/api/v1/build/0"),
            (GET, "/api/v1/build/%ff"),
            (GET, "/api/v1/build/0/events"),
            (DELETE, "/api/v1/build"),
        ]
    );
}

#[tokio::test]
async fn plans() {
    let server = Server::start().await;
    let question = |more: Value| {
        let mut question = json!({"version": "23.05.5", "target": "ath79/generic"});
        question
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        question
    };
    contract!(
        server,
        "plan",
        [
            (
                POST,
                "/api/v1/plan",
                question(json!({"packages": {"auc": "0.3-1", "tmux": null}}))
            ),
            (
                POST,
                "/api/v1/plan",
                question(json!({"packages": ["ghost"]}))
            ),
            (POST, "/api/v1/plan", question(json!({"packages": ["a b"]}))),
            (
                POST,
                "/api/v1/plan",
                question(json!({"rootfs_size_mb": 6.0}))
            ),
            (
                POST,
                "/api/v1/plan",
                question(json!({"rootfs_size_mb": 6.5}))
            ),
            (POST, "/api/v1/plan", question(json!({"target": "x86/64"}))),
        ]
    );
}

#[tokio::test]
async fn documents() {
    let server = Server::start().await;
    let release = "/json/v1/releases/24.10.2";
    contract!(
        server,
        "documents",
        [
            (GET, "/json/v1/overview.json"),
            (GET, "/json/v1/latest.json"),
            (GET, "/json/v1/branches.json"),
            (GET, &format!("{release}/targets/ath79/generic/index.json")),
            (
                GET,
                &format!("{release}/targets/ath79/generic/tplink_archer-c7-v5.json")
            ),
            (GET, &format!("{release}/packages/mips_24kc-index.json")),
            (GET, "/api/v1/revision/24.10.2/ath79/generic"),
        ]
    );
    contract!(
        server,
        "documents-refused",
        [
            (GET, &format!("{release}/targets/x86/64/index.json")),
            (
                GET,
                &format!("{release}/targets/ath79/generic/toaster.json")
            ),
            (GET, &format!("{release}/packages/mips_24kc.json")),
            (
                GET,
                "/json/v1/releases/down/targets/ath79/generic/index.json"
            ),
            (GET, "/json/v1/snapshots/targets/ath79/generic/index.json"),
            (GET, "/json/v1/snapshots/packages/index.json"),
            (GET, "/api/v1/revision/1.0/ath79/generic"),
            (GET, "/api/v1/revision/down/ath79/generic"),
            (GET, "/api/v1/overview"),
            (GET, "/api/v1/latest"),
            (GET, "/overview"),
            (GET, "//json/v1/latest.json?a=b"),
            (GET, "/nothing"),
        ]
    );
}

#[tokio::test]
async fn numbers() {
    let server = Server::start().await;
    server.api.pulse.beat(server.now());
    server.post(&wish()).await;
    contract!(
        server,
        "numbers",
        [
            (GET, "/api/v1/stats"),
            (GET, "/api/v1/stats/summary"),
            (GET, "/api/v1/builds-per-day"),
            (GET, "/api/v1/builds-by-version?branch=24.10"),
            (GET, "/api/v1/top-packages?n=1"),
            (GET, "/api/v1/build-errors"),
            (GET, "/api/v1/top-packages?n=-1"),
            (GET, "/healthz"),
            (GET, "/readyz"),
        ]
    );
    server.pass(121);
    contract!(server, "unhealthy", [(GET, "/healthz")]);
}

mod of_2017;

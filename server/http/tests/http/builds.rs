//! Asking for builds and looking how they stand.

use std::time::Duration;

use asu_protocol::build::BuildAnswer;
use asu_store::Claim;
use axum::http::Method;

use super::*;

async fn claim(server: &Server) -> Claim {
    let lease = Duration::from_mins(1);
    let claim = server.api.store.claim("w", server.now(), lease).await;
    claim.unwrap().expect("a job to claim")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_identical_requests_at_once_are_one_job() {
    let server = Arc::new(Server::start().await);
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let server = Arc::clone(&server);
            tokio::spawn(async move { server.post(&wish()).await })
        })
        .collect();
    let mut hashes = Vec::new();
    for task in tasks {
        let answer = task.await.unwrap();
        assert_eq!(answer.status, 202, "{answer:?}");
        hashes.push(answer.json()["request_hash"].clone());
    }
    hashes.dedup();
    assert_eq!(hashes.len(), 1);
    assert_eq!(server.pending().await, 1);
}

#[tokio::test]
async fn aliases_order_doubles_and_clients_do_not_make_another_job() {
    let server = Server::start().await;
    let first = server.post(&wish()).await.json();
    for other in [
        wish_with("profile", "tplink,archer-c7-v5"),
        wish_with("packages", json!(["htop", "luci", "htop"])),
        wish_with("client", "owut/2026"),
    ] {
        assert_eq!(
            server.post(&other).await.json()["request_hash"],
            first["request_hash"]
        );
    }
    assert_eq!(server.pending().await, 1);
    assert!(first["request"].get("client").is_none());
}

#[tokio::test]
async fn a_queued_job_says_where_it_is() {
    let server = Server::start().await;
    server.post(&wish_with("packages", json!(["a"]))).await;
    let answer = server.post(&wish()).await;
    assert_eq!(answer.status, 202);
    assert_eq!(answer.header("x-imagebuilder-status"), "queued");
    assert_eq!(answer.header("x-queue-position"), "1");
    let body = answer.json();
    assert_eq!(body["status"], 202);
    assert_eq!(body["detail"], "queued");
    assert_eq!(body["queue_position"], 1);
    assert_eq!(body["enqueued_at"], "2023-11-14T22:13:20Z");
    assert_eq!(body["request"]["profile"], "tplink_archer-c7-v5");
}

#[tokio::test]
async fn a_job_is_followed_by_head_from_queue_to_image() {
    let server = Server::start().await;
    let hash = server.post(&wish()).await.json()["request_hash"].clone();
    let path = format!("/api/v1/build/{}", hash.as_str().unwrap());
    let claimed = claim(&server).await;
    let head = |path: String| {
        let server = &server;
        async move {
            let answer = server.ask(Method::HEAD, &path, &[]).await;
            assert!(answer.bytes.is_empty());
            (
                answer.status.as_u16(),
                answer.header("x-imagebuilder-status").to_owned(),
            )
        }
    };
    assert_eq!(head(path.clone()).await, (202, "init".to_owned()));
    let store = &server.api.store;
    store
        .stage(&claimed.lease, server.now(), "building_image")
        .await
        .unwrap();
    assert_eq!(head(path.clone()).await, (202, "building_image".to_owned()));

    let body = server.get(&path).await.json();
    assert_eq!(body["detail"], "started");
    assert!(
        body.get("queue_position").is_none(),
        "clients take it for a queued job"
    );

    let built = BuildAnswer {
        detail: "done".to_owned(),
        bin_dir: "folder".to_owned(),
        ..BuildAnswer::default()
    };
    store.succeed(&claimed, server.now(), &built).await.unwrap();
    assert_eq!(head(path.clone()).await, (200, "done".to_owned()));
    let body = server.get(&path).await.json();
    assert_eq!(
        (&body["status"], &body["request_hash"]),
        (&json!(200), &hash)
    );
    assert_eq!(body["bin_dir"], "folder");
    assert_eq!(
        server.post(&wish()).await.status,
        200,
        "asking again finds the image"
    );
}

#[tokio::test]
async fn a_failed_build_tells_why() {
    let server = Server::start().await;
    let path = format!(
        "/api/v1/build/{}",
        server.post(&wish()).await.json()["request_hash"]
            .as_str()
            .unwrap()
    );
    let why = BuildAnswer {
        detail: "Error: Impossible package selection: missing (nosuch)".to_owned(),
        cause: "package-selection".to_owned(),
        stderr: "Unknown package".to_owned(),
        ..BuildAnswer::default()
    };
    let claimed = claim(&server).await;
    server
        .api
        .store
        .fail(&claimed, server.now(), &why)
        .await
        .unwrap();
    let answer = server.get(&path).await;
    assert_eq!(answer.status, 500);
    assert_eq!(answer.header("x-imagebuilder-status"), "failed");
    let body = answer.json();
    assert_eq!(body["status"], 500);
    assert_eq!(body["detail"], why.detail.as_str());
    assert_eq!(body["cause"], "package-selection");
    assert_eq!(body["stderr"], "Unknown package");
    assert_eq!(server.post(&wish()).await.status, 500);
}

#[tokio::test]
async fn an_unknown_or_expired_request_is_404() {
    let server = Server::start().await;
    let answer = server.get("/api/v1/build/0000").await;
    assert_eq!(answer.status, 404);
    let body = answer.json();
    assert_eq!(body["title"], "Not Found");
    assert_eq!(body["detail"], "could not find provided request hash");

    let hash = server.post(&wish()).await.json()["request_hash"].clone();
    let claimed = claim(&server).await;
    server
        .api
        .store
        .succeed(&claimed, server.now(), &BuildAnswer::default())
        .await
        .unwrap();
    server.pass(24 * 3600);
    let path = format!("/api/v1/build/{}", hash.as_str().unwrap());
    assert_eq!(server.get(&path).await.status, 404);
}

#[tokio::test]
async fn shell_metacharacters_are_refused_and_nothing_is_queued() {
    let server = Server::start().await;
    let bad = [
        "a;reboot",
        "$(reboot)",
        "`reboot`",
        "a b",
        "a\nb",
        "a\"b",
        "a|b",
        "--x",
        "../x",
        "",
    ];
    for text in bad {
        let packages = wish_with("packages", json!(["luci", text]));
        let versions = wish_with("packages_versions", json!({text: "1"}));
        for wish in [
            packages.clone(),
            versions,
            wish_with("profile", format!("p{text}$")),
            wish_with("version", format!("24.10.2{text}$")),
            wish_with("target", format!("ath79/{text}$")),
            wish_with("version_code", format!("r1{text}$")),
            wish_with("distro", format!("openwrt{text}$")),
            wish_with("filesystem", text),
        ] {
            let answer = server.post(&wish).await;
            assert_eq!(answer.status, 422, "{wish} {answer:?}");
        }
        let body = server.post(&packages).await.json();
        assert_eq!(body["detail"][0]["loc"], json!(["body", "packages", 1]));
        assert_eq!(body["detail"][0]["type"], "string_pattern_mismatch");
        assert_eq!(body["detail"][0]["input"], text);
        assert_eq!(body["cause"], "invalid-request");
    }
    assert_eq!(server.pending().await, 0);
}

#[tokio::test]
async fn what_is_not_a_request_is_422_in_fastapis_form() {
    let server = Server::start().await;
    let mut without_target = wish();
    without_target.as_object_mut().unwrap().remove("target");
    for (wish, kind, loc) in [
        (without_target, "missing", json!(["body", "target"])),
        (
            wish_with("packages", "luci"),
            "type_error",
            json!(["body", "packages"]),
        ),
        (
            wish_with("packages", json!([1])),
            "type_error",
            json!(["body", "packages", 0]),
        ),
        (
            wish_with("rootfs_size_mb", 0),
            "out_of_range",
            json!(["body", "rootfs_size_mb"]),
        ),
        (
            wish_with("rootfs_size_mb", 1025),
            "out_of_range",
            json!(["body", "rootfs_size_mb"]),
        ),
        (
            wish_with("rootfs_size_mb", -1),
            "value_error",
            json!(["body", "rootfs_size_mb"]),
        ),
        (
            wish_with("filesystem", "ntfs"),
            "enum",
            json!(["body", "filesystem"]),
        ),
        (
            wish_with("defaults", "x".repeat(20_481)),
            "string_too_long",
            json!(["body", "defaults"]),
        ),
        (json!([]), "type_error", json!(["body"])),
    ] {
        let answer = server.post(&wish).await;
        assert_eq!(answer.status, 422, "{answer:?}");
        let body = answer.json();
        assert_eq!(body["detail"][0]["type"], kind, "{body}");
        assert_eq!(body["detail"][0]["loc"], loc);
        assert!(body["detail"][0]["msg"].is_string());
    }
    assert_eq!(server.pending().await, 0);
}

#[tokio::test]
async fn only_json_is_read() {
    let server = Server::start().await;
    for (kind, body, expected) in [
        ("text/plain", wish().to_string(), "model_attributes_type"),
        ("application/json", "{".to_owned(), "json_invalid"),
    ] {
        let request = Request::post("/api/v1/build")
            .header("content-type", kind)
            .body(Body::from(body))
            .unwrap();
        let answer = server.send(request).await;
        assert_eq!(answer.status, 422);
        assert_eq!(answer.json()["detail"][0]["type"], expected);
    }
}

#[tokio::test]
async fn what_this_server_does_not_build_is_400_in_asus_words() {
    let server = Server::start().await;
    for (wish, detail, cause) in [
        (
            wish_with("version", "1.0"),
            "Unsupported version: 1.0",
            "unsupported-version",
        ),
        (
            wish_with("target", "x86/64"),
            "Unsupported target: x86/64. The requested target was either dropped",
            "unsupported-target",
        ),
        (
            wish_with("profile", "other"),
            "Unsupported profile: other.",
            "unsupported-profile",
        ),
        (
            wish_with("repositories", json!({"mine": "https://feeds.example/x"})),
            "Repository not allowed: https://feeds.example/x",
            "repository-not-allowed",
        ),
    ] {
        let answer = server.post(&wish).await;
        assert_eq!(answer.status, 400, "{answer:?}");
        let body = answer.json();
        assert!(
            body["detail"].as_str().unwrap().starts_with(detail),
            "{body}"
        );
        assert_eq!(body["cause"], cause);
        assert_eq!(body["status"], 400);
        assert!(!body["hint"].as_str().unwrap().is_empty());
    }
    assert_eq!(server.pending().await, 0);
}

#[tokio::test]
async fn first_boot_scripts_can_be_forbidden() {
    let server = Server::with(Limits {
        allow_defaults: false,
        ..Limits::default()
    })
    .await;
    let answer = server.post(&wish_with("defaults", "uci commit")).await;
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.json()["detail"],
        "Handling `defaults` not enabled on server"
    );
    assert_eq!(server.post(&wish_with("defaults", "")).await.status, 202);
}

#[tokio::test]
async fn a_full_queue_is_529_for_new_requests_only() {
    let server = Server::with(Limits {
        max_pending: 1,
        ..Limits::default()
    })
    .await;
    server.post(&wish()).await;
    let answer = server.post(&wish_with("packages", json!(["a"]))).await;
    assert_eq!(answer.status, 529);
    assert_eq!(answer.header("retry-after"), "60");
    let body = answer.json();
    assert_eq!(body["title"], "Server overloaded");
    assert_eq!(
        body["detail"],
        "server overload, queue contains too many build requests: 1"
    );
    assert_eq!(server.post(&wish()).await.status, 202);
}

#[tokio::test]
async fn the_queue_length_is_told() {
    let server = Server::start().await;
    server.post(&wish()).await;
    assert_eq!(
        server.get("/api/v1/stats").await.json(),
        json!({"queue_length": 1})
    );
}

#[tokio::test]
async fn more_packages_than_a_command_line_holds_are_refused_at_once() {
    let server = Server::start().await;
    let many: Vec<String> = (0..7000).map(|n| format!("package-{n}")).collect();
    let answer = server.post(&wish_with("packages", json!(many))).await;
    assert_eq!(answer.status, 422);
    let detail = answer.json()["detail"][0].clone();
    assert_eq!(detail["loc"], json!(["body", "packages"]));
    assert!(
        detail["msg"].as_str().unwrap().contains("65536"),
        "{detail}"
    );
    assert_eq!(server.pending().await, 0);
}

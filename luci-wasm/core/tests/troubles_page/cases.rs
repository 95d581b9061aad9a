//! How every trouble is come by.

use asu_view::{Edit, Msg, Options, Reply, State};
use serde_json::{Value, json};

use crate::common::{
    Bench, World, describe, down, fail_at, http, id_of, ok, page, rpc_error, ubus_status,
};

/// How a trouble is come by: the state, the call, and its answer.
pub(crate) type Case = (&'static str, State, &'static str, Reply);

fn says(status: u16, detail: &str) -> Reply {
    http(status, &json!({"status": status, "detail": detail}))
}

fn built(images: &Value) -> Reply {
    http(
        200,
        &json!({"status": 200, "detail": "done", "images": images}),
    )
}

const SIGNATURE: &str = "untrusted comment: x\nRWSKESVdFK72yAAAAAAAAAAAAAAAAAAAAAAA\n";

const INFO: &str = "attendedsysupgrade info";

pub(crate) fn with_router() -> Vec<Case> {
    let (start, check, send) = (State::Identifying, State::Verifying, State::Uploading);
    vec![
        ("router-unreachable", start, INFO, down()),
        ("router-timeout", start, INFO, Reply::TimedOut),
        ("router-http", start, INFO, page(502, "")),
        ("router-http", start, INFO, page(404, "")),
        ("router-garbled", start, INFO, page(200, "<html>")),
        ("missing-plugin", start, INFO, rpc_error(-32000)),
        ("router-rpc-error", start, INFO, rpc_error(-32700)),
        ("router-status", start, INFO, ubus_status(7)),
        ("unknown-router", start, INFO, ok(json!({}))),
        (
            "no-package-database",
            start,
            "packagelist list",
            ubus_status(4),
        ),
        ("no-space", send, INFO, ok(json!({"tmp_free": 600_000}))),
        ("upload-interrupted", send, "UPLOAD", down()),
        ("upload-interrupted", send, "UPLOAD", page(502, "")),
        (
            "upload-denied",
            send,
            "UPLOAD",
            http(200, &json!({"message": "Upload permission denied"})),
        ),
        (
            "upload-failed",
            send,
            "UPLOAD",
            http(200, &json!({"message": "I/O failure while writing"})),
        ),
        (
            "upload-damaged",
            send,
            "UPLOAD",
            http(200, &json!({"sha256sum": "00"})),
        ),
        ("missing-cgi-io", send, "UPLOAD", page(404, "")),
        (
            "upload-damaged",
            check,
            "verify",
            ok(json!({"valid": false})),
        ),
        (
            "image-refused",
            State::Testing,
            "test",
            ok(json!({"valid": false})),
        ),
        (
            "not-started",
            State::Flashing,
            "start",
            ok(json!({"started": false})),
        ),
    ]
}

pub(crate) fn with_server() -> Vec<Case> {
    let (search, request, load) = (State::Searching, State::Requesting, State::Downloading);
    let factory = json!([{"type": "factory", "name": "x", "filesystem": "squashfs", "sha256": ""}]);
    let elsewhere = json!({"branches": {"24.10": {"enabled": true, "versions": ["24.10.2"], "targets": {"x86/64": "x86_64"}}}});
    let complaint =
        json!({"detail": [{"loc": ["body", "target"], "msg": "wrong form", "input": "x"}]});
    let wrong = Reply::Digest {
        sha256: "00".to_owned(),
        size: 9,
    };
    vec![
        ("server-unreachable", search, "overview.json", down()),
        ("server-timeout", search, "overview.json", Reply::TimedOut),
        ("not-a-build-server", search, "overview.json", page(404, "")),
        (
            "invalid-answer",
            search,
            "overview.json",
            page(200, "<html>"),
        ),
        (
            "unsupported-target",
            search,
            "overview.json",
            http(200, &elsewhere),
        ),
        ("packages-missing", search, "/index.json", page(404, "")),
        (
            "request-refused",
            request,
            "POST",
            says(400, "Repository not allowed: x"),
        ),
        (
            "request-too-large",
            request,
            "POST",
            says(413, "The request is too large."),
        ),
        ("server-forbids", request, "POST", page(403, "")),
        ("not-a-build-server", request, "POST", page(404, "")),
        ("invalid-request", request, "POST", http(422, &complaint)),
        ("too-many-requests", request, "POST", page(429, "")),
        (
            "build-failed",
            request,
            "POST",
            says(500, "Error: make ended with status 2"),
        ),
        ("server-error", request, "POST", page(500, "")),
        ("server-unavailable", request, "POST", page(503, "")),
        ("overloaded", request, "POST", page(529, "")),
        ("unexpected-status", request, "POST", page(418, "")),
        (
            "unsupported-version",
            request,
            "POST",
            says(400, "Unsupported version: 1"),
        ),
        (
            "unsupported-branch",
            request,
            "POST",
            says(400, "Unsupported branch: 1"),
        ),
        (
            "unsupported-target",
            request,
            "POST",
            says(400, "Unsupported target: 1"),
        ),
        (
            "unsupported-profile",
            request,
            "POST",
            says(400, "Unsupported profile: 1"),
        ),
        (
            "package-selection",
            request,
            "POST",
            says(422, "Error: Impossible package selection: x"),
        ),
        (
            "image-too-big",
            request,
            "POST",
            says(500, "Error: Selected packages exceed device storage"),
        ),
        (
            "builder-missing",
            request,
            "POST",
            says(500, "Error: Image not found: x"),
        ),
        ("no-image", request, "POST", built(&factory)),
        ("image-gone", load, "DOWNLOAD", page(404, "")),
        ("checksum-mismatch", load, "DIGEST", wrong),
        ("not-hashed", load, "DIGEST", down()),
    ]
}

/// Troubles that need more than one answer.
pub(crate) fn others() -> Vec<(&'static str, Bench)> {
    vec![
        ("mixed-content", mixed()),
        ("permission-denied", denied_twice()),
        ("unknown-request", polled(State::Building, &page(404, ""))),
        ("build-stuck", polled(State::Queued, &queued())),
        ("build-stuck", polled(State::Building, &started())),
        ("download-interrupted", cut()),
        ("no-answer", away(true)),
        ("no-answer", away(false)),
        ("not-upgraded", unchanged(true)),
        ("other-tab", beside_another()),
        ("upload-too-slow", slow()),
        ("bad-signature", forged()),
        ("session-expired", logged_out()),
        ("not-upgraded", unchanged(false)),
    ]
}

fn mixed() -> Bench {
    let mut bench = Bench::with(Options {
        secure: true,
        ..Options::default()
    });
    bench.walk_to(State::Searching, &mut World::new());
    bench.answer("overview.json", down());
    bench
}

fn denied_twice() -> Bench {
    let denied = || rpc_error(-32002);
    let (mut bench, _) = fail_at(State::Testing, "test", denied());
    bench.answer("login", ok(json!({"ubus_rpc_session": "old"})));
    bench.answer("test", denied());
    bench
}

fn queued() -> Reply {
    http(
        202,
        &json!({"status": 202, "detail": "queued", "queue_position": 1}),
    )
}

fn started() -> Reply {
    http(
        202,
        &json!({"status": 202, "detail": "started", "imagebuilder_status": "init"}),
    )
}

/// Follows a build that is always answered like this.
fn polled(state: State, reply: &Reply) -> Bench {
    let (mut bench, mut world) = (Bench::new(), World::new());
    bench.walk_to(state, &mut world);
    while bench.state() == state {
        bench.tick(2_000);
        while let Some(open) = bench.open.first().cloned() {
            let is_poll = describe(&open).contains("/build/");
            let reply = if is_poll {
                reply.clone()
            } else {
                world.reply(&open)
            };
            bench.answer(&describe(&open), reply);
        }
    }
    bench
}

fn cut() -> Bench {
    let (mut bench, mut world) = (Bench::new(), World::new());
    bench.walk_to(State::Downloading, &mut world);
    let id = id_of(&bench.open[0]).unwrap();
    let (done, total) = (1, Some(2));
    bench.send(Msg::Progress { id, done, total });
    bench.answer("DOWNLOAD", down());
    bench
}

fn beside_another() -> Bench {
    let (mut bench, mut world) = (Bench::new(), World::new());
    bench.walk_to(State::Uploading, &mut world);
    bench.answer("LOOK", page(200, "12 900000000"));
    bench
}

fn slow() -> Bench {
    let (mut bench, mut world) = (Bench::new(), World::new());
    bench.walk_to(State::Uploading, &mut world);
    while !describe(&bench.open[0]).contains("UPLOAD") {
        bench.step(&mut world);
    }
    bench.now += 60_000;
    let id = id_of(&bench.open[0]).unwrap();
    let (done, total) = (3_000_000, Some(7_000_000));
    bench.send(Msg::Progress { id, done, total });
    bench.answer("UPLOAD", down());
    bench
}

/// The server signs, and the router knows the key.
fn forged() -> Bench {
    let (mut bench, mut world) = (Bench::new(), World::new());
    bench.walk_to(State::Checking, &mut world);
    bench.step(&mut world);
    bench.answer("x-sysupgrade.bin.sig", page(200, SIGNATURE));
    bench.walk_to(State::Verifying, &mut world);
    let key = json!({"path": "/etc/opkg/keys/8a11255d14aef6c8"});
    bench.answer("file stat", ok(key));
    let refusal = json!({"valid": false, "sha256": "", "error": "No key made this signature."});
    bench.answer("attendedsysupgrade verify", ok(refusal));
    bench
}

/// In a page that has a login of its own.
fn logged_out() -> Bench {
    let mut bench = Bench::with(Options {
        session: Some("old".into()),
        relogin: true,
        ..Options::default()
    });
    bench.walk_to(State::Testing, &mut World::new());
    bench.answer("attendedsysupgrade test", rpc_error(-32002));
    bench.answer("session access", rpc_error(-32002));
    bench
}

fn away(keep: bool) -> Bench {
    let (mut bench, mut world) = (Bench::new(), World::new());
    bench.walk_to(State::Confirm, &mut world);
    bench.send(Msg::Edit(Edit::Keep(keep)));
    bench.walk_to(State::Rebooting, &mut world);
    bench.silence();
    bench
}

/// A router that restarted with its old release, or did not restart.
fn unchanged(restarted: bool) -> Bench {
    let (mut bench, mut world) = (Bench::new(), World::new());
    bench.walk_to(State::Rebooting, &mut world);
    world.flashed = restarted;
    world.version = "23.05.5";
    while bench.state() == State::Rebooting {
        bench.tick(2_500);
        bench.settle(&mut world);
    }
    bench
}

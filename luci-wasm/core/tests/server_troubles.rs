//! Whatever a build server answers: a name, a reason and a way on.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use asu_view::{Action, Edit, Effect, Msg, Options, Pick, Reply, State};
use common::{Bench, World, assert_trouble, down, fail_at, http, overview, page};
use serde_json::{Value, json};

fn detail(status: u16) -> Reply {
    http(status, &json!({"status": status, "detail": "some detail"}))
}

#[test]
fn every_status_of_a_build_request_is_understood() {
    let cases: Vec<(Reply, &str)> = vec![
        (
            http(
                400,
                &json!({"status": 400, "detail": "Unsupported profile: x. The requested profile was either dropped or never existed."}),
            ),
            "unsupported-profile",
        ),
        (
            http(
                400,
                &json!({"status": 400, "detail": "Unsupported version: 1"}),
            ),
            "unsupported-version",
        ),
        (
            http(
                400,
                &json!({"status": 400, "detail": "Repository not allowed: x"}),
            ),
            "request-refused",
        ),
        (page(404, "<h1>"), "not-a-build-server"),
        (
            http(
                422,
                &json!({"detail": [{"type": "x", "loc": ["body", "packages", 0], "msg": "String should match pattern", "input": "bad package!"}]}),
            ),
            "invalid-request",
        ),
        (
            http(
                422,
                &json!({"status": 422, "detail": "These do not fit", "cause": "package-selection", "packages": [{"name": "htop", "reason": "r"}]}),
            ),
            "package-selection",
        ),
        (detail(429), "too-many-requests"),
        (
            http(
                500,
                &json!({"status": 500, "detail": "Error: Impossible package selection: missing (x)"}),
            ),
            "package-selection",
        ),
        (
            http(
                500,
                &json!({"status": 500, "detail": "Error: Selected packages exceed device storage"}),
            ),
            "image-too-big",
        ),
        (detail(500), "build-failed"),
        (page(500, "Internal Server Error"), "server-error"),
        (page(502, "bad gateway"), "server-unavailable"),
        (page(503, ""), "server-unavailable"),
        (page(504, ""), "server-unavailable"),
        (detail(529), "overloaded"),
        (page(418, "teapot"), "unexpected-status"),
        (
            page(200, "<html>Log in to the hotel</html>"),
            "invalid-answer",
        ),
        (
            http(202, &json!({"status": 202, "detail": "queued"})),
            "invalid-answer",
        ),
        (http(202, &json!([])), "invalid-answer"),
        (down(), "server-unreachable"),
        (Reply::TimedOut, "server-timeout"),
    ];
    for (reply, cause) in cases {
        let (mut bench, mut world) = fail_at(State::Requesting, "POST", reply);
        assert_trouble(&bench, cause);
        assert!(bench.has_button(Action::Retry));
        bench.press(Action::Back);
        assert_eq!(bench.state(), State::Plan);
        bench.walk_to(State::Done, &mut world);
    }
}

#[test]
fn fastapi_complaints_become_sentences() {
    let ours = json!({"status": 422, "cause": "invalid-request", "hint": "Correct the field that `loc` names.", "detail": [{"loc": ["body", "target"], "msg": "it has the form target/subtarget", "input": "x"}]});
    let (bench, _) = fail_at(State::Requesting, "POST", http(422, &ours));
    assert_trouble(&bench, "invalid-request");
    assert!(
        bench
            .text()
            .contains("target “x”: it has the form target/subtarget.")
    );

    let list = json!({"detail": [{"loc": ["body", "packages", 0], "msg": "String should match pattern", "input": "bad!"}]});
    let (bench, _) = fail_at(State::Requesting, "POST", http(422, &list));
    assert!(
        bench
            .text()
            .contains("packages 0 “bad!”: String should match pattern."),
        "{}",
        bench.text()
    );
}

#[test]
fn packages_the_server_refused_can_be_left_out() {
    let refusal = json!({"status": 422, "detail": "No.", "cause": "package-selection", "packages": [
        {"name": "htop", "reason": "needs kmod-cursed", "remedy": "leave it out"}, {"name": "<img src=x>", "reason": "never asked for"},
    ]});
    let (mut bench, mut world) = fail_at(State::Requesting, "POST", http(422, &refusal));
    assert!(bench.text().contains("needs kmod-cursed"));
    bench.press(Action::Back);
    assert!(bench.text().contains("Leave out htop"));
    assert!(
        !bench.text().contains("<img"),
        "only packages of the plan are listed"
    );
    bench.press(Action::Pick(Pick::Rejected, 0, 0));
    assert!(!bench.text().contains("needs kmod-cursed"));
    bench.press(Action::Request);
    let last = bench.log.iter().rev().find_map(|effect| match effect {
        Effect::Build {
            body: Some(body), ..
        } => Some(body.clone()),
        _ => None,
    });
    assert!(!last.unwrap().contains("htop"));
    bench.walk_to(State::Done, &mut world);
}

#[test]
fn a_search_that_fails_says_so() {
    for (what, reply, cause) in [
        ("overview.json", down(), "server-unreachable"),
        ("overview.json", page(404, ""), "not-a-build-server"),
        (
            "overview.json",
            http(200, &json!({"hello": 1})),
            "invalid-answer",
        ),
        ("overview.json", page(503, ""), "server-unavailable"),
        ("/index.json", page(404, ""), "packages-missing"),
        ("-index.json", http(200, &Value::Null), ""),
    ] {
        let (bench, _) = fail_at(State::Searching, what, reply);
        if cause.is_empty() {
            assert_eq!(bench.state(), State::Planning, "an empty index is an index");
        } else {
            assert_trouble(&bench, cause);
        }
    }
}

#[test]
fn an_unknown_profile_is_tried_as_generic_and_then_named() {
    for unknown in [page(404, ""), page(500, ""), http(200, &json!({}))] {
        let (mut bench, _) = fail_at(
            State::Searching,
            "releases/24.10.2/targets/ath79/generic/tplink",
            unknown.clone(),
        );
        assert_eq!(bench.state(), State::Planning);
        bench.answer("generic/generic.json", unknown);
        assert_trouble(&bench, "unsupported-profile");
    }
}

#[test]
fn the_old_profile_is_only_a_help() {
    let (mut bench, mut world) = fail_at(State::Searching, "releases/23.05.5", page(500, ""));
    bench.settle(&mut world);
    assert_eq!(bench.state(), State::Plan);
}

#[test]
fn a_target_nobody_builds_is_named() {
    let empty = json!({"branches": {"24.10": {"enabled": true, "versions": ["24.10.2"], "targets": {"x86/64": "x86_64"}}}});
    let (bench, _) = fail_at(State::Searching, "overview.json", http(200, &empty));
    assert_trouble(&bench, "unsupported-target");
}

/// A page that came by https or http, asking the servers its router names.
fn page_by(secure: bool, servers: &Value) -> (Bench, World) {
    let options = Options {
        secure,
        ..Options::default()
    };
    let (mut bench, mut world) = (Bench::with(options), World::new());
    world.settings = json!({"url": servers[0], "fallback": [servers[1]]});
    bench.walk_to(State::Searching, &mut world);
    (bench, world)
}

#[test]
fn plain_http_from_a_secure_page_is_explained() {
    let (mut bench, _) = page_by(true, &json!(["http://server"]));
    bench.answer("overview.json", down());
    assert_trouble(&bench, "mixed-content");
    // The same address would be refused again: the way to another comes first.
    assert_eq!(bench.buttons()[..2], [Action::Logout, Action::Back]);
    bench.press(Action::Back);
    bench.send(Msg::Edit(Edit::Server("https://server".into())));
    bench.press(Action::Search);
    bench.answer("https://server/json", http(200, &overview()));
    assert_eq!(bench.state(), State::Planning);
}

#[test]
fn a_secure_page_goes_on_to_the_next_server() {
    let (mut bench, _) = page_by(true, &json!(["http://first", "https://second"]));
    bench.answer("http://first/json", down());
    assert_eq!(bench.state(), State::Searching);
    bench.answer("https://second/json", http(200, &overview()));
    let said = "http://first did not help (“The browser blocks this build server”)";
    assert!(bench.text().contains(said), "{}", bench.text());
}

#[test]
fn only_http_from_https_is_mixed() {
    for (secure, server) in [
        (false, "https://x"),
        (false, "http://x"),
        (true, "https://x"),
    ] {
        let (mut bench, _) = page_by(secure, &json!([server]));
        bench.answer("overview.json", down());
        assert_trouble(&bench, "server-unreachable");
    }
}

#[test]
fn a_lost_connection_while_building_is_forgiven_for_two_minutes() {
    let (mut bench, mut world) = (Bench::new(), World::new());
    bench.walk_to(State::Building, &mut world);
    for _ in 0..20 {
        bench.tick(5_500);
        bench.answer("GET http://server/api/v1/build/", page(502, ""));
    }
    assert_eq!(bench.state(), State::Building);
    assert!(bench.text().contains("does not answer at the moment"));
    for _ in 0..3 {
        bench.tick(5_500);
        if bench.state() == State::Building {
            bench.answer("GET http://server/api/v1/build/", down());
        }
    }
    assert_trouble(&bench, "server-unreachable");
    bench.press(Action::Retry);
    bench.walk_to(State::Done, &mut world);
}

#[test]
fn a_forgotten_build_is_requested_anew() {
    let (mut bench, mut world) = (Bench::new(), World::new());
    bench.walk_to(State::Building, &mut world);
    bench.tick(2_500);
    bench.answer("GET http://server/api/v1/build/", http(404, &json!({"status": 404, "title": "Not Found", "detail": "could not find provided request hash"})));
    assert_trouble(&bench, "unknown-request");
    bench.press(Action::Retry);
    assert_eq!(bench.state(), State::Requesting);
    bench.walk_to(State::Done, &mut world);
}

#[test]
fn a_bad_download_is_not_sent_to_the_router() {
    for (what, reply, cause) in [
        ("DOWNLOAD", page(404, ""), "image-gone"),
        ("DOWNLOAD", down(), "server-unreachable"),
        ("DOWNLOAD", page(503, ""), "server-unavailable"),
        (
            "DIGEST",
            Reply::Digest {
                sha256: "00".into(),
                size: 9,
            },
            "checksum-mismatch",
        ),
        ("DIGEST", down(), "not-hashed"),
    ] {
        let (bench, _) = fail_at(State::Downloading, what, reply);
        assert_trouble(&bench, cause);
        assert!(
            !bench
                .log
                .iter()
                .any(|effect| matches!(effect, Effect::Upload { .. }))
        );
    }
}

#[test]
fn a_download_that_breaks_off_is_not_a_wrong_address() {
    let (mut bench, mut world) = (Bench::new(), World::new());
    bench.walk_to(State::Downloading, &mut world);
    let id = common::id_of(&bench.open[0]).unwrap();
    bench.send(Msg::Progress {
        id,
        done: 100_000,
        total: Some(7_000_000),
    });
    bench.answer("DOWNLOAD", down());
    assert_trouble(&bench, "download-interrupted");
    bench.press(Action::Retry);
    assert_eq!(bench.state(), State::Downloading);
    bench.walk_to(State::Done, &mut world);
}

#[test]
fn a_build_without_a_fitting_file_is_named() {
    let answer = json!({"status": 200, "detail": "done", "images": [{"type": "factory", "name": "x", "filesystem": "squashfs", "sha256": ""}]});
    let (bench, _) = fail_at(State::Requesting, "POST", http(200, &answer));
    assert_trouble(&bench, "no-image");
    assert!(bench.text().contains("factory"));
}

#[test]
fn an_image_that_is_too_big_is_made_smaller_by_hand() {
    let too_big = json!({"status": 500, "detail": "Error: Selected packages exceed device storage", "cause": "image-too-big", "hint": "The image would have 2 bytes, the device takes 1."});
    let (mut bench, mut world) = fail_at(State::Requesting, "POST", http(500, &too_big));
    assert_trouble(&bench, "image-too-big");
    assert!(bench.text().contains("The image would have 2 bytes"));
    bench.press(Action::Back);
    assert!(bench.text().contains("The last image was too big"));
    let without = bench.find_label("Leave out htop").unwrap();
    assert!(bench.find_label("Leave out base-files").is_none());
    bench.press(without);
    assert!(bench.text().contains("Do without htop"));
    bench.walk_to(State::Done, &mut world);
}

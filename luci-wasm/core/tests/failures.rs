//! Everything that can go wrong has a name, a reason and a way on.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use asu_view::{Action, Edit, Effect, Msg, Options, Reply, State};
use common::{Bench, World, describe, down, http, ok, page, rpc_error, ubus_status};
use serde_json::{Value, json};

/// The error screen names the cause, says what, why and what next, and offers a way on.
fn assert_trouble(bench: &Bench, cause: &str) {
    assert_eq!(bench.state(), State::Error, "{}", bench.text());
    let trouble = bench.model.trouble();
    assert_eq!(trouble.cause, cause, "{trouble:?}");
    for part in [&trouble.title, &trouble.why, &trouble.next] {
        assert!(
            part.len() > 10 && bench.text().contains(part.as_str()),
            "{trouble:?}"
        );
    }
    assert!(bench.has_button(Action::Back));
    assert!(!bench.model.is_waiting());
    assert!(bench.open.is_empty(), "nothing is left under way");
}

/// Walks to a state and answers what is asked there.
fn fail_at(state: State, what: &str, reply: Reply) -> (Bench, World) {
    let (mut bench, mut world) = (Bench::new(), World::new());
    bench.walk_to(state, &mut world);
    for _ in 0..10 {
        if bench
            .open
            .iter()
            .any(|effect| describe(effect).contains(what))
        {
            break;
        }
        let effect = bench.open.remove(0);
        let reply = world.reply(&effect);
        bench.send(Msg::Replied {
            id: common::id_of(&effect).unwrap(),
            reply,
        });
    }
    bench.answer(what, reply);
    (bench, world)
}

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
    bench.send(Msg::Edit(Edit::Leave("htop".into(), true)));
    bench.press(Action::Request);
    let last = bench.log.iter().rev().find_map(|effect| match effect {
        Effect::Http {
            url,
            body: Some(body),
            ..
        } if url.ends_with("/build") => Some(body.clone()),
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
            assert_eq!(
                bench.state(),
                State::Searching,
                "an empty index is an index"
            );
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
        assert_eq!(bench.state(), State::Searching);
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

#[test]
fn plain_http_from_a_secure_page_is_explained() {
    let mut bench = Bench::with(Options {
        secure: true,
        ..Options::default()
    });
    let mut world = World::new();
    bench.walk_to(State::Searching, &mut world);
    bench.answer("overview.json", down());
    assert_trouble(&bench, "mixed-content");
}

#[test]
fn every_answer_of_a_router_is_understood() {
    for (reply, cause) in [
        (rpc_error(-32000), "missing-plugin"),
        (rpc_error(-32700), "router-rpc-error"),
        (ubus_status(7), "router-status"),
        (page(404, ""), "router-http"),
        (page(502, ""), "router-http"),
        (page(200, "<html>"), "router-garbled"),
        (down(), "router-unreachable"),
        (Reply::TimedOut, "router-timeout"),
        (ok(json!({})), "unknown-router"),
    ] {
        let (mut bench, mut world) = fail_at(State::Identifying, "attendedsysupgrade info", reply);
        assert_trouble(&bench, cause);
        bench.press(Action::Retry);
        bench.walk_to(State::Overview, &mut world);
    }
    let (bench, _) = fail_at(State::Identifying, "packagelist list", ubus_status(4));
    assert_trouble(&bench, "no-package-database");
}

#[test]
fn a_router_without_a_server_address_asks_for_one() {
    for reply in [ubus_status(4), rpc_error(-32002), ok(json!({"values": {}}))] {
        let (mut bench, mut world) = fail_at(State::Identifying, "uci get", reply);
        assert_eq!(bench.state(), State::Overview);
        assert!(bench.text().contains("names no build server"));
        bench.press(Action::Search);
        assert!(bench.text().contains("Enter the address of a build server"));
        bench.send(Msg::Edit(Edit::Server("http://server/".into())));
        bench.walk_to(State::Plan, &mut world);
    }
}

#[test]
fn a_wrong_password_is_a_notice_not_an_end() {
    let mut bench = Bench::new();
    bench.log_in();
    bench.answer("session login", ubus_status(6));
    assert_eq!(bench.state(), State::Login);
    assert!(
        bench
            .text()
            .contains("does not accept this user name and password")
    );
    assert!(bench.has_button(Action::Login));
    bench.log_in();
    bench.answer("session login", down());
    assert!(bench.text().contains("The router cannot be reached"));
}

#[test]
fn an_ended_session_is_renewed_and_the_step_goes_on() {
    for (state, what) in [
        (State::Identifying, "attendedsysupgrade info"),
        (State::Uploading, "attendedsysupgrade info"),
        (State::Verifying, "attendedsysupgrade verify"),
        (State::Testing, "attendedsysupgrade test"),
    ] {
        let (mut bench, mut world) = fail_at(state, what, rpc_error(-32002));
        assert_eq!(bench.state(), state, "nobody has to do anything");
        bench.walk_to(State::Done, &mut world);
    }
}

#[test]
fn a_refusal_after_renewing_is_about_permission() {
    let (mut bench, mut world) =
        fail_at(State::Testing, "attendedsysupgrade test", rpc_error(-32002));
    let login = bench.open.remove(0);
    let reply = world.reply(&login);
    bench.send(Msg::Replied {
        id: common::id_of(&login).unwrap(),
        reply,
    });
    bench.answer("attendedsysupgrade test", rpc_error(-32002));
    assert_trouble(&bench, "permission-denied");
}

#[test]
fn without_a_known_password_the_user_logs_in_and_goes_on() {
    let mut bench = Bench::with(Options {
        session: Some("old".into()),
        ..Options::default()
    });
    let mut world = World::new();
    bench.walk_to(State::Verifying, &mut world);
    bench.answer("attendedsysupgrade verify", rpc_error(-32002));
    assert_eq!(bench.state(), State::Login);
    assert!(bench.text().contains("Your session has ended"));
    bench.log_in();
    bench.settle(&mut world);
    assert_eq!(bench.state(), State::Confirm);
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
fn a_build_without_a_fitting_file_is_named() {
    let answer = json!({"status": 200, "detail": "done", "images": [{"type": "factory", "name": "x", "filesystem": "squashfs", "sha256": ""}]});
    let (bench, _) = fail_at(State::Requesting, "POST", http(200, &answer));
    assert_trouble(&bench, "no-image");
    assert!(bench.text().contains("factory"));
}

#[test]
fn too_little_memory_is_found_before_the_upload() {
    let full = ok(json!({"tmp_free": 7_100_000}));
    let (bench, _) = fail_at(State::Uploading, "attendedsysupgrade info", full);
    assert_trouble(&bench, "no-space");
    assert!(
        bench
            .text()
            .contains("The image takes 7.0 MB, but only 7.1 MB are free")
    );
    assert!(
        !bench
            .log
            .iter()
            .any(|effect| matches!(effect, Effect::Upload { .. }))
    );
}

#[test]
fn every_answer_to_an_upload_is_understood() {
    for (reply, cause) in [
        (
            http(
                200,
                &json!({"message": "Upload permission denied", "failure": [1, "x"]}),
            ),
            "upload-denied",
        ),
        (
            http(
                200,
                &json!({"message": "I/O failure while writing", "failure": [5, "x"]}),
            ),
            "upload-failed",
        ),
        (
            http(200, &json!({"size": 1, "sha256sum": "00"})),
            "upload-damaged",
        ),
        (page(200, "garbage"), "upload-failed"),
        (page(404, ""), "missing-cgi-io"),
        (page(502, ""), "upload-interrupted"),
        (down(), "upload-interrupted"),
    ] {
        let (mut bench, mut world) = fail_at(State::Uploading, "UPLOAD", reply);
        assert_trouble(&bench, cause);
        bench.press(Action::Retry);
        bench.walk_to(State::Done, &mut world);
    }
}

#[test]
fn an_image_the_router_refuses_is_not_flashed() {
    let verdict = json!({"valid": false, "tests": {"fwtool_device_match": false, "fwtool_signature": true}, "error": "Device x not supported"});
    let (mut bench, _) = fail_at(State::Testing, "attendedsysupgrade test", ok(verdict));
    assert_trouble(&bench, "image-refused");
    assert!(bench.text().contains("it is not made for this device"));
    assert!(bench.text().contains("Device x not supported"));
    bench.press(Action::Back);
    assert!(
        bench
            .log
            .iter()
            .any(|effect| describe(effect) == "attendedsysupgrade clean")
    );
    let (bench, _) = fail_at(
        State::Verifying,
        "attendedsysupgrade verify",
        ok(json!({"valid": false, "error": "The file is gone."})),
    );
    assert_trouble(&bench, "upload-damaged");
    let (bench, _) = fail_at(
        State::Flashing,
        "attendedsysupgrade start",
        ok(json!({"started": false, "error": "Not tested."})),
    );
    assert_trouble(&bench, "not-started");
}

#[test]
fn settings_that_cannot_be_kept_are_not_promised() {
    let (mut bench, _) = fail_at(
        State::Testing,
        "attendedsysupgrade test",
        ok(json!({"valid": true, "allow_backup": false})),
    );
    assert_eq!(bench.state(), State::Confirm);
    assert!(bench.text().contains("Not possible with this image"));
    assert!(bench.text().contains("All settings will be erased."));
    bench.send(Msg::Edit(Edit::Keep(true)));
    bench.press(Action::Flash);
    let Some(Effect::Http {
        body: Some(body), ..
    }) = bench.open.last()
    else {
        panic!()
    };
    assert!(body.contains("\"keep\":false"), "{body}");
}

#[test]
fn a_router_that_goes_down_before_it_answers_is_waited_for() {
    let (mut bench, mut world) = fail_at(State::Flashing, "attendedsysupgrade start", down());
    assert_eq!(bench.state(), State::Rebooting);
    world.flashed = true;
    world.version = "24.10.2";
    bench.walk_to(State::Done, &mut world);
}

#[test]
fn an_honest_end_if_the_router_does_not_come_back() {
    let (mut bench, mut world) = (Bench::new(), World::new());
    bench.walk_to(State::Rebooting, &mut world);
    while bench.state() == State::Rebooting {
        bench.tick(2_500);
        if let Some(effect) = bench.open.pop() {
            bench.send(Msg::Replied {
                id: common::id_of(&effect).unwrap(),
                reply: down(),
            });
        }
    }
    assert!((300_000..310_000).contains(&(bench.now - 10_000)) || bench.now < 330_000);
    assert_trouble(&bench, "no-answer");
    bench.press(Action::Retry);
    world.silence = 0;
    bench.walk_to(State::Done, &mut world);
}

#[test]
fn a_router_with_the_old_release_was_not_upgraded() {
    let (mut bench, mut world) = (Bench::new(), World::new());
    bench.walk_to(State::Rebooting, &mut world);
    world.version = "23.05.5";
    for _ in 0..20 {
        bench.tick(2_500);
        bench.settle(&mut world);
    }
    assert_trouble(&bench, "not-upgraded");
    assert!(
        bench
            .text()
            .contains("The router came back with OpenWrt 23.05.5")
    );
    let (mut bench, mut world) = (Bench::new(), World::new());
    bench.walk_to(State::Rebooting, &mut world);
    world.flashed = false;
    world.version = "23.05.5";
    for _ in 0..60 {
        bench.tick(2_500);
        bench.settle(&mut world);
    }
    assert_trouble(&bench, "not-upgraded");
    assert!(bench.text().contains("The router did not restart"));
}

#[test]
fn erased_settings_mean_an_empty_password() {
    let (mut bench, mut world) = (Bench::new(), World::new());
    bench.walk_to(State::Confirm, &mut world);
    bench.send(Msg::Edit(Edit::Keep(false)));
    bench.walk_to(State::Rebooting, &mut world);
    bench.tick(2_500);
    bench.answer("attendedsysupgrade info", rpc_error(-32002));
    bench.answer("session login", ubus_status(6));
    let Some(Effect::Http {
        body: Some(body), ..
    }) = bench.open.last()
    else {
        panic!()
    };
    assert!(body.contains("\"password\":\"\""), "{body}");
    world.silence = 0;
    bench.walk_to(State::Done, &mut world);
}

#[test]
fn promised_and_real_packages_are_compared() {
    let (mut bench, mut world) = (Bench::new(), World::new());
    bench.walk_to(State::Rebooting, &mut world);
    world.silence = 0;
    while bench.state() == State::Rebooting {
        bench.tick(2_500);
        while let Some(effect) = bench.open.pop() {
            let id = common::id_of(&effect).unwrap();
            let all = matches!(&effect, Effect::Http { body: Some(body), .. } if body.contains("\"all\":true"));
            let reply = if all {
                ok(json!({"packagelist": {"base-files": "8"}}))
            } else {
                world.reply(&effect)
            };
            bench.send(Msg::Replied { id, reply });
        }
    }
    let text = bench.text();
    assert!(
        text.contains("base-files: 9 was promised, 8 is installed"),
        "{text}"
    );
    assert!(
        text.contains("luci was promised, but is not installed"),
        "{text}"
    );
}

//! Whatever a router answers: a name, a reason and a way on.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use asu_view::{Action, Edit, Effect, Msg, Options, Reply, State};
use common::{
    Bench, World, assert_trouble, describe, down, fail_at, http, id_of, ok, page, rpc_error,
    ubus_status,
};
use serde_json::json;

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
fn a_session_that_ends_twice_is_renewed_twice() {
    let (mut bench, mut world) = (Bench::new(), World::new());
    bench.walk_to(State::Queued, &mut world);
    bench.tick(61_000);
    bench.answer("attendedsysupgrade info", rpc_error(-32002));
    bench.answer("session login", ok(json!({"ubus_rpc_session": "old"})));
    bench.walk_to(State::Uploading, &mut world);
    bench.answer("LOOK", common::page(200, ""));
    bench.answer("attendedsysupgrade info", rpc_error(-32002));
    bench.walk_to(State::Done, &mut world);
}

#[test]
fn a_refusal_after_renewing_is_about_permission() {
    let (mut bench, mut world) =
        fail_at(State::Testing, "attendedsysupgrade test", rpc_error(-32002));
    let login = bench.open.remove(0);
    let reply = world.reply(&login);
    bench.send(Msg::Replied {
        id: id_of(&login).unwrap(),
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
    bench.answer("LOOK", page(200, ""));
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
                id: id_of(&effect).unwrap(),
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
            let id = id_of(&effect).unwrap();
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

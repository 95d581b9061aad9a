//! A reload goes on where the page was, and two tabs do not spoil each other's work.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use asu_view::{Action, Edit, Effect, Msg, Options, Reply, State};
use common::{
    Bench, SHA, World, assert_trouble, built, describe, down, http, ok, page, rpc_error, tree,
};
use serde_json::{Value, json};

/// What the page last asked to remember.
fn remembered(bench: &Bench) -> Value {
    let last = bench.log.iter().rev().find_map(|effect| match effect {
        Effect::Remember(text) => Some(serde_json::from_str(text).unwrap()),
        _ => None,
    });
    last.unwrap()
}

/// The same page, loaded anew some seconds later.
fn reload(before: &Bench) -> Bench {
    let mut bench = Bench::at(
        before.now + 3_000,
        Options {
            remembered: Some(tree(&remembered(before))),
            ..Options::default()
        },
    );
    bench.tick(1);
    bench
}

fn asked(bench: &Bench, what: &str) -> bool {
    bench
        .log
        .iter()
        .any(|effect| describe(effect).contains(what))
}

#[test]
fn every_state_after_the_request_survives_a_reload() {
    for state in [
        State::Requesting,
        State::Queued,
        State::Building,
        State::Downloading,
        State::Checking,
        State::Uploading,
        State::Verifying,
        State::Testing,
        State::Confirm,
        State::Flashing,
        State::Rebooting,
    ] {
        let (mut bench, mut world) = (Bench::new(), World::new());
        bench.walk_to(state, &mut world);
        if state == State::Flashing {
            // The router took the order, but its answer never came.
            bench.answer("LOOK", page(200, ""));
            let _ = world.reply(&bench.open[0]);
        }
        assert!(!remembered(&bench).to_string().contains("admin"));
        let mut bench = reload(&bench);
        let is_past_plan = |bench: &Bench| bench.state() != State::Plan;
        for _ in 0..80 {
            assert!(is_past_plan(&bench), "{} began anew", state.name());
            match bench.state() {
                State::Done => break,
                State::Confirm => bench.press(Action::Flash),
                State::Login if bench.open.is_empty() => bench.log_in(),
                _ if bench.open.is_empty() => bench.tick(2_500),
                _ => bench.step(&mut world),
            }
        }
        assert_eq!(
            bench.state(),
            State::Done,
            "{}: {}",
            state.name(),
            bench.text()
        );
        assert!(
            bench.text().contains("exactly what was promised"),
            "{} forgot the promise",
            state.name()
        );
        let report = bench.field("report");
        assert!(
            report.contains("from: 23.05.5\n"),
            "{}: {report}",
            state.name()
        );
        assert!(
            report.contains("restart took: 0:"),
            "{}: {report}",
            state.name()
        );
    }
}

#[test]
fn what_the_router_holds_is_not_sent_again() {
    let (mut bench, mut world) = (Bench::new(), World::new());
    bench.walk_to(State::Confirm, &mut world);
    let mut bench = reload(&bench);
    bench.settle(&mut world);
    assert_eq!(bench.state(), State::Confirm);
    assert!(!asked(&bench, "DOWNLOAD") && !asked(&bench, "UPLOAD"));
    world.status = "idle";
    let mut bench = reload(&bench);
    bench.walk_to(State::Confirm, &mut world);
    assert!(asked(&bench, "DOWNLOAD") && asked(&bench, "UPLOAD"));
}

/// A build with something chosen of everything, in the queue.
fn chosen(script: &str) -> (Bench, World) {
    let image = |filesystem: &str| json!({"filesystem": filesystem, "type": "sysupgrade", "name": filesystem});
    let (mut bench, mut world) = (Bench::new(), World::planning());
    world.images = json!([image("squashfs"), image("ext4")]);
    bench.walk_to(State::Plan, &mut world);
    for edit in [
        Edit::Filesystem("ext4".into()),
        Edit::Partition("512".into()),
        Edit::Version("24.10.0-rc1".into()),
        Edit::Script(script.into()),
    ] {
        bench.send(Msg::Edit(edit));
        bench.settle(&mut world);
    }
    let without = bench.find_label("Leave out htop").unwrap();
    bench.press(without);
    bench.settle(&mut world);
    bench.walk_to(State::Queued, &mut world);
    (bench, world)
}

#[test]
fn what_was_chosen_survives_a_reload_but_for_the_script() {
    for script in ["", "uci set wireless.key=hunter2"] {
        let (bench, mut world) = chosen(script);
        assert!(!remembered(&bench).to_string().contains("hunter2"));
        let mut bench = reload(&bench);
        bench.walk_to(State::Queued, &mut world);
        // Somebody looks at the choices once more.
        bench.press(Action::Cancel);
        bench.walk_to(State::Plan, &mut world);
        let question = bench.posted("/api/v1/plan").pop().unwrap();
        for (name, value) in [
            ("to", json!("24.10.0-rc1")),
            ("filesystem", json!("ext4")),
            ("rootfs_size_mb", json!(512)),
            ("remove", json!(["htop"])),
        ] {
            assert_eq!(question[name], value, "{name}");
        }
        assert!(
            bench.text().contains("Do without htop"),
            "with its way back"
        );
        let said = "first-boot script was not kept";
        assert_eq!(bench.text().contains(said), !script.is_empty());
        bench.press(Action::Request);
        let request = bench.posted("/api/v1/build").pop().unwrap();
        assert_eq!(request.get("defaults"), None);
    }
}

#[test]
fn the_image_taken_after_a_reload_has_the_chosen_filesystem() {
    let (bench, mut world) = chosen("");
    let mut bench = reload(&bench);
    bench.walk_to(State::Queued, &mut world);
    let mut built = built();
    for (filesystem, name) in [
        ("ext4", "y-sysupgrade.bin"),
        ("squashfs", "x-sysupgrade.bin"),
    ] {
        let image = json!({"filesystem": filesystem, "name": name, "type": "sysupgrade", "sha256": SHA, "size": 7_000_000});
        built["images"].as_array_mut().unwrap().insert(0, image);
    }
    bench.answer("GET http://server/api/v1/build/abc", http(200, &built));
    assert!(
        asked(&bench, "DOWNLOAD http://server/store/abc/y-sysupgrade.bin"),
        "{:?}",
        bench.log.last()
    );
}

#[test]
fn a_cancelled_upgrade_is_not_gone_on_with() {
    let (mut bench, mut world) = (Bench::new(), World::new());
    bench.walk_to(State::Building, &mut world);
    bench.press(Action::Cancel);
    let mut bench = reload(&bench);
    bench.settle(&mut world);
    assert_eq!(bench.state(), State::Overview);
}

#[test]
fn an_error_is_still_there_after_a_reload() {
    let (mut bench, mut world) = (Bench::new(), World::new());
    bench.walk_to(State::Queued, &mut world);
    let failed = http(
        500,
        &json!({"status": 500, "detail": "Error: no space left on the disk", "cause": "build-failed"}),
    );
    while !bench
        .open
        .iter()
        .any(|effect| describe(effect).contains("/build/abc"))
    {
        bench.tick(2_500);
    }
    bench.answer("/build/abc", failed.clone());
    assert_trouble(&bench, "build-failed");
    let mut bench = reload(&bench);
    while bench.state() != State::Requesting {
        bench.step(&mut world);
    }
    bench.answer("POST", failed);
    assert_trouble(&bench, "build-failed");
}

#[test]
fn a_second_tab_waits_or_takes_over() {
    let (mut bench, mut world) = (Bench::new(), World::new());
    world.mark = "12 900000000".into();
    bench.walk_to(State::Uploading, &mut world);
    bench.answer("LOOK", page(200, &world.mark));
    assert_trouble(&bench, "other-tab");
    assert!(!asked(&bench, "UPLOAD"));
    assert!(bench.text().contains("Go on here instead"));
    bench.press(Action::Retry);
    let mark = bench.log.iter().rev().find_map(|effect| match effect {
        Effect::Mark(text) => Some(text.clone()),
        _ => None,
    });
    world.mark = mark.unwrap();
    bench.walk_to(State::Done, &mut world);
    assert!(
        bench.log.contains(&Effect::Mark(String::new())),
        "the mark goes with the work"
    );
}

#[test]
fn a_tab_that_was_taken_over_stops() {
    for state in [State::Uploading, State::Testing] {
        let (mut bench, mut world) = (Bench::new(), World::new());
        bench.walk_to(state, &mut world);
        while asked(&bench, "UPLOAD") == (state == State::Uploading) {
            if state != State::Uploading {
                break;
            }
            bench.step(&mut world);
        }
        if state == State::Uploading {
            bench.answer("LOOK", page(200, ""));
            bench.answer("attendedsysupgrade info", ok(world.info()));
        }
        bench.tick(6_000);
        bench.answer("LOOK", page(200, "99 900000000"));
        assert_trouble(&bench, "other-tab");
    }
    // Where a person decides, it shows when they do.
    let (mut bench, mut world) = (Bench::new(), World::new());
    bench.walk_to(State::Confirm, &mut world);
    bench.press(Action::Flash);
    bench.answer("LOOK", page(200, "99 900000000"));
    assert_trouble(&bench, "other-tab");
    assert!(!asked(&bench, "attendedsysupgrade start"));
    bench.press(Action::Back);
    assert!(
        !asked(&bench, "attendedsysupgrade clean"),
        "the image is the other tab's"
    );
}

#[test]
fn old_marks_and_nonsense_do_not_count() {
    for mark in ["12 5", "", "x", "a b", "12 x"] {
        let (mut bench, mut world) = (Bench::new(), World::new());
        bench.walk_to(State::Uploading, &mut world);
        bench.now += 10;
        bench.answer("LOOK", page(200, mark));
        bench.walk_to(State::Done, &mut world);
    }
}

fn hosted() -> (Bench, World) {
    let options = Options {
        session: Some("old".into()),
        relogin: true,
        ..Options::default()
    };
    (Bench::with(options), World::new())
}

#[test]
fn a_host_that_logs_in_is_told_of_an_ended_session() {
    let (mut bench, mut world) = hosted();
    bench.walk_to(State::Testing, &mut world);
    bench.answer("attendedsysupgrade test", rpc_error(-32002));
    bench.answer("session access", rpc_error(-32002));
    assert_trouble(&bench, "session-expired");
    assert!(bench.log.contains(&Effect::Expired));
    assert!(!bench.text().contains("Password"));
    bench.press(Action::Retry);
    bench.walk_to(State::Confirm, &mut world);
}

#[test]
fn a_living_session_means_that_permission_is_missing() {
    let (mut bench, mut world) = hosted();
    bench.walk_to(State::Testing, &mut world);
    bench.answer("attendedsysupgrade test", rpc_error(-32002));
    bench.answer("session access", ok(json!({"access": true})));
    bench.answer("attendedsysupgrade test", rpc_error(-32002));
    assert_trouble(&bench, "permission-denied");
    assert!(!bench.log.contains(&Effect::Expired));
}

#[test]
fn a_hosted_view_never_asks_for_a_password() {
    for reply in [down(), Reply::TimedOut, rpc_error(-32002)] {
        let (mut bench, mut world) = hosted();
        bench.walk_to(State::Rebooting, &mut world);
        bench.press(Action::Cancel);
        assert_trouble(&bench, "no-answer");
        bench.press(Action::Retry);
        bench.tick(2_500);
        bench.answer("attendedsysupgrade info", reply);
        assert_ne!(bench.state(), State::Login);
    }
    let (mut bench, _) = hosted();
    bench.press(Action::Cancel);
    assert_trouble(&bench, "stopped");
    bench.send(Msg::Press(Action::Back));
    assert_ne!(bench.state(), State::Login);
}

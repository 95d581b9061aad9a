//! The ordinary way, from the login to the new release, with everything it promises.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use asu_view::{Action, Edit, Effect, Msg, Options, Pick, State};
use common::{Bench, SHA, World, describe};
use serde_json::{Value, json};

fn bodies(bench: &Bench, what: &str) -> Vec<Value> {
    bench
        .log
        .iter()
        .filter(|effect| describe(effect) == what)
        .map(|effect| match effect {
            Effect::Http {
                body: Some(body), ..
            }
            | Effect::Build {
                body: Some(body), ..
            } => serde_json::from_str(body).unwrap(),
            _ => Value::Null,
        })
        .collect()
}

#[test]
fn a_router_is_upgraded() {
    let (mut bench, mut world) = (Bench::new(), World::new());
    assert_eq!(bench.state(), State::Login);
    bench.walk_to(State::Overview, &mut world);
    assert!(bench.text().contains("TP-Link Archer C7 v5"));
    bench.walk_to(State::Plan, &mut world);
    let plan = bench.text();
    for words in [
        "Upgrade to OpenWrt 24.10.2",
        "auc",
        "owut",
        "nftables took the place of iptables",
        "libustream-mbedtls",
        "In another version 2",
        "compared package lists itself",
    ] {
        assert!(plan.contains(words), "{words} in {plan}");
    }
    bench.walk_to(State::Queued, &mut world);
    assert!(bench.text().contains("2 builds are ahead of yours"));
    bench.walk_to(State::Building, &mut world);
    bench.walk_to(State::Confirm, &mut world);
    assert_eq!(bench.field("sha256"), SHA);
    bench.walk_to(State::Done, &mut world);
    assert_eq!(bench.field("version"), "24.10.2");
    assert_eq!(bench.field("packages"), "5");
    assert!(
        bench
            .text()
            .contains("All 2 packages in the image are exactly what was promised.")
    );
    assert!(!bench.model.is_waiting());
}

#[test]
fn the_request_says_exactly_what_was_shown() {
    let (mut bench, mut world) = (Bench::new(), World::new());
    bench.walk_to(State::Queued, &mut world);
    let request = &bodies(&bench, "POST http://server/api/v1/build")[0];
    assert_eq!(
        *request,
        json!({
            "distro": "openwrt", "version": "24.10.2", "target": "ath79/generic", "profile": "tplink_archer-c7-v5",
            "packages": ["firewall4", "htop", "libustream-mbedtls", "luci", "owut"], "diff_packages": true,
            "filesystem": "squashfs", "client": "asu-view/0.1.0",
        })
    );
}

#[test]
fn settings_are_kept_unless_unticked() {
    for keep in [true, false] {
        let (mut bench, mut world) = (Bench::new(), World::new());
        bench.walk_to(State::Confirm, &mut world);
        if !keep {
            bench.send(Msg::Edit(Edit::Keep(false)));
            assert!(bench.text().contains("All settings will be erased."));
        }
        bench.press(Action::Flash);
        bench.answer("LOOK", common::page(200, ""));
        let call = &bodies(&bench, "attendedsysupgrade start")[0];
        assert_eq!(call["params"][3], json!({"keep": keep}));
    }
}

#[test]
fn a_router_that_runs_the_newest_release_may_be_rebuilt() {
    let (mut bench, mut world) = (Bench::new(), World::new());
    world.version = "24.10.2";
    world.revision = "r28739-d9340319c6";
    bench.walk_to(State::Current, &mut world);
    assert!(bench.text().contains("Your router is up to date"));
    bench.press(Action::Request);
    bench.walk_to(State::Done, &mut world);
}

#[test]
fn another_version_is_planned_anew() {
    let (mut bench, mut world) = (Bench::new(), World::new());
    bench.walk_to(State::Plan, &mut world);
    bench.send(Msg::Edit(Edit::Version("23.05.5".into())));
    assert_eq!(bench.state(), State::Planning);
    bench.settle(&mut world);
    assert_eq!(
        bench
            .page()
            .find(&|main| main.get("id") == Some("asu"))
            .unwrap()
            .get("data-version"),
        Some("23.05.5")
    );
    bench.send(Msg::Edit(Edit::Version("1.2.3".into())));
    assert_ne!(
        bench.state(),
        State::Planning,
        "a version nobody offers is not searched for"
    );
}

#[test]
fn what_the_release_does_not_have_must_be_left_out_by_hand() {
    let (mut bench, mut world) = (Bench::new(), World::new());
    world.packages["adguardhome"] = json!("1");
    bench.walk_to(State::Problems, &mut world);
    assert!(bench.text().contains("does not have adguardhome"));
    assert!(!bench.has_button(Action::Request));
    bench.send(Msg::Press(Action::Request));
    assert_eq!(bench.state(), State::Problems, "not even by a forged press");
    bench.press(Action::Pick(Pick::Remedy, 0, 0));
    assert_eq!(
        bench.state(),
        State::Plan,
        "nothing needs to be loaded again"
    );
    bench.press(Action::Pick(Pick::Undo, 0, 0));
    assert_eq!(bench.state(), State::Problems);
    bench.press(Action::Pick(Pick::Remedy, 0, 0));
    bench.press(Action::Request);
    let request = &bodies(&bench, "POST http://server/api/v1/build")[0];
    assert!(
        !request["packages"]
            .as_array()
            .unwrap()
            .contains(&json!("adguardhome"))
    );
}

#[test]
fn a_reload_while_building_goes_on_with_the_same_build() {
    let (mut bench, mut world) = (Bench::new(), World::new());
    bench.walk_to(State::Building, &mut world);
    let remembered = bench.log.iter().rev().find_map(|effect| match effect {
        Effect::Remember(text) => Some(text.clone()),
        _ => None,
    });
    assert!(
        !remembered.as_ref().unwrap().contains("admin"),
        "passwords are never stored"
    );
    let remembered = remembered.map(|text| common::tree(&serde_json::from_str(&text).unwrap()));
    let mut again = Bench::with(Options {
        remembered,
        ..Options::default()
    });
    again.walk_to(State::Confirm, &mut world);
    assert!(bodies(&again, "POST http://server/api/v1/build").is_empty());
    assert!(bodies(&again, "session login").is_empty());
}

#[test]
fn the_session_outlives_a_long_build() {
    let (mut bench, mut world) = (Bench::new(), World::new());
    bench.walk_to(State::Queued, &mut world);
    let before = bodies(&bench, "attendedsysupgrade info").len();
    for _ in 0..120 {
        bench.tick(5_000);
        let polls: Vec<Effect> = bench.open.drain(..).collect();
        for effect in polls {
            let id = common::id_of(&effect).unwrap();
            let reply = if describe(&effect).contains("/api/v1/build/") {
                common::http(
                    202,
                    &json!({"status": 202, "detail": "queued", "queue_position": 7}),
                )
            } else {
                world.reply(&effect)
            };
            bench.send(Msg::Replied { id, reply });
        }
    }
    assert_eq!(bench.state(), State::Queued);
    let touched = bodies(&bench, "attendedsysupgrade info").len() - before;
    assert!((8..=12).contains(&touched), "{touched} in ten minutes");
}

#[test]
fn cancelling_removes_the_image_from_the_router() {
    for state in [State::Verifying, State::Testing, State::Confirm] {
        let (mut bench, mut world) = (Bench::new(), World::new());
        bench.walk_to(state, &mut world);
        bench.press(Action::Cancel);
        assert_eq!(bench.state(), State::Plan);
        assert_eq!(
            bodies(&bench, "attendedsysupgrade clean").len(),
            1,
            "{}",
            state.name()
        );
    }
}

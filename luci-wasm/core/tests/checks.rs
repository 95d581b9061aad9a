//! What is told before anything is built: image, memory, settings.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use asu_view::{Action, Edit, Msg, State};
use common::{Bench, World, http, ok, planner};
use serde_json::{Value, json};

fn planned(mut world: World) -> (Bench, World) {
    let mut bench = Bench::new();
    bench.walk_to(State::Plan, &mut world);
    (bench, world)
}

fn image(kind: &str) -> Value {
    json!({"filesystem": "squashfs", "type": kind, "name": kind, "size": 7_000_000})
}

#[test]
fn what_is_well_is_said() {
    for plans in [true, false] {
        let (bench, _) = planned(World {
            plans,
            images: json!([image("sysupgrade")]),
            ..World::new()
        });
        let text = bench.text();
        assert!(
            text.contains("an image for this router, of the kind “sysupgrade”"),
            "{text}"
        );
        assert_eq!(
            text.contains("Your settings can be kept."),
            plans,
            "only a server knows"
        );
        assert_eq!(
            text.contains("whether your settings can be kept;"),
            !plans,
            "{text}"
        );
    }
}

#[test]
fn a_release_without_an_image_for_the_router_is_not_built() {
    for plans in [true, false] {
        let (bench, _) = planned(World {
            plans,
            images: json!([image("factory"), image("initramfs-kernel")]),
            ..World::new()
        });
        let text = bench.text();
        assert!(
            text.contains("it has only: factory, initramfs-kernel. Choose another"),
            "{text}"
        );
        assert!(!bench.has_button(Action::Request));
    }
}

#[test]
fn a_router_that_starts_by_efi_needs_such_an_image() {
    let (bench, _) = planned(World {
        router: json!({"efi": true, "target": "x86/64"}),
        images: json!([image("combined")]),
        ..World::planning()
    });
    assert!(
        bench
            .text()
            .contains("starts by EFI, and OpenWrt 24.10.2 has no image for that")
    );
    assert!(!bench.has_button(Action::Request));
}

#[test]
fn memory_is_compared_with_the_image() {
    let cases = [
        (
            json!({"tmp_free": 6_000_000}),
            "will take at least 7.0 MB, but only 6.0 MB",
        ),
        (
            json!({"tmp_free": 9_000_000}),
            "needs some more to write it, but only 9.0 MB",
        ),
        (
            json!({"memory_available": 10_000_000}),
            "but only 10.0 MB are free",
        ),
        (
            json!({"memory_available": 90_000_000}),
            "at least 7.0 MB, fits into the router’s memory: 60.0 MB",
        ),
    ];
    for (router, words) in cases {
        let (bench, _) = planned(World {
            router,
            images: json!([image("sysupgrade")]),
            ..World::new()
        });
        assert!(bench.text().contains(words), "{words} in {}", bench.text());
        assert!(bench.has_button(Action::Request), "memory can be freed");
    }
}

#[test]
fn the_larger_of_plan_and_stock_image_counts_and_nothing_is_told_twice() {
    let (bench, _) = planned(World {
        router: json!({"tmp_free": 13_000_000}),
        images: json!([image("sysupgrade")]),
        ..World::planning()
    });
    let text = bench.text();
    assert!(
        text.contains("Free some memory first."),
        "the server's own words"
    );
    assert!(!text.contains("only 13.0 MB are free"), "{text}");
}

#[test]
fn settings_that_cannot_be_kept_are_told_and_not_kept() {
    let (mut bench, mut world) = (Bench::new(), World::planning());
    bench.walk_to(State::Planning, &mut world);
    let place = bench
        .open
        .iter()
        .position(|effect| common::describe(effect).ends_with("/plan"));
    let question = common::question(&bench.open[place.unwrap()]);
    let mut plan = serde_json::to_value(planner::plan(&question)).unwrap();
    plan["warnings"] =
        json!([{"code": "compat-version", "text": "Settings cannot be kept: the switch."}]);
    bench.answer("/api/v1/plan", http(200, &plan));
    bench.settle(&mut world);
    let text = bench.text();
    assert!(text.contains("Settings cannot be kept: the switch."));
    assert!(text.contains("“Keep settings” is therefore switched off"));
    assert!(!text.contains("Your settings can be kept."));
    bench.walk_to(State::Confirm, &mut world);
    assert!(bench.text().contains("All settings will be erased."));
    bench.send(Msg::Edit(Edit::Keep(true)));
    assert!(
        !bench.text().contains("All settings will be erased."),
        "the router's word counts"
    );
}

#[test]
fn the_router_is_summed_up() {
    let (mut bench, mut world) = (Bench::new(), World::new());
    world.router = json!({
        "memory_total": 128_000_000, "memory_available": 32_000_000, "overlay_free": 3_200_000,
    });
    bench.walk_to(State::Overview, &mut world);
    let text = bench.text();
    for words in [
        "TP-Link Archer C7 v5",
        "23.05.5",
        "ath79/generic",
        "5 packages",
        "3.2 MB",
        "60.0 MB",
        "32.0 MB of 128.0 MB",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }
    let silent = ok(json!({"target": "ath79/generic", "board_name": "x", "version": "1.0"}));
    let mut bench = Bench::new();
    bench.walk_to(State::Identifying, &mut world);
    bench.answer("attendedsysupgrade info", silent);
    bench.settle(&mut world);
    assert!(!bench.text().contains("Free for"), "nothing is made up");
}

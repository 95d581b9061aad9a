//! What can be chosen of an image beside its packages, and of the releases.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use asu_view::node::Element;
use asu_view::{Action, Edit, Msg, Node, Pick, State};
use common::{Bench, World, planned};
use serde_json::{Value, json};

const MIB: u64 = 1 << 20;

fn asked(bench: &Bench) -> Value {
    bench.posted("/api/v1/plan").pop().unwrap()
}

fn edit(bench: &mut Bench, world: &mut World, edit: Edit) {
    bench.send(Msg::Edit(edit));
    bench.settle(world);
}

/// The values and words of a choice on the page.
fn options(bench: &Bench, id: &str) -> Vec<(String, String)> {
    let page = bench.page();
    let Some(select) = page.find(&|element| element.get("id") == Some(id)) else {
        return Vec::new();
    };
    let option = |node: &Node| match node {
        Node::Element(option) => Some((option.get("value")?.to_owned(), node.text())),
        Node::Text(_) => None,
    };
    select.children.iter().filter_map(option).collect()
}

fn values(bench: &Bench, id: &str) -> Vec<String> {
    options(bench, id)
        .into_iter()
        .map(|(value, _)| value)
        .collect()
}

fn chosen(bench: &Bench, id: &str) -> String {
    let page = bench.page();
    let select = page.find(&|element| element.get("id") == Some(id)).unwrap();
    select.get("data-value").unwrap().to_owned()
}

fn disk(size: u64) -> World {
    World {
        router: json!({"rootfs_size": size, "rootfs_type": "ext4", "overlay_free": 10 * MIB}),
        ..World::planning()
    }
}

#[test]
fn a_router_without_a_system_partition_is_not_asked_for_its_size() {
    let (bench, _) = planned(World::planning());
    assert!(options(&bench, "asu-partition").is_empty());
    assert!(options(&bench, "asu-filesystem").is_empty());
    assert!(bench.text().contains("First-boot script"));
    assert_eq!(asked(&bench)["rootfs_size_mb"], Value::Null);
}

#[test]
fn the_system_partition_keeps_its_size_until_another_is_chosen() {
    let (mut bench, mut world) = planned(disk(104 * MIB));
    assert_eq!(
        values(&bench, "asu-partition"),
        ["0", "104", "128", "256", "512", "1024"]
    );
    assert_eq!(options(&bench, "asu-partition")[1].1, "104 MB, as now");
    assert_eq!(chosen(&bench, "asu-partition"), "104");
    assert_eq!(asked(&bench)["rootfs_size_mb"], 104);
    edit(&mut bench, &mut world, Edit::Partition("256".into()));
    let question = asked(&bench);
    assert_eq!(question["rootfs_size_mb"], 256);
    assert_eq!(question["router"]["rootfs_size"], 256 * MIB);
    assert_eq!(
        question["router"]["overlay_free"],
        162 * MIB,
        "there is more room"
    );
    edit(&mut bench, &mut world, Edit::Partition("300".into()));
    assert_eq!(bench.posted("/api/v1/plan").len(), 2, "not offered");
    edit(&mut bench, &mut world, Edit::Partition("0".into()));
    assert_eq!(asked(&bench)["rootfs_size_mb"], Value::Null);
}

#[test]
fn what_the_server_does_not_make_is_said() {
    let world = World {
        limits: json!({"max_custom_rootfs_size_mb": 300}),
        ..disk(2048 * MIB)
    };
    let (bench, _) = planned(world);
    assert_eq!(values(&bench, "asu-partition"), ["0", "128", "256"]);
    assert_eq!(chosen(&bench, "asu-partition"), "0");
    let text = bench.text();
    assert!(
        text.contains("now has 2147.4 MB, and this server makes none of that size"),
        "{text}"
    );
}

#[test]
fn the_size_set_for_owut_is_kept() {
    let world = World {
        config: json!({"owut": {"rootfs_size": "300"}}),
        ..disk(104 * MIB)
    };
    let (bench, _) = planned(world);
    assert_eq!(chosen(&bench, "asu-partition"), "300");
    assert_eq!(asked(&bench)["rootfs_size_mb"], 300);
}

fn image(filesystem: &str) -> Value {
    json!({"filesystem": filesystem, "type": "sysupgrade", "name": filesystem})
}

#[test]
fn a_filesystem_is_chosen_only_where_there_are_several() {
    for plans in [true, false] {
        let (mut bench, mut world) = planned(World {
            images: json!([image("squashfs"), image("ext4")]),
            plans,
            ..World::new()
        });
        assert_eq!(values(&bench, "asu-filesystem"), ["squashfs", "ext4"]);
        assert_eq!(options(&bench, "asu-filesystem")[0].1, "squashfs, as now");
        assert_eq!(chosen(&bench, "asu-filesystem"), "squashfs");
        edit(&mut bench, &mut world, Edit::Filesystem("ubifs".into()));
        edit(&mut bench, &mut world, Edit::Filesystem("ext4".into()));
        assert_eq!(chosen(&bench, "asu-filesystem"), "ext4");
        edit(&mut bench, &mut world, Edit::Partition("512".into()));
        bench.press(Action::Request);
        let request = bench.posted("/api/v1/build").pop().unwrap();
        assert_eq!(request["filesystem"], "ext4");
        if !plans {
            assert_eq!(request["rootfs_size_mb"], 512);
        }
    }
}

/// The request for a build on a router whose owner set a filesystem for owut.
fn with_fstype(fstype: &str, plans: bool) -> (Bench, Value) {
    let (mut bench, _) = planned(World {
        images: json!([image("squashfs"), image("ext4")]),
        config: json!({"owut": {"fstype": fstype}}),
        plans,
        ..World::new()
    });
    bench.press(Action::Request);
    let request = bench.posted("/api/v1/build").pop().unwrap();
    bench.press(Action::Cancel);
    (bench, request)
}

#[test]
fn the_filesystem_set_for_owut_is_chosen_at_first() {
    for plans in [true, false] {
        let (bench, request) = with_fstype("ext4", plans);
        assert_eq!(chosen(&bench, "asu-filesystem"), "ext4");
        assert_eq!(request["filesystem"], "ext4");
        // The device has no such images, or there is no such filesystem.
        for missing in ["ubifs", "nonsense", ""] {
            let (bench, request) = with_fstype(missing, plans);
            assert_eq!(chosen(&bench, "asu-filesystem"), "squashfs", "{missing}");
            assert_eq!(request["filesystem"], "squashfs", "{missing}");
        }
    }
}

#[test]
fn a_release_without_the_chosen_filesystem_gets_the_routers_own() {
    for plans in [true, false] {
        let (mut bench, mut world) = planned(World {
            images: json!([image("squashfs"), image("ext4")]),
            plans,
            ..World::new()
        });
        edit(&mut bench, &mut world, Edit::Filesystem("ext4".into()));
        world.images = json!([image("squashfs")]);
        edit(&mut bench, &mut world, Edit::Version("24.10.0-rc1".into()));
        assert_eq!(bench.state(), State::Plan);
        bench.press(Action::Request);
        let request = bench.posted("/api/v1/build").pop().unwrap();
        assert_eq!(request["filesystem"], "squashfs");
    }
}

#[test]
fn a_script_goes_into_the_request() {
    for plans in [true, false] {
        let (mut bench, mut world) = planned(World {
            plans,
            ..World::new()
        });
        let script = "uci set system.@system[0].hostname='a\"b'\n";
        bench.send(Msg::Edit(Edit::Script(script.into())));
        let text = bench.text();
        assert!(text.contains("41 of 20480 bytes"), "{text}");
        assert!(text.contains("leaves your network"));
        assert!(text.contains("Your first-boot script goes into it."));
        bench.press(Action::Request);
        let request = bench.posted("/api/v1/build").pop().unwrap();
        assert_eq!(request["defaults"], script);
        assert_eq!(request["client"], "asu-view/0.1.0");
        bench.walk_to(State::Done, &mut world);
    }
}

#[test]
fn a_script_that_is_too_long_is_told_while_it_is_typed() {
    let (mut bench, _) = planned(World {
        limits: json!({"allow_defaults": true, "max_defaults_length": 10}),
        ..World::planning()
    });
    bench.send(Msg::Edit(Edit::Script("ÄÖÜÄÖÜ".into())));
    assert!(
        bench
            .text()
            .contains("2 bytes longer than this build server takes")
    );
    assert!(!bench.has_button(Action::Request));
    bench.send(Msg::Edit(Edit::Script("ÄÖÜÄÖ".into())));
    assert!(bench.has_button(Action::Request));
    bench.send(Msg::Edit(Edit::Script(" \n".into())));
    bench.press(Action::Request);
    let request = bench.posted("/api/v1/build").pop().unwrap();
    assert_eq!(request.get("defaults"), None, "nothing is nothing");
}

#[test]
fn a_server_that_takes_no_scripts_gets_none() {
    let (mut bench, _) = planned(World {
        limits: json!({"allow_defaults": false}),
        ..World::planning()
    });
    assert!(bench.text().contains("puts no scripts into images"));
    bench.send(Msg::Edit(Edit::Script("x".into())));
    bench.press(Action::Request);
    let request = bench.posted("/api/v1/build").pop().unwrap();
    assert_eq!(request.get("defaults"), None);
}

#[test]
fn a_script_does_not_outlive_its_author() {
    let (mut bench, mut world) = planned(World::planning());
    bench.send(Msg::Edit(Edit::Script("wifi password".into())));
    bench.press(Action::Logout);
    bench.walk_to(State::Plan, &mut world);
    assert!(!bench.text().contains("wifi password"));
}

fn channels(bench: &Bench) -> Vec<(String, bool)> {
    let page = bench.page();
    let group = page.find(&|element| element.get("class") == Some("channels"));
    let button = |node: &Node| match node {
        Node::Element(button) => Some((node.text(), button.get("aria-pressed") == Some("true"))),
        Node::Text(_) => None,
    };
    group.unwrap().children.iter().filter_map(button).collect()
}

fn link(bench: &Bench) -> Option<String> {
    let page = bench.page();
    let is_link = |element: &Element| element.tag == "a" && element.get("rel") == Some("noopener");
    let href = page.find(&is_link)?.get("href")?;
    Some(href.to_owned())
}

#[test]
fn the_running_release_can_be_built_again() {
    let (mut bench, mut world) = planned(World::planning());
    let stable = ("Stable".to_owned(), true);
    let rebuild = |on| ("Rebuild the installed one".to_owned(), on);
    assert_eq!(channels(&bench), [stable, rebuild(false)]);
    let notes = "https://openwrt.org/releases/24.10/notes-24.10.2";
    assert_eq!(link(&bench).as_deref(), Some(notes));
    bench.press(Action::Pick(Pick::Channel, 3, 0));
    bench.settle(&mut world);
    assert_eq!(bench.state(), State::Current);
    assert!(channels(&bench).contains(&rebuild(true)));
    assert_eq!(values(&bench, "asu-version"), ["23.05.5"]);
    assert!(bench.text().contains("Build OpenWrt 23.05.5 again"));
    bench.press(Action::Pick(Pick::Channel, 0, 0));
    bench.settle(&mut world);
    assert_eq!(bench.state(), State::Plan);
    assert_eq!(chosen(&bench, "asu-version"), "24.10.2");
}

#[test]
fn all_versions_open_the_other_channels() {
    let (mut bench, mut world) = planned(World::planning());
    bench.send(Msg::Edit(Edit::Advanced(true)));
    assert!(channels(&bench).contains(&("Testing".to_owned(), false)));
    bench.press(Action::Pick(Pick::Channel, 1, 0));
    bench.settle(&mut world);
    assert_eq!(chosen(&bench, "asu-version"), "24.10.0-rc1");
}

#[test]
fn the_configured_channel_goes_first() {
    let world = World {
        config: json!({"client": {"channel": "installed"}}),
        ..World::planning()
    };
    let (mut bench, mut world) = (Bench::new(), world);
    bench.walk_to(State::Current, &mut world);
    assert_eq!(chosen(&bench, "asu-version"), "23.05.5");
}

#[test]
fn settings_of_the_router_open_what_is_folded_and_search() {
    let client = json!({".type": "client", ".index": 1, "advanced_mode": "1", "auto_search": "1"});
    let (mut bench, mut world) = (Bench::new(), World::planning());
    world.config = json!({"cfg02abcd": client});
    bench.walk_to(State::Login, &mut world);
    bench.log_in();
    bench.settle(&mut world);
    assert_eq!(bench.state(), State::Plan, "nobody had to press anything");
    let page = bench.page();
    let folded = page.find(&|element| element.get("class") == Some("options"));
    assert!(folded.unwrap().get("open").is_some());
    assert!(channels(&bench).contains(&("Testing".to_owned(), false)));
    bench.press(Action::Back);
    assert_eq!(
        bench.state(),
        State::Overview,
        "a way back to the server's address"
    );
}

#[test]
fn another_distribution_has_no_notes_of_openwrt() {
    let (bench, _) = planned(World {
        router: json!({"distribution": "Example"}),
        ..World::planning()
    });
    assert_eq!(link(&bench), None);
}

#[test]
fn a_plan_made_here_asks_before_it_goes_back() {
    let (mut bench, mut world) = (Bench::new(), World::new());
    world.version = "24.10.2";
    world.revision = "r28739-d9340319c6";
    world.packages = json!({"luci": "1"});
    bench.walk_to(State::Current, &mut world);
    edit(&mut bench, &mut world, Edit::Version("23.05.5".into()));
    assert!(bench.text().contains("23.05.5 is older than 24.10.2"));
    assert!(!bench.has_button(Action::Request));
    edit(&mut bench, &mut world, Edit::Consent(true));
    assert!(bench.has_button(Action::Request));
}

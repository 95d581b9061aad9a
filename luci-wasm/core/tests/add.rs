//! Adding packages by name.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use asu_protocol::plan::PlanRequest;
use asu_view::{Action, Edit, Effect, Msg, Pick, Reply, State};
use common::{Bench, World, describe, page, planned};

const LISTS: [&str; 2] = ["index.json", "mips_24kc-index.json"];

fn added(bench: &Bench) -> Vec<String> {
    let last = bench.posted("/api/v1/plan").pop().unwrap();
    let asked: PlanRequest = serde_json::from_value(last).unwrap();
    asked.add.iter().map(ToString::to_string).collect()
}

fn lists_asked(bench: &Bench) -> usize {
    let is_list = |effect: &&Effect| describe(effect).ends_with("/mips_24kc-index.json");
    bench.log.iter().filter(is_list).count()
}

fn write(bench: &mut Bench, text: &str) {
    bench.send(Msg::Edit(Edit::Add(text.into())));
}

fn suggested(bench: &Bench) -> Vec<String> {
    let page = bench.page();
    let list = page.find(&|element| element.tag == "datalist").unwrap();
    let options = list.children.iter().filter_map(|option| match option {
        asu_view::Node::Element(option) => option.get("value").map(str::to_owned),
        asu_view::Node::Text(_) => None,
    });
    options.collect()
}

#[test]
fn names_are_read_when_the_field_is_used_and_completed() {
    let (mut bench, mut world) = planned(World::planning());
    assert_eq!(lists_asked(&bench), 0);
    write(&mut bench, "l");
    assert!(bench.text().contains("Reading the list of packages"));
    write(&mut bench, "lib");
    bench.settle(&mut world);
    assert_eq!(lists_asked(&bench), 1, "once");
    assert_eq!(suggested(&bench), ["libustream-mbedtls"]);
    write(&mut bench, "htop,wol");
    assert!(suggested(&bench).is_empty());
    write(&mut bench, "htop lu");
    assert_eq!(suggested(&bench), ["htop luci"], "the others stay");
}

#[test]
fn an_added_package_is_asked_for_and_can_be_undone() {
    let (mut bench, mut world) = planned(World::planning());
    write(&mut bench, " libustream-mbedtls,firewall4 ");
    bench.settle(&mut world);
    bench.press(Action::Add);
    assert_eq!(added(&bench), ["firewall4", "libustream-mbedtls"]);
    bench.settle(&mut world);
    assert_eq!(bench.state(), State::Plan);
    assert!(bench.text().contains("Add libustream-mbedtls"));
    bench.press(Action::Pick(Pick::Undo, 0, 0));
    bench.settle(&mut world);
    assert_eq!(added(&bench), ["firewall4"]);
    assert_eq!(lists_asked(&bench), 1, "the list outlives a new plan");
}

#[test]
fn who_is_faster_than_the_list_does_not_press_twice() {
    let (mut bench, mut world) = planned(World::planning());
    write(&mut bench, "libustream-mbedtls");
    bench.press(Action::Add);
    assert_eq!(bench.state(), State::Plan);
    bench.settle(&mut world);
    assert_eq!(added(&bench), ["libustream-mbedtls"]);
}

#[test]
fn an_unknown_name_is_told_at_once_with_those_that_are_like_it() {
    let (mut bench, mut world) = planned(World::planning());
    write(&mut bench, "firewal4");
    bench.settle(&mut world);
    bench.press(Action::Add);
    assert_eq!(bench.state(), State::Plan, "the server is not asked");
    let text = bench.text();
    assert!(
        text.contains("OpenWrt 24.10.2 has no package “firewal4”."),
        "{text}"
    );
    let near = bench.find_label("Add firewall4").unwrap();
    bench.press(near);
    assert_eq!(added(&bench), ["firewall4"]);
    bench.settle(&mut world);
    write(&mut bench, "Luci");
    bench.press(Action::Add);
    assert!(bench.text().contains("luci is in the image already."));
}

#[test]
fn without_a_list_the_server_decides() {
    for reply in [page(500, ""), Reply::TimedOut, page(200, "<html>")] {
        let (mut bench, mut world) = planned(World::planning());
        write(&mut bench, "ghostly");
        for list in LISTS {
            bench.answer(list, reply.clone());
        }
        assert!(bench.text().contains("list of packages could not be read"));
        write(&mut bench, "ghostly;");
        assert_eq!(lists_asked(&bench), 1, "nobody asks at every letter");
        bench.press(Action::Add);
        assert!(bench.text().contains("has no package “ghostly;”"));
        write(&mut bench, "ghostly");
        bench.press(Action::Add);
        assert_eq!(added(&bench), ["ghostly"]);
        bench.settle(&mut world);
        assert_eq!(bench.state(), State::Plan);
    }
}

#[test]
fn a_plan_made_here_takes_wishes_too() {
    let (mut bench, mut world) = planned(World::new());
    let read = lists_asked(&bench);
    write(&mut bench, "base-files, owut");
    assert_eq!(lists_asked(&bench), read, "they are known");
    bench.press(Action::Add);
    assert!(bench.text().contains("owut is in the image already."));
    write(&mut bench, "base-files");
    bench.press(Action::Add);
    assert_eq!(bench.state(), State::Plan);
    assert!(bench.text().contains("added as you wished"));
    bench.press(Action::Request);
    let request = bench.posted("/api/v1/build").pop().unwrap();
    let packages = request["packages"].as_array().unwrap();
    assert!(packages.contains(&"base-files".into()), "{packages:?}");
    bench.walk_to(State::Done, &mut world);
}

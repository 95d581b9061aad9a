//! Plans of the server, and the ways a person changes them.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use asu_protocol::plan::PlanRequest;
use asu_view::{Action, Edit, Msg, Pick, Reply, State};
use common::{Bench, World, assert_trouble, describe, down, http, page};
use serde_json::{Value, json};

const POST: &str = "POST http://server/api/v1/plan";

fn planned() -> (Bench, World) {
    planned_with(&[])
}

fn planned_with(more: &[&str]) -> (Bench, World) {
    let (mut bench, mut world) = (Bench::new(), World::planning());
    for name in more {
        world.packages[*name] = json!("1");
    }
    let goal = if more.is_empty() {
        State::Plan
    } else {
        State::Problems
    };
    bench.walk_to(goal, &mut world);
    (bench, world)
}

fn questions(bench: &Bench) -> Vec<PlanRequest> {
    let asked = bench.log.iter().filter(|effect| describe(effect) == POST);
    asked.map(common::question).collect()
}

fn names(list: &[asu_protocol::name::PackageName]) -> Vec<&str> {
    list.iter().map(AsRef::as_ref).collect()
}

fn built(bench: &Bench) -> Value {
    bench.posted("/api/v1/build").pop().unwrap()
}

fn group(bench: &Bench, title: &str) -> String {
    let page = bench.page();
    let found = page.find(&|element| {
        let name = |inner: &asu_view::node::Element| inner.get("class") == Some("title");
        let own = asu_view::Node::Element(element.clone());
        element.tag == "details"
            && own
                .find(&name)
                .is_some_and(|found| asu_view::Node::Element(found.clone()).text() == title)
    });
    asu_view::Node::Element(found.unwrap().clone()).text()
}

#[test]
fn the_server_is_asked_what_the_router_says_of_itself() {
    let (bench, _) = planned();
    let asked = &questions(&bench)[0];
    assert_eq!(asked.version.as_str(), "23.05.5");
    assert_eq!(asked.revision, "r24106-10cc5fcd00");
    assert_eq!(
        asked.profile.as_ref().unwrap().as_str(),
        "tplink,archer-c7-v5"
    );
    assert_eq!(asked.to.as_deref(), Some("24.10.2"));
    assert_eq!(asked.packages.0.len(), 5);
    assert_eq!(asked.router.tmp_free, Some(60_000_000));
    assert_eq!(asked.filesystem.as_deref(), Some("squashfs"));
    assert!(asked.add.is_empty() && asked.remove.is_empty() && !asked.allow_downgrade);
}

#[test]
fn everything_a_plan_says_is_shown() {
    let (bench, _) = planned();
    let text = bench.text();
    for words in [
        "This is the newest stable release for your router.",
        "5 packages come along. 1 is replaced. 1 is removed. 1 is added. 1 becomes older.",
        "r24106-10cc5fcd00 · opkg",
        "r28739-d9340319c6 · apk",
        "Free some memory first.",
        "12.3 MB of the 15.0 MB there are for the system",
        "400 kB less",
        "Use luci-app-attendedsysupgrade instead: in the browser",
        "Use firewall instead",
        "Everything in the new image 3",
        "libnothing",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }
    assert!(group(&bench, "Replaced").contains("auc  becomes  owut"));
    assert!(group(&bench, "Replaced").contains('7'), "with its version");
    assert!(!group(&bench, "Added").contains("owut"), "told once");
    assert!(group(&bench, "In an older version").contains("older"));
    assert!(group(&bench, "Unchanged").contains("luci"));
    assert!(!text.contains("compared package lists itself"));
}

#[test]
fn the_plans_own_request_is_built() {
    let (mut bench, mut world) = planned();
    bench.press(Action::Request);
    assert_eq!(
        built(&bench),
        json!({
            "distro": "openwrt", "version": "24.10.2", "version_code": "r28739-d9340319c6", "target": "ath79/generic",
            "profile": "tplink_archer-c7-v5", "packages": ["luci", "owut"], "diff_packages": true,
            "filesystem": "squashfs", "client": "asu-view/0.1.0",
        })
    );
    bench.walk_to(State::Done, &mut world);
}

#[test]
fn packages_are_searched_by_name() {
    let (mut bench, _) = planned();
    bench.send(Msg::Edit(Edit::Filter(" OWU".into())));
    assert!(group(&bench, "Replaced").contains("auc"));
    assert!(!group(&bench, "In a newer version").contains("htop"));
    assert!(bench.text().contains("1 of 3"), "of the whole image");
    bench.send(Msg::Edit(Edit::Filter("<b>".into())));
    assert!(
        bench
            .text()
            .contains("No package here has “<b>” in its name.")
    );
    assert_eq!(questions(&bench).len(), 1, "nobody is asked for that");
}

#[test]
fn an_alternative_takes_the_place_of_what_was_chosen() {
    let (mut bench, mut world) = planned();
    bench.press(Action::Pick(Pick::Instead, 0, 0));
    assert_eq!(bench.state(), State::Planning);
    let asked = questions(&bench).pop().unwrap();
    assert_eq!(names(&asked.add), ["luci-app-attendedsysupgrade"]);
    assert_eq!(names(&asked.remove), ["owut"]);
    bench.settle(&mut world);
    assert_eq!(bench.state(), State::Plan);
    assert!(
        bench
            .text()
            .contains("Use luci-app-attendedsysupgrade instead of auc")
    );
    bench.press(Action::Pick(Pick::Undo, 0, 0));
    let asked = questions(&bench).pop().unwrap();
    assert!(asked.add.is_empty() && asked.remove.is_empty());
    bench.settle(&mut world);
    assert!(!bench.text().contains("Your changes"));
}

#[test]
fn another_provider_can_be_taken() {
    let (mut bench, _) = planned();
    bench.press(Action::Pick(Pick::Provider, 0, 0));
    let asked = questions(&bench).pop().unwrap();
    assert_eq!(names(&asked.add), ["firewall"]);
    assert_eq!(names(&asked.remove), ["firewall4"]);
}

#[test]
fn packages_can_be_left_out_but_not_standard_ones() {
    let (mut bench, mut world) = planned();
    assert!(bench.find_label("Leave out base-files").is_none());
    let without = bench.find_label("Leave out htop").unwrap();
    bench.press(without);
    bench.settle(&mut world);
    assert!(group(&bench, "Removed").contains("htop"));
    let documents = bench
        .log
        .iter()
        .filter(|effect| describe(effect).ends_with("v5.json"));
    assert_eq!(documents.count(), 1, "what is standard is asked for once");
}

#[test]
fn problems_have_their_chain_and_their_remedies() {
    let (mut bench, mut world) = planned_with(&["adguardhome"]);
    let text = bench.text();
    assert!(text.contains("One thing stands in the way"));
    assert!(text.contains("adguardhome needs libghost, which 24.10.2 does not have."));
    for name in ["libbar", "libghost"] {
        assert!(text.contains(&format!("needs  {name}")), "{text}");
    }
    let page = bench.page();
    let best = page.find(&|element| element.get("data-action") == Some("remedy-0-0"));
    assert_eq!(best.unwrap().get("class"), Some("primary"));
    bench.press(Action::Pick(Pick::Remedy, 0, 0));
    bench.settle(&mut world);
    assert_eq!(bench.state(), State::Plan);
    assert!(bench.text().contains("Do without adguardhome"));
    bench.press(Action::Pick(Pick::Undo, 0, 0));
    bench.settle(&mut world);
    assert_eq!(bench.state(), State::Problems);
    bench.walk_to(State::Done, &mut world);
}

#[test]
fn several_problems_can_be_solved_at_once() {
    let (mut bench, mut world) = planned_with(&["adguardhome", "ghost"]);
    assert!(bench.text().contains("2 things stand in the way"));
    bench.press(Action::Pick(Pick::Everything, 0, 0));
    bench.settle(&mut world);
    assert_eq!(bench.state(), State::Plan);
    assert!(
        bench.has_button(Action::Pick(Pick::Undo, 1, 0)),
        "each can be undone"
    );
}

#[test]
fn what_solves_everything_is_told_once() {
    let (mut bench, mut world) = (Bench::new(), World::planning());
    bench.walk_to(State::Planning, &mut world);
    let problem = |name: &str| {
        json!({"code": "c", "text": format!("No {name}."), "packages": [name], "remedies": [
            common::remedy(name, false), common::remedy("all of it", true),
        ]})
    };
    let problems = json!({"status": 422, "problems": [problem("a"), problem("b"), {"text": "x"}]});
    bench.answer(POST, http(422, &problems));
    assert_eq!(bench.state(), State::Problems);
    assert_eq!(bench.text().matches("Do without all of it").count(), 1);
    assert!(bench.text().contains("No change of packages is known"));
    let remedies = [(0, 1), (0, 0), (1, 0)].map(|(a, b)| Action::Pick(Pick::Remedy, a, b));
    let is_remedy = |button: &Action| matches!(button, Action::Pick(Pick::Remedy, ..));
    let shown: Vec<Action> = bench.buttons().into_iter().filter(is_remedy).collect();
    assert_eq!(shown, remedies);
}

#[test]
fn an_older_release_needs_a_tick() {
    let (mut bench, mut world) = (Bench::new(), World::planning());
    world.version = "24.10.2";
    world.revision = "r28739-d9340319c6";
    bench.walk_to(State::Current, &mut world);
    bench.send(Msg::Edit(Edit::Version("23.05.5".into())));
    bench.settle(&mut world);
    assert!(bench.text().contains("Go on although the release is older"));
    assert!(!bench.has_button(Action::Request));
    bench.send(Msg::Edit(Edit::Consent(true)));
    assert!(questions(&bench).pop().unwrap().allow_downgrade);
    bench.settle(&mut world);
    assert!(bench.has_button(Action::Request));
    assert!(
        bench.text().contains("Go on although the release is older"),
        "the tick can be taken back"
    );
    bench.send(Msg::Edit(Edit::Version("24.10.2".into())));
    assert!(
        !questions(&bench).pop().unwrap().allow_downgrade,
        "it was about that release only"
    );
}

#[test]
fn a_cancelled_change_is_taken_back() {
    let (mut bench, _) = planned();
    bench.press(Action::Pick(Pick::Instead, 0, 0));
    assert!(bench.text().contains("Planning anew"));
    bench.press(Action::Cancel);
    assert_eq!(bench.state(), State::Plan);
    assert!(!bench.text().contains("Your changes"));
}

#[test]
fn a_server_that_makes_no_plans_is_asked_once() {
    let odd = http(200, &json!({"changes": "none", "to": {}}));
    let refused =
        json!({"status": 400, "detail": "Unsupported version: x", "cause": "unsupported-version"});
    for reply in [
        page(404, "<h1>"),
        http(405, &json!({"detail": "Method Not Allowed"})),
        http(
            422,
            &json!({"detail": [{"loc": ["body", "packages"], "msg": "m", "input": "x"}]}),
        ),
        http(400, &refused),
        page(500, "Internal Server Error"),
        page(200, "<html>"),
        odd,
        down(),
    ] {
        let (mut bench, mut world) = (Bench::new(), World::new());
        bench.walk_to(State::Planning, &mut world);
        let said = reply == http(400, &refused);
        bench.answer(POST, reply);
        bench.settle(&mut world);
        assert_eq!(bench.state(), State::Plan);
        assert!(bench.text().contains("compared package lists itself"));
        assert_eq!(
            bench
                .text()
                .contains("The server says: “Unsupported version: x”"),
            said
        );
        bench.send(Msg::Edit(Edit::Version("23.05.5".into())));
        bench.settle(&mut world);
        assert_eq!(questions(&bench).len(), 1);
    }
}

#[test]
fn a_server_that_is_busy_is_asked_again() {
    for (reply, cause) in [
        (page(503, ""), "server-unavailable"),
        (http(429, &json!({})), "too-many-requests"),
        (Reply::TimedOut, "server-timeout"),
    ] {
        let (mut bench, mut world) = planned();
        bench.press(Action::Pick(Pick::Instead, 0, 0));
        bench.answer(POST, reply);
        assert_trouble(&bench, cause);
        bench.press(Action::Retry);
        bench.settle(&mut world);
        assert!(
            bench
                .text()
                .contains("Use luci-app-attendedsysupgrade instead of auc")
        );
    }
}

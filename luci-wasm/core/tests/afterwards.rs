//! After the order to flash: what is seen of the restart, and what is left of it.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use asu_view::{Action, Edit, Msg, State};
use common::{Bench, World, down, page};

fn waiting(keep: bool) -> (Bench, World) {
    let (mut bench, mut world) = (Bench::new(), World::new());
    bench.walk_to(State::Confirm, &mut world);
    bench.send(Msg::Edit(Edit::Keep(keep)));
    bench.walk_to(State::Rebooting, &mut world);
    (bench, world)
}

/// The item of the time line that is under way.
fn now(bench: &Bench) -> String {
    let page = bench.page();
    let item = page.find(&|element| {
        element.tag == "li"
            && element.get("class") == Some("now")
            && element.get("aria-current").is_none()
    });
    asu_view::Node::Element(item.unwrap().clone()).text()
}

#[test]
fn the_time_line_tells_what_can_be_seen() {
    let (mut bench, mut world) = waiting(true);
    assert!(now(&bench).contains("gets ready"));
    bench.tick(2_500);
    bench.answer("info", down());
    assert!(now(&bench).contains("writes its flash"));
    assert!(bench.text().contains("after 0:02"));
    bench.walk_to(State::Done, &mut world);
}

#[test]
fn the_default_address_is_watched_where_settings_are_erased() {
    let (mut bench, _) = waiting(false);
    bench.tick(2_500);
    bench.answer("info", down());
    assert!(!bench.text().contains("Something answers"));
    bench.answer("KNOCK http://192.168.1.1/", page(200, ""));
    assert!(
        bench
            .text()
            .contains("Something answers at the default address")
    );
    let page = bench.page();
    let link = page.find(&|element| element.get("href") == Some("http://192.168.1.1/"));
    assert_eq!(link.unwrap().get("rel"), Some("noopener noreferrer"));

    let (mut bench, _) = waiting(true);
    bench.tick(2_500);
    bench.answer("info", down());
    assert!(bench.open.is_empty() && !bench.text().contains("192.168.1.1"));
}

#[test]
fn a_report_for_copying_has_no_secrets() {
    let (mut bench, mut world) = waiting(true);
    bench.walk_to(State::Done, &mut world);
    let report = bench.field("report");
    for line in [
        "device: TP-Link Archer C7 v5\n",
        "from: 23.05.5\n",
        "to: 24.10.2\n",
        "server: http://server\n",
        "settings: kept\n",
        "result: as promised\n",
    ] {
        assert!(report.contains(line), "{line} in {report}");
    }
    assert!(!report.contains("admin") && !report.contains("old") && !report.contains("root"));
    let page = bench.page();
    let notes = page.find(&|element| {
        element
            .get("href")
            .is_some_and(|address| address.contains("notes"))
    });
    let address = notes.unwrap().get("href").unwrap();
    assert_eq!(address, "https://openwrt.org/releases/24.10/notes-24.10.2");
    assert!(bench.has_button(Action::Restart));
}

//! What a person sees and may do while servers work.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use asu_view::{Action, Body, Edit, Effect, Msg, Reply, State};
use common::{Bench, SHA, World, assert_trouble, built, describe, down, http, id_of, page};
use serde_json::{Value, json};

fn queued(token: &str) -> Reply {
    let mut answer = json!({"status": 202, "detail": "queued", "request_hash": "abc", "queue_position": 2, "estimate_seconds": 150});
    if !token.is_empty() {
        answer["cancel_token"] = token.into();
    }
    http(202, &answer)
}

/// In the queue of a server that knows cancelling, or does not.
fn in_queue(token: &str) -> (Bench, World) {
    let (mut bench, mut world) = (Bench::new(), World::new());
    bench.walk_to(State::Requesting, &mut world);
    bench.answer("POST", queued(token));
    assert_eq!(bench.state(), State::Queued);
    (bench, world)
}

fn follow(bench: &Bench) -> Option<u32> {
    let mut open = bench.open.iter();
    id_of(open.find(|effect| matches!(effect, Effect::Follow { .. }))?)
}

fn asked(bench: &Bench, what: &str) -> usize {
    let all = bench.log.iter();
    all.filter(|effect| describe(effect).contains(what)).count()
}

#[test]
fn the_servers_estimate_is_shown() {
    let (mut bench, _) = in_queue("");
    assert!(bench.text().contains("it is finished in about 3 minutes"));
    bench.now += 100_000;
    bench.send(Msg::Tick);
    assert!(bench.text().contains("it is finished in about 1 minute."));
}

#[test]
fn what_the_builder_says_is_shown_where_it_is_told() {
    let (bench, _) = in_queue("");
    assert_eq!(
        follow(&bench),
        None,
        "an official server has no such stream"
    );
    let (mut bench, mut world) = in_queue("secret");
    let id = follow(&bench).unwrap();
    let text = "event: output\ndata: Installing <b>htop</b>\n\n".to_owned();
    bench.send(Msg::Said { id, text });
    assert!(bench.text().contains("What the builder says"));
    assert!(bench.text().contains("Installing <b>htop</b>"));
    // News make the view ask at once; the stream outlives the change of state.
    let text = "event: status\ndata: {}\n\n".to_owned();
    bench.send(Msg::Said { id, text });
    bench.tick(1);
    bench.answer(
        "GET http://server/api/v1/build/abc",
        http(
            202,
            &json!({"status": 202, "detail": "started", "imagebuilder_status": "building_image"}),
        ),
    );
    assert_eq!((bench.state(), follow(&bench)), (State::Building, Some(id)));
    bench.open.retain(|effect| id_of(effect) != Some(id));
    bench.walk_to(State::Done, &mut world);
}

#[test]
fn a_stream_that_ends_is_opened_again_and_a_refused_one_is_not() {
    for (reply, again) in [
        (page(200, ""), true),
        (down(), true),
        (page(503, ""), false),
    ] {
        let (mut bench, _) = in_queue("secret");
        bench.answer("FOLLOW", reply);
        for _ in 0..6 {
            bench.tick(10_000);
            bench.answer("GET", queued(""));
        }
        assert_eq!(follow(&bench).is_some(), again);
        assert_eq!(bench.state(), State::Queued);
    }
}

#[test]
fn cancelling_tells_the_server_that_knows_it() {
    for (token, told) in [("secret", 1), ("", 0)] {
        let (mut bench, _) = in_queue(token);
        bench.press(Action::Cancel);
        assert_eq!(asked(&bench, "DELETE http://server/api/v1/build/abc"), told);
        let shown = bench.log.iter().any(
            |effect| matches!(effect, Effect::Build { body: None, token, .. } if token == "secret"),
        );
        assert_eq!(shown, told == 1);
    }
    // A finished image is not withdrawn.
    let (mut bench, mut world) = in_queue("secret");
    bench.answer("FOLLOW", page(503, ""));
    world.polls = 9;
    bench.walk_to(State::Downloading, &mut world);
    bench.press(Action::Cancel);
    assert_eq!(asked(&bench, "DELETE"), 0);
}

fn with(settings: Value) -> (Bench, World) {
    let (bench, mut world) = (Bench::new(), World::new());
    world.settings = settings;
    (bench, world)
}

#[test]
fn the_next_server_is_asked_when_one_does_not_help() {
    for reply in [
        down(),
        Reply::TimedOut,
        page(503, ""),
        page(404, ""),
        page(200, "<html>"),
    ] {
        let (mut bench, mut world) =
            with(json!({"url": "http://first", "fallback": ["http://second", "http://server"]}));
        bench.walk_to(State::Searching, &mut world);
        bench.answer("http://first/json", reply.clone());
        assert_eq!(bench.state(), State::Searching);
        bench.answer("http://second/json", reply);
        bench.walk_to(State::Plan, &mut world);
        assert!(bench.text().contains("http://second did not help"));
        assert!(bench.text().contains("so http://server is used"));
    }
    let (mut bench, mut world) = with(json!({"url": "http://first", "fallback": "http://second"}));
    bench.walk_to(State::Searching, &mut world);
    bench.answer("http://first/json", down());
    bench.answer("http://second/json", down());
    assert_trouble(&bench, "server-unreachable");
    bench.press(Action::Retry);
    assert!(
        asked(&bench, "http://first/json") == 2,
        "the first choice comes first again"
    );
}

#[test]
fn an_address_somebody_typed_is_not_replaced() {
    let (mut bench, mut world) = with(json!({"fallback": "http://second"}));
    bench.walk_to(State::Overview, &mut world);
    bench.send(Msg::Edit(Edit::Server("http://mine".into())));
    bench.press(Action::Search);
    bench.answer("http://mine/json", down());
    assert_trouble(&bench, "server-unreachable");
}

fn twin(sum: &str) -> Reply {
    let mut answer = built();
    answer["images"][1]["sha256"] = sum.into();
    http(200, &answer)
}

#[test]
fn other_servers_are_asked_for_the_same_and_never_waited_for() {
    for (reply, words) in [
        (twin(SHA), "http://other built exactly the same."),
        (twin("bb"), "http://other built something else."),
        (down(), "http://other gave no image to compare."),
        (page(404, ""), "http://other gave no image to compare."),
        (queued(""), "http://other is still building it."),
    ] {
        let (mut bench, mut world) = with(json!({"rebuilder": ["http://other", "http://server"]}));
        bench.walk_to(State::Downloading, &mut world);
        assert_eq!(asked(&bench, "POST http://other/api/v1/build"), 1);
        assert_eq!(
            asked(&bench, "POST http://server/api/v1/build"),
            1,
            "not itself"
        );
        bench.answer("http://other", reply);
        bench.walk_to(State::Confirm, &mut world);
        assert!(bench.text().contains(words), "{words} in {}", bench.text());
        assert_eq!(bench.text().contains("tampered"), words.contains("else"));
        assert!(bench.has_button(Action::Flash));
    }
}

#[test]
fn a_slow_rebuilder_is_asked_again_and_given_up_in_the_end() {
    let (mut bench, mut world) = with(json!({"rebuilder": "http://other"}));
    bench.walk_to(State::Downloading, &mut world);
    bench.answer("POST http://other", queued(""));
    bench.walk_to(State::Confirm, &mut world);
    assert!(bench.model.is_waiting());
    bench.tick(11_000);
    bench.answer("GET http://other/api/v1/build/abc", twin(SHA));
    assert!(bench.text().contains("built exactly the same") && !bench.model.is_waiting());

    let (mut bench, mut world) = with(json!({"rebuilder": "http://other"}));
    bench.walk_to(State::Downloading, &mut world);
    bench.answer("POST http://other", queued(""));
    bench.walk_to(State::Confirm, &mut world);
    bench.tick(1_000_000);
    assert!(bench.text().contains("gave no image") && !bench.model.is_waiting());
    bench.press(Action::Cancel);
    assert!(
        bench
            .open
            .iter()
            .all(|effect| !describe(effect).contains("other"))
    );
}

#[test]
fn what_is_compared_is_before_the_signature() {
    let (mut bench, mut world) = with(json!({"rebuilder": "http://other"}));
    bench.walk_to(State::Requesting, &mut world);
    let mut ours = built();
    ours["images"][1]["sha256_unsigned"] = "cc".into();
    ours["rebuilds"] = json!([{"server": "http://third", "same": true}]);
    bench.answer("POST http://server", http(200, &ours));
    let mut theirs = ours.clone();
    theirs["images"][1]["sha256"] = "dd".into();
    bench.answer("POST http://other", http(200, &theirs));
    bench.walk_to(State::Confirm, &mut world);
    assert!(
        bench
            .text()
            .contains("http://other built exactly the same.")
    );
    assert!(
        bench
            .text()
            .contains("http://third built exactly the same.")
    );
}

#[test]
fn a_transfer_tells_its_pace() {
    let (mut bench, mut world) = (Bench::new(), World::new());
    bench.walk_to(State::Downloading, &mut world);
    let id = id_of(&bench.open[0]).unwrap();
    bench.now += 2_000;
    let (done, total) = (1_000_000, Some(7_000_000));
    bench.send(Msg::Progress { id, done, total });
    assert!(bench.text().contains("1.0 MB of 7.0 MB · 14 %"));
    assert!(bench.text().contains("500 kB a second · 0:12 left"));
}

/// Sending the image for some time already, with that many bytes gone.
fn uploading(seconds: u64, done: u64) -> Bench {
    let (mut bench, mut world) = (Bench::new(), World::new());
    bench.walk_to(State::Uploading, &mut world);
    while asked(&bench, "UPLOAD") == 0 {
        bench.step(&mut world);
    }
    bench.now += seconds * 1_000;
    let (id, total) = (id_of(&bench.open[0]).unwrap(), Some(7_000_000));
    bench.send(Msg::Progress { id, done, total });
    bench
}

#[test]
fn an_upload_that_takes_too_long_for_uhttpd_is_foreseen_and_explained() {
    assert!(!uploading(10, 3_000_000).text().contains("60 seconds"));
    let warned = uploading(10, 500_000);
    assert!(warned.text().contains("takes longer than the 60 seconds"));
    for reply in [page(502, "<h1>Bad Gateway</h1>"), down()] {
        let mut bench = uploading(60, 3_000_000);
        bench.answer("UPLOAD", reply.clone());
        assert_trouble(&bench, "upload-too-slow");
        assert!(bench.text().contains("script_timeout"));
        let mut bench = uploading(5, 3_000_000);
        bench.answer("UPLOAD", reply);
        assert_trouble(&bench, "upload-interrupted");
    }
}

#[test]
fn a_backup_is_saved_before_the_flash() {
    for (reply, words) in [
        (page(200, ""), "among the downloads"),
        (page(403, ""), "may not read the settings"),
        (page(404, ""), "no cgi-backup"),
        (page(500, ""), "HTTP status 500"),
        (down(), "broke off"),
        (Reply::TimedOut, "stood still"),
    ] {
        let (mut bench, mut world) = (Bench::new(), World::new());
        bench.walk_to(State::Confirm, &mut world);
        bench.press(Action::Backup);
        assert!(!bench.has_button(Action::Backup), "once at a time");
        assert!(
            matches!(bench.open.last(), Some(Effect::Save { session, .. }) if session == "old")
        );
        bench.answer("SAVE /backup", reply);
        assert!(bench.text().contains(words), "{words}");
        assert!(bench.has_button(Action::Backup));
        bench.walk_to(State::Done, &mut world);
    }
}

const SIGNATURE: &str = "untrusted comment: x\nRWSKESVdFK72yAAAAAAAAAAAAAAAAAAAAAAA\n";

/// At the router's judgement of a signed image, whose key it knows or does not.
fn signed(known: bool) -> (Bench, World) {
    let (mut bench, mut world) = (Bench::new(), World::new());
    bench.walk_to(State::Checking, &mut world);
    bench.step(&mut world);
    let text = Body::Text(SIGNATURE.into());
    bench.answer(
        "x-sysupgrade.bin.sig",
        Reply::Http {
            status: 200,
            body: text,
        },
    );
    bench.walk_to(State::Verifying, &mut world);
    let path = "/etc/opkg/keys/8a11255d14aef6c8";
    let key = if known {
        common::ok(json!({"path": path}))
    } else {
        common::ubus_status(4)
    };
    bench.answer("file stat", key);
    (bench, world)
}

#[test]
fn the_router_judges_a_signature_by_a_key_it_knows() {
    let (mut bench, mut world) = signed(true);
    let sent = bench.open.iter().any(|effect| {
        matches!(effect, Effect::Http { body: Some(body), .. } if body.contains("untrusted comment"))
    });
    assert!(sent, "the router gets the signature");
    bench.walk_to(State::Confirm, &mut world);
    assert!(
        bench
            .text()
            .contains("Good: made with a key that this router trusts.")
    );

    let (mut bench, _) = signed(true);
    let refusal = json!({"valid": false, "sha256": "", "error": "No key in /etc/opkg/keys made this signature."});
    bench.answer("attendedsysupgrade verify", common::ok(refusal));
    assert_trouble(&bench, "bad-signature");

    let (mut bench, mut world) = signed(false);
    bench.walk_to(State::Confirm, &mut world);
    assert!(
        bench
            .text()
            .contains("made with the key 8a11255d14aef6c8, which this router does not have")
    );

    let (mut bench, mut world) = (Bench::new(), World::new());
    bench.walk_to(State::Confirm, &mut world);
    assert!(
        bench
            .text()
            .contains("this server does not sign its images")
    );
}

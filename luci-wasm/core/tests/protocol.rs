//! The view reads answers by hand; here they are compared with the protocol's own types.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::collections::BTreeMap;

use asu_protocol::build::BuildAnswer;
use asu_protocol::overview::{Branch, Overview, PackageChange};
use asu_protocol::plan::{Fate, PlanProblem};
use asu_protocol::problem::PackageProblem;
use asu_protocol::profiles::Image;
use asu_protocol::router::{RouterInfo, TestReply};
use asu_view::json::map;
use asu_view::{Json, read};
use common::tree;
use proptest::prelude::*;
use serde::Serialize;

fn sent(answer: &impl Serialize) -> Json {
    tree(&serde_json::to_value(answer).unwrap())
}

fn branch() -> Branch {
    Branch {
        name: "24.10".into(),
        enabled: true,
        snapshot: true,
        path: "releases/{version}".into(),
        path_packages: String::new(),
        branch_off_rev: Some(27990),
        package_changes: vec![
            PackageChange {
                source: "auc".into(),
                target: Some("owut".into()),
                revision: 26792,
                mandatory: true,
            },
            PackageChange {
                source: "gone".into(),
                target: None,
                revision: 1,
                mandatory: false,
            },
        ],
        versions: vec!["24.10.2".into()],
        targets: BTreeMap::from([("ath79/generic".into(), "mips_24kc".into())]),
    }
}

#[test]
fn an_overview_is_read_as_it_was_written() {
    let written = Overview {
        latest: vec!["24.10.2".into()],
        branches: BTreeMap::from([("24.10".into(), branch())]),
        ..Overview::default()
    };
    let read = read::overview(&sent(&written)).unwrap();
    assert_eq!(
        (read.latest, read.branches),
        (written.latest, vec![branch()])
    );
    assert_eq!(read::overview(&Json::Null), None);
}

#[test]
fn a_router_is_read_as_it_was_written() {
    let text = |word: &str| word.to_owned();
    let written = RouterInfo {
        distribution: text("OpenWrt"),
        version: text("23.05.5"),
        revision: text("r1"),
        target: text("ath79/generic"),
        arch: text("mips_24kc"),
        board_name: text("a,b"),
        model: text("A B"),
        rootfs_type: text("squashfs"),
        efi: true,
        package_manager: text("opkg"),
        tmp_free: Some(1),
        memory_total: Some(2),
        memory_available: Some(3),
        overlay_free: Some(4),
        rootfs_size: Some(5),
        compat_version: text("1.0"),
    };
    assert_eq!(read::router(&sent(&written)), written);
    let nothing = RouterInfo::default();
    assert_eq!(read::router(&sent(&nothing)), nothing);
}

#[test]
fn a_build_is_read_as_it_was_written() {
    let image = Image {
        filesystem: "squashfs".into(),
        name: "x.bin".into(),
        sha256: "ab".into(),
        size: Some(7),
        kind: "sysupgrade".into(),
        ..Image::default()
    };
    let problem = PackageProblem {
        name: "p".into(),
        reason: "r".into(),
        remedy: "m".into(),
    };
    let written = BuildAnswer {
        status: 202,
        detail: "started".into(),
        request_hash: "abc".into(),
        imagebuilder_status: "init".into(),
        queue_position: Some(3),
        bin_dir: "dir".into(),
        version_number: "24.10.2".into(),
        images: vec![image.clone()],
        manifest: BTreeMap::from([("luci".into(), "1".into())]),
        stdout: "out".into(),
        stderr: "err".into(),
        cause: "c".into(),
        hint: "h".into(),
        packages: vec![problem.clone()],
        ..BuildAnswer::default()
    };
    let read = read::build(&sent(&written)).unwrap();
    assert_eq!(read.detail, written.detail);
    assert_eq!(read.request_hash, written.request_hash);
    assert_eq!(read.stage, written.imagebuilder_status);
    assert_eq!(read.position, Some(3));
    assert_eq!(read.bin_dir, written.bin_dir);
    assert_eq!(read.version_number, written.version_number);
    assert_eq!(read.images, [image]);
    assert_eq!(read.manifest, written.manifest);
    assert_eq!(read.log, "out\nerr");
    assert_eq!((read.cause, read.hint), (written.cause, written.hint));
    assert_eq!(read.packages, [problem]);
}

#[test]
fn a_test_is_read_as_it_was_written() {
    let written = TestReply {
        valid: true,
        forceable: true,
        allow_backup: true,
        tests: BTreeMap::from([("good".into(), true), ("bad".into(), false)]),
        error: "e".into(),
    };
    let read = read::test(&sent(&written));
    assert!(read.valid && read.allow_backup);
    assert_eq!(
        (read.failed, read.error),
        (vec!["bad".to_owned()], written.error)
    );
}

#[test]
fn a_plan_is_read_as_it_was_written() {
    let mut bench = common::Bench::new();
    bench.walk_to(asu_view::State::Planning, &mut common::World::planning());
    let asked = common::question(&bench.open[0]);
    let written = common::plan(&asked);
    let read = read::plan(&sent(&written)).unwrap();
    assert_eq!(read.profile, written.profile.unwrap().to_string());
    assert_eq!((read.from, read.to), (written.from, written.to));
    assert_eq!(read.because, written.because);
    assert_eq!(read.changes, written.changes);
    assert_eq!(read.install, written.install);
    assert_eq!(read.choices, written.choices);
    assert_eq!(read.warnings, written.warnings);
    assert_eq!(read.size, Some(written.size));
    assert_eq!(read.request, Some(sent(&written.request)));
    assert!(!read.is_own);
}

#[test]
fn problems_are_read_as_they_were_written() {
    let problem = PlanProblem {
        code: "conflict".into(),
        text: "t".into(),
        packages: vec!["a".into()],
        chain: vec!["a".into(), "b".into()],
        remedies: vec![common::remedy("a", true), common::remedy("b", false)],
    };
    let answer = serde_json::json!({"problems": [problem]});
    assert_eq!(read::problems(&tree(&answer)), [problem]);
}

#[test]
fn a_plan_of_a_newer_server_is_still_read() {
    let bare = serde_json::json!({"to": {"version": "1"}, "changes": [{"name": "a", "fate": "moved", "x": 1}], "new": []});
    let plan = read::plan(&tree(&bare)).unwrap();
    assert_eq!(plan.changes[0].fate, Fate::Changed);
    assert_eq!((plan.size, plan.request), (None, None));
    for none in [
        serde_json::json!({"changes": []}),
        serde_json::json!({"to": {"version": "1"}}),
    ] {
        assert_eq!(read::plan(&tree(&none)), None);
    }
}

fn fate() -> impl Strategy<Value = Fate> {
    prop::sample::select(vec![
        Fate::Kept,
        Fate::Upgraded,
        Fate::Changed,
        Fate::Downgraded,
        Fate::Replaced,
        Fate::Dropped,
        Fate::Added,
    ])
}

proptest! {
    #[test]
    fn any_change_is_read_as_it_was_written(name in ".*", reason in ".*", fate in fate(), growth in any::<Option<i32>>()) {
        let change = asu_protocol::plan::PackageChange { reason, ..common::change(&name, fate, ["1", ""]) };
        let plan = serde_json::json!({
            "to": {"version": "1"}, "changes": [change], "size": {"download": 1, "installed": 2, "growth": growth},
        });
        let read = read::plan(&tree(&plan)).unwrap();
        prop_assert_eq!(read.changes, [change]);
        prop_assert_eq!(read.size.unwrap().growth, growth.map(i64::from));
    }

    #[test]
    fn what_is_written_is_json(name in ".*", text in ".*", number in 0..1_000_000_u32) {
        let members = [("n", Json::Number(number.into())), ("l", Json::List(vec![text.as_str().into(), Json::Null]))];
        let written = Json::Map(vec![(name.clone(), map(members)), ("on".into(), true.into())]).to_string();
        let read: serde_json::Value = serde_json::from_str(&written).unwrap();
        if name != "on" {
            prop_assert_eq!(&read[&name]["n"], number);
            prop_assert_eq!(&read[&name]["l"][0], &text);
        }
        prop_assert_eq!(&read["on"], true);
    }
}

use super::own::{ProfileDocument, Sources, follow, packages, plan, rules};
use super::*;
use asu_protocol::overview::Branch;

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn versions(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(name, version)| ((*name).to_owned(), (*version).to_owned()))
        .collect()
}

fn branch() -> Branch {
    serde_json::from_value(serde_json::json!({
        "branch_off_rev": 27990,
        "package_changes": [
            {"source": "firewall", "target": "firewall4", "revision": 18611},
            {"source": "kmod-nft-nat6", "revision": 20282, "mandatory": true},
            {"source": "libustream-wolfssl", "target": "libustream-mbedtls", "revision": 21994},
            {"source": "auc", "target": "owut", "revision": 26792},
            {"source": "opkg", "target": "apk-mbedtls", "revision": 28056},
        ],
    }))
    .unwrap()
}

fn planned(installed: &[(&str, &str)]) -> Plan {
    asked(installed, &[]).unwrap()
}

fn asked(installed: &[(&str, &str)], removed: &[&str]) -> Result<Plan, Vec<PlanProblem>> {
    wished(installed, removed, &[])
}

fn wished(
    installed: &[(&str, &str)],
    removed: &[&str],
    added: &[&str],
) -> Result<Plan, Vec<PlanProblem>> {
    let profile = ProfileDocument {
        default_packages: strings(&[
            "base-files",
            "firewall4",
            "nftables",
            "ppp",
            "-dnsmasq",
            "dnsmasq",
        ]),
        device_packages: strings(&["kmod-ath10k", "-ppp"]),
        version_code: "r28739-d9340319c6".to_owned(),
        ..ProfileDocument::default()
    };
    let old = ProfileDocument {
        default_packages: strings(&["base-files", "firewall4", "old-default", "uci"]),
        ..ProfileDocument::default()
    };
    plan(&Sources {
        version: "24.10.2",
        installed: &versions(installed),
        removed: &strings(removed),
        added: &strings(added),
        branch: Some(&branch()),
        profile: &profile,
        old_profile: Some(&old),
        available: &versions(&[
            ("base-files", "2"),
            ("firewall4", "3"),
            ("nftables", "1"),
            ("owut", "7"),
            ("htop", "3.3"),
            ("libustream-mbedtls", "1"),
            ("kmod-ath10k", "6.6"),
            ("opkg", "1"),
        ]),
    })
}

fn fate_of(plan: &Plan, name: &str) -> PackageChange {
    let found = plan.changes.iter().find(|change| change.name == name);
    found.unwrap().clone()
}

#[test]
fn what_is_wished_comes_if_the_release_has_it() {
    let installed = [("htop", "3.2")];
    let plan = wished(&installed, &[], &["owut", "htop"]).unwrap();
    let owut = fate_of(&plan, "owut");
    assert_eq!((owut.fate, owut.new.as_deref()), (Fate::Added, Some("7")));
    assert_eq!(fate_of(&plan, "htop").fate, Fate::Changed, "told once");
    assert!(packages(&plan).contains(&"owut".to_owned()));
    let missing = wished(&installed, &[], &["ghost"]).unwrap_err();
    assert_eq!(missing[0].remedies[0].remove, ["ghost"]);
}

#[test]
fn renames_are_followed_up_to_the_branch_and_no_further() {
    let plan = planned(&[
        ("auc", "1"),
        ("firewall", "1"),
        ("opkg", "1"),
        ("kmod-nft-nat6", "5.15"),
    ]);
    let auc = fate_of(&plan, "auc");
    assert_eq!((auc.fate, auc.by), (Fate::Replaced, strings(&["owut"])));
    assert_eq!(
        (auc.old.as_deref(), auc.new.as_deref()),
        (Some("1"), Some("7"))
    );
    let firewall = fate_of(&plan, "firewall");
    assert_eq!(firewall.by, ["firewall4"]);
    assert!(
        firewall
            .reason
            .contains("nftables took the place of iptables")
    );
    assert_eq!(fate_of(&plan, "kmod-nft-nat6").fate, Fate::Dropped);
    assert_eq!(fate_of(&plan, "opkg").fate, Fate::Kept);
}

#[test]
fn a_chain_of_renames_ends_at_its_end() {
    let branch: Branch = serde_json::from_value(serde_json::json!({"package_changes": [
        {"source": "b", "target": "c", "revision": 2}, {"source": "a", "target": "b", "revision": 1},
    ]}))
    .unwrap();
    assert_eq!(follow(&rules(Some(&branch)), "a"), own::Way::Becomes("c"));
}

#[test]
fn a_default_removed_on_purpose_stays_away_and_a_new_one_is_added() {
    let plan = planned(&[("base-files", "1")]);
    for (name, version) in [("nftables", "1"), ("kmod-ath10k", "6.6")] {
        let added = fate_of(&plan, name);
        assert_eq!(
            (added.fate, added.new.as_deref()),
            (Fate::Added, Some(version))
        );
    }
    assert!(
        !plan
            .changes
            .iter()
            .any(|change| ["firewall4", "ppp", "dnsmasq", "uci"].contains(&change.name.as_str()))
    );
}

#[test]
fn what_is_missing_is_named_but_old_defaults_just_go() {
    let installed = [
        ("adguard", "1"),
        ("old-default", "1"),
        ("kernel", "5.15"),
        ("htop", "3.2"),
    ];
    let problems = asked(&installed, &[]).unwrap_err();
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].packages, ["adguard"]);
    assert!(problems[0].remedies[0].complete);
    let plan = asked(&installed, &["adguard"]).unwrap();
    assert_eq!(fate_of(&plan, "adguard").fate, Fate::Dropped);
    assert_eq!(fate_of(&plan, "old-default").fate, Fate::Dropped);
    let htop = fate_of(&plan, "htop");
    assert_eq!(
        (htop.fate, htop.new.as_deref()),
        (Fate::Changed, Some("3.3"))
    );
    assert_eq!(packages(&plan), ["htop", "kmod-ath10k", "nftables"]);
}

#[test]
fn a_replacement_can_be_left_out_by_either_name() {
    for name in ["auc", "owut"] {
        let plan = asked(&[("auc", "1")], &[name]).unwrap();
        assert_eq!(fate_of(&plan, "auc").fate, Fate::Dropped);
        assert!(!packages(&plan).contains(&"owut".to_owned()));
    }
}

#[test]
fn of_two_wishes_about_one_package_the_later_counts() {
    let wish = |add: &[&str], remove: &[&str]| Wish {
        add: strings(add),
        remove: strings(remove),
        ..Wish::default()
    };
    let mut question = Question {
        wishes: vec![wish(&["b"], &["a"]), wish(&["a"], &["b", "c"])],
        ..Question::default()
    };
    assert_eq!(question.packages(), (strings(&["a"]), strings(&["b", "c"])));
    question.wishes.pop();
    assert_eq!(question.packages(), (strings(&["b"]), strings(&["a"])));
}

#[test]
fn what_replaces_another_package_is_told_once() {
    let mut plan = planned(&[("auc", "1")]);
    let before = plan.count(Fate::Added);
    plan.changes.push(blank("owut", Fate::Added));
    assert_eq!(plan.count(Fate::Added), before);
}

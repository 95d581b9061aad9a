use super::*;

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

fn fate_of(plan: &Plan, name: &str) -> Fate {
    plan.changes
        .iter()
        .find(|change| change.name == name)
        .unwrap()
        .fate
        .clone()
}

#[test]
fn renames_are_followed_up_to_the_branch_and_no_further() {
    let plan = planned(&[
        ("auc", "1"),
        ("firewall", "1"),
        ("opkg", "1"),
        ("kmod-nft-nat6", "5.15"),
    ]);
    assert_eq!(
        fate_of(&plan, "auc"),
        Fate::Replaced {
            by: "owut".into(),
            version: "7".into()
        }
    );
    assert_eq!(
        fate_of(&plan, "firewall"),
        Fate::Replaced {
            by: "firewall4".into(),
            version: "3".into()
        }
    );
    assert!(matches!(fate_of(&plan, "kmod-nft-nat6"), Fate::Dropped(_)));
    assert_eq!(fate_of(&plan, "opkg"), Fate::Same("1".into()));
}

#[test]
fn a_chain_of_renames_ends_at_its_end() {
    let rules: Branch = serde_json::from_value(serde_json::json!({"package_changes": [
        {"source": "b", "target": "c", "revision": 2}, {"source": "a", "target": "b", "revision": 1},
    ]}))
    .unwrap();
    assert_eq!(follow(&super::rules(Some(&rules)), "a"), Way::Becomes("c"));
}

#[test]
fn a_default_removed_on_purpose_stays_away_and_a_new_one_is_added() {
    let plan = planned(&[("base-files", "1")]);
    assert_eq!(fate_of(&plan, "nftables"), Fate::Added("1".into()));
    assert_eq!(fate_of(&plan, "kmod-ath10k"), Fate::Added("6.6".into()));
    assert!(
        !plan
            .changes
            .iter()
            .any(|change| ["firewall4", "ppp", "dnsmasq", "uci"].contains(&change.name.as_str()))
    );
}

#[test]
fn what_is_missing_is_named_but_old_defaults_just_go() {
    let plan = planned(&[
        ("adguard", "1"),
        ("old-default", "1"),
        ("kernel", "5.15"),
        ("htop", "3.2"),
    ]);
    assert_eq!(plan.missing(), ["adguard"]);
    assert!(matches!(fate_of(&plan, "old-default"), Fate::Dropped(_)));
    assert_eq!(
        fate_of(&plan, "htop"),
        Fate::Upgraded {
            from: "3.2".into(),
            to: "3.3".into()
        }
    );
    let asked = plan.packages(&["adguard".to_owned()]);
    assert_eq!(asked, ["htop", "kmod-ath10k", "nftables"]);
}

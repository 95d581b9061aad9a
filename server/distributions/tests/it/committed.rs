//! The distributions committed with the crate.

use crate::common::{DEVICE, openwrt, steps, wanted};
use asu_distributions::{Channel, Device, Distributions, Flavour, Outcome, transform};
use asu_protocol::overview::PackageChange;

/// What the server of 2017 was seen to answer where it was right, and ours where it was wrong.
#[test]
fn chaos_calmer_to_lede() {
    let to_lede = |installed: &[&str]| openwrt("15.05.1", "17.01.0", installed);
    assert_eq!(to_lede(&["vim"]), ["vim"]);
    assert_eq!(to_lede(&["libmicrohttpd"]), ["libmicrohttpd-no-ssl"]);
    assert_eq!(to_lede(&["openvpn"]), ["openvpn-openssl"]);
    assert_eq!(
        to_lede(&["openvpn", "mbedtls"]),
        ["mbedtls", "openvpn-mbedtls"]
    );
    assert_eq!(
        to_lede(&["openvpn", "polarssl"]),
        ["mbedtls", "openvpn-mbedtls"]
    );
    assert_eq!(to_lede(&["kmod-ipv6", "vim"]), ["vim"]);
    assert_eq!(openwrt("17.01.4", "17.01.0", &["openvpn"]), ["openvpn"]);
    assert_eq!(openwrt("17.01.0", "17.01.0", &["openvpn"]), ["openvpn"]);
}

#[test]
fn alternatives_of_2017_are_offered() {
    let committed = Distributions::committed().unwrap();
    let openwrt = committed.get("LEDE").unwrap();
    let result = transform(openwrt, "15.05", "17.01.4", DEVICE, &["openvpn"]);
    let offers: Vec<_> = result.offered["openvpn"]
        .iter()
        .map(|it| it.package.as_str())
        .collect();
    assert_eq!(offers, ["openvpn-mbedtls", "openvpn-nossl"]);
    assert_eq!(
        openwrt.rename_board("15.05", "17.01.4", "nanostation-m"),
        "ubnt-nano-m"
    );
}

#[test]
fn renames_people_complained_about() {
    assert_eq!(openwrt("21.02.7", "22.03.7", &["firewall"]), ["firewall4"]);
    let wolfssl = [
        "libustream-wolfssl",
        "px5g-wolfssl",
        "wpad-basic-wolfssl",
        "kmod-nft-nat6",
    ];
    let mbedtls = ["libustream-mbedtls", "px5g-mbedtls", "wpad-basic-mbedtls"];
    assert_eq!(openwrt("22.03.7", "23.05.5", &wolfssl), mbedtls);
    assert_eq!(
        openwrt("23.05.5", "24.10.0", &["auc", "luci-app-diag-core"]),
        ["owut"]
    );
    assert_eq!(
        openwrt("22.03.5", "23.05.0-rc3", &["luci-i18n-base-en"]),
        [""; 0]
    );
    let all = [
        "firewall",
        "auc",
        "opkg",
        "luci-app-opkg",
        "luci-i18n-opkg-de",
    ];
    assert_eq!(
        openwrt("21.02.0", "25.12.5", &all),
        [
            "apk-mbedtls",
            "firewall4",
            "luci-app-package-manager",
            "luci-i18n-package-manager-de",
            "owut"
        ]
    );
    assert_eq!(
        openwrt(
            "24.10.8",
            "SNAPSHOT",
            &["kmod-nf-conntrack6", "kmod-lib-crc32c"]
        ),
        [""; 0]
    );
    assert_eq!(
        openwrt("24.10.1", "24.10.8", &["opkg", "luci-i18n-opkg-en"]),
        ["opkg"]
    );
}

#[test]
fn devices_get_the_drivers_that_moved_out() {
    let committed = Distributions::committed().unwrap();
    let openwrt = committed.get("openwrt").unwrap();
    let device = Device {
        target: "lantiq/xrx200",
        profile: "avm_fritz7490",
    };
    let result = transform(openwrt, "24.10.8", "25.12.5", device, &["opkg"]);
    let firmware = [
        "xrx200-rev1.1-phy11g-firmware",
        "xrx200-rev1.2-phy11g-firmware",
    ];
    assert_eq!(
        wanted(&result),
        ["apk-mbedtls", "kmod-dsa-gswip", firmware[0], firmware[1]]
    );
    assert!(
        transform(openwrt, "25.12.4", "25.12.5", device, &[])
            .added
            .is_empty()
    );
}

#[test]
fn package_changes_are_those_asu_publishes() {
    #[derive(serde::Deserialize)]
    struct Published {
        branches: Vec<asu_protocol::overview::Branch>,
        package_changes: Vec<PackageChange>,
    }
    let published: Published = serde_json::from_str(include_str!("asu-branches.json")).unwrap();
    let committed = Distributions::committed().unwrap();
    let openwrt = committed.get("openwrt").unwrap();
    let enabled = openwrt.branches().iter().filter(|branch| branch.enabled);
    assert_eq!(enabled.count(), published.branches.len());
    for branch in published.branches {
        let ours = openwrt.branch_of(&branch.name).unwrap();
        assert_eq!(ours.path.as_ref().unwrap().value, branch.path);
        assert_eq!(ours.branch_off_rev, branch.branch_off_rev);
        assert_eq!(ours.snapshot, branch.snapshot);
        let mut expected = published.package_changes.clone();
        expected.retain(|it| {
            branch
                .branch_off_rev
                .is_none_or(|limit| it.revision <= limit)
        });
        assert_eq!(
            openwrt.package_changes(&branch.name),
            expected,
            "{}",
            branch.name
        );
    }
    assert!(openwrt.package_changes("19.07").is_empty());
}

#[test]
fn openwrt_says_where_a_version_is() {
    let committed = Distributions::committed().unwrap();
    let openwrt = committed.get("openwrt").unwrap();
    assert_eq!(openwrt.folder("24.10.2").unwrap(), "releases/24.10.2");
    assert_eq!(
        openwrt.folder("24.10-SNAPSHOT").unwrap(),
        "releases/24.10-SNAPSHOT"
    );
    assert_eq!(openwrt.folder("SNAPSHOT").unwrap(), "snapshots");
    assert_eq!(openwrt.folder("99.99.9"), None);
    assert_eq!(openwrt.flavour("24.10.8"), Some(Flavour::Opkg));
    assert_eq!(openwrt.flavour("25.12.0-rc1"), Some(Flavour::Apk));
    assert_eq!(openwrt.channel_of("25.12.5"), Some(Channel::Stable));
    assert_eq!(openwrt.channel_of("24.10.8"), Some(Channel::OldStable));
    assert_eq!(openwrt.channel_of("25.12.0-rc1"), Some(Channel::Testing));
    assert_eq!(
        openwrt.channel_of("25.12-SNAPSHOT"),
        Some(Channel::Snapshot)
    );
    assert_eq!(openwrt.channel_of("22.03.7"), None);
    assert!(openwrt.offers_target("24.10.8", "x86/64"));
}

#[test]
fn feeds_of_openwrt() {
    let committed = Distributions::committed().unwrap();
    let openwrt = committed.get("openwrt").unwrap();
    let feeds = openwrt.feeds("25.12.4", "x86/64", "x86_64");
    let urls: Vec<_> = feeds.iter().map(|feed| feed.url.as_str()).collect();
    let root = "https://downloads.openwrt.org/releases/25.12.4";
    assert_eq!(urls[0], format!("{root}/targets/x86/64/packages"));
    assert_eq!(urls[6], format!("{root}/packages/x86_64/video"));
    assert_eq!(openwrt.feeds("24.10.8", "x86/64", "x86_64").len(), 6);
}

#[test]
fn libremesh_stands_on_openwrt() {
    let committed = Distributions::committed().unwrap();
    let lime = committed.get("lime").unwrap();
    let parent = lime.parent_of("master-ow24.10.6").unwrap();
    assert_eq!(
        (parent.distribution.name(), parent.version.as_str()),
        ("openwrt", "24.10.6")
    );
    assert_eq!(lime.parent_of("2024.1").unwrap().version, "23.05.5");
    assert_eq!(lime.folder("2024.1").unwrap(), "releases/23.05.5");
    assert_eq!(lime.flavour("master-ow25.12.2"), Some(Flavour::Apk));
    assert_eq!(lime.mirror(), "https://downloads.openwrt.org");
    assert_eq!(lime.channel_of("2024.1"), Some(Channel::Stable));
    assert_eq!(lime.fixed_latest(Channel::Stable), Some("2024.1"));
    assert!(lime.compare("2024.1", "master-ow24.10.6").is_lt());
    assert!(
        lime.compare("master-ow25.12.2", "master-ow25.12.10")
            .is_lt()
    );
    assert_eq!(lime.package_changes("master-ow24.10").len(), 8);
}

#[test]
fn libremesh_has_its_own_feeds_and_keys() {
    let committed = Distributions::committed().unwrap();
    let lime = committed.get("lime").unwrap();
    let feeds = lime.feeds("master-ow24.10.6", "ath79/generic", "mips_24kc");
    assert_eq!(feeds.len(), 9);
    assert_eq!(
        feeds[7].url,
        "https://feed.libremesh.org/master/openwrt-24.10/mips_24kc"
    );
    let main = lime.own_feeds("master-owSNAPSHOT", "ath79/generic", "mips_24kc");
    assert_eq!(
        main[0].url,
        "https://feed.libremesh.org/master/openwrt-main/x86_64"
    );
    let (usign, apk) = lime.keys("2024.1");
    assert_eq!(usign[0].fingerprint().unwrap(), "a71b3c8285abd28b");
    assert_eq!(apk.len(), 1);
    assert_eq!(lime.flavors("2024.1").len(), 2);
}

#[test]
fn libremesh_obeys_the_renames_of_its_parent() {
    let committed = Distributions::committed().unwrap();
    let lime = committed.get("lime").unwrap();
    let installed = ["opkg", "lime-app"];
    let result = transform(lime, "2024.1", "master-ow25.12.2", DEVICE, &installed);
    assert_eq!(wanted(&result), ["apk-mbedtls", "lime-app"]);
    assert_eq!(steps(&result, "opkg")[0].distribution, "openwrt");
    assert_eq!(result.packages["lime-app"], Outcome::Kept);
}

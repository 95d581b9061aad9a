//! Why OpenWrt replaced a package, for those where more can be said than that it did.

use crate::words::w;

/// The reason for a replacement.
pub(super) fn replaced(name: &str, by: &str) -> &'static str {
    match (name, by) {
        ("firewall", "firewall4") => w!("nftables took the place of iptables"),
        ("auc", "owut") => w!("the command-line upgrader was rewritten"),
        ("opkg", "apk-mbedtls") => w!("OpenWrt has a new package manager"),
        ("luci-app-opkg", "luci-app-package-manager") => w!("one page for both package managers"),
        _ if name.contains("wolfssl") && by.contains("mbedtls") => {
            w!("OpenWrt’s standard TLS library changed")
        }
        _ => w!("renamed or replaced by OpenWrt"),
    }
}

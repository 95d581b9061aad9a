//! Why OpenWrt replaced a package, for those where more can be said than that it did.

/// The reason for a replacement.
pub(super) fn replaced(name: &str, by: &str) -> &'static str {
    match (name, by) {
        ("firewall", "firewall4") => "nftables took the place of iptables",
        ("auc", "owut") => "the command-line upgrader was rewritten",
        ("opkg", "apk-mbedtls") => "OpenWrt has a new package manager",
        ("luci-app-opkg", "luci-app-package-manager") => "one page for both package managers",
        _ if name.contains("wolfssl") && by.contains("mbedtls") => {
            "OpenWrt’s standard TLS library changed"
        }
        _ => "renamed or replaced by OpenWrt",
    }
}

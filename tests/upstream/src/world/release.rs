//! The releases, from `data/releases.txt`.

use std::sync::LazyLock;

use sha2::{Digest as _, Sha256};

/// One release.
#[derive(Debug)]
pub struct Release {
    /// The branch: `23.05`.
    pub series: &'static str,
    /// The release: `23.05.5`.
    pub version: &'static str,
    /// The revision: `r24106-10cc5fcd00`.
    pub revision: &'static str,
    /// Seconds since 1970 that stand in for all build times.
    pub epoch: u64,
    /// The kernel's version.
    pub kernel: &'static str,
    /// `opkg` or `apk`.
    pub manager: &'static str,
    /// How the ImageBuilder is packed, or `-` if the mirror has none.
    pub imagebuilder: &'static str,
    /// The version of LuCI's packages.
    pub luci: &'static str,
}

static RELEASES: LazyLock<Vec<Release>> = LazyLock::new(|| {
    super::rows(include_str!("../../data/releases.txt"))
        .filter_map(read)
        .collect()
});

fn read(row: Vec<&'static str>) -> Option<Release> {
    let [
        series,
        version,
        revision,
        epoch,
        kernel,
        manager,
        imagebuilder,
        luci,
    ] = row[..]
    else {
        return None;
    };
    let epoch = epoch.parse().ok()?;
    Some(Release {
        series,
        version,
        revision,
        epoch,
        kernel,
        manager,
        imagebuilder,
        luci,
    })
}

/// All releases, oldest first.
pub fn all() -> &'static [Release] {
    &RELEASES
}

/// The release with this version.
pub fn find(version: &str) -> Option<&'static Release> {
    all().iter().find(|release| release.version == version)
}

impl Release {
    /// Whether packages are opkg's.
    pub fn has_opkg(&self) -> bool {
        self.manager == "opkg"
    }

    /// Whether package releases are written `-1`, as until 23.05, and not `-r1`.
    fn is_old_style(&self) -> bool {
        self.series == "23.05"
    }

    /// The version of kernel modules.
    pub fn kmod_version(&self) -> String {
        let mark = if self.is_old_style() { "" } else { "r" };
        format!("{}-{mark}1", self.kernel)
    }

    /// The version of the package `kernel`, which names the configuration.
    pub fn kernel_version(&self, target: &Target) -> String {
        let vermagic = self.vermagic(target);
        if self.is_old_style() {
            format!("{}-1-{vermagic}", self.kernel)
        } else {
            format!("{}~{vermagic}-r1", self.kernel)
        }
    }

    /// The hash of the kernel's configuration. Upstream's is an MD5; this one is of the same shape.
    pub fn vermagic(&self, target: &Target) -> String {
        let digest = Sha256::digest(format!("{} {}", self.kernel, target.name));
        hex::encode(&digest[..16])
    }

    /// The folder of kernel modules: `6.6.93-1-<vermagic>`.
    pub fn kmods_folder(&self, target: &Target) -> String {
        format!("{}-1-{}", self.kernel, self.vermagic(target))
    }

    /// Whether kernel modules have a feed of their own.
    pub fn has_kmods_feed(&self) -> bool {
        !self.is_old_style()
    }

    /// What file names begin with: `openwrt-23.05.5-ath79-generic`.
    pub fn prefix(&self, target: &Target) -> String {
        format!("openwrt-{}-{}", self.version, target.dashed())
    }

    /// Packages every image of the target has, sorted.
    pub fn default_packages(&self, target: &Target) -> Vec<&'static str> {
        let mut names = super::words(DEFAULT_PACKAGES, self);
        names.extend(super::words(target.default_packages, self));
        names.push(if self.has_opkg() {
            "opkg"
        } else {
            "apk-mbedtls"
        });
        names.sort_unstable();
        names
    }
}

const DEFAULT_PACKAGES: &str = "base-files 23:busybox ca-bundle dnsmasq dropbear firewall4 fstools \
    kmod-nft-offload libc libgcc libustream-mbedtls logd mtd netifd nftables odhcp6c \
    odhcpd-ipv6only ppp ppp-mod-pppoe 23:procd 23:procd-seccomp procd-ujail uci uclient-fetch \
    urandom-seed urngd";

/// A target with its architecture.
#[derive(Debug)]
pub struct Target {
    /// `ath79/generic`.
    pub name: &'static str,
    /// The architecture of packages: `mips_24kc`.
    pub arch: &'static str,
    /// The architecture as `make info` calls it.
    pub cpu: &'static str,
    /// The kernel's size, bytes.
    pub kernel_size: usize,
    default_packages: &'static str,
}

/// The targets of the mirror.
pub const TARGETS: [Target; 2] = [
    Target {
        name: "ath79/generic",
        arch: "mips_24kc",
        cpu: "mips",
        kernel_size: 2_200_000,
        default_packages: "kmod-ath9k kmod-gpio-button-hotplug swconfig uboot-envtools \
            wpad-basic-mbedtls",
    },
    Target {
        name: "x86/64",
        arch: "x86_64",
        cpu: "x86_64",
        kernel_size: 5_400_000,
        default_packages: "e2fsprogs grub2-bios-setup kmod-button-hotplug mkf2fs partx-utils",
    },
];

impl Target {
    /// The form used in file names: `ath79-generic`.
    pub fn dashed(&self) -> String {
        self.name.replace('/', "-")
    }

    /// The part before the slash.
    pub fn board(&self) -> &'static str {
        self.name.split('/').next().unwrap_or(self.name)
    }
}

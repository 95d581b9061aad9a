//! Made-up packages as the files of opkg and apk.

use std::fmt::Write as _;
use std::sync::Arc;

use asu_index::{Flavour, Package, adb, opkg};
use asu_planner::solve::Universe;
use asu_test_adb::Index;
use sha2::{Digest as _, Sha256};

use crate::shape::{self, Family, KERNEL, Made};

/// The architecture of the target.
const ARCH: &str = "mips_24kc";

/// The packages of a release, and whose index lists them.
pub(crate) struct Listing {
    pub(crate) made: Vec<Made>,
    flavour: Flavour,
}

impl Listing {
    pub(crate) fn new(release: u32, flavour: Flavour) -> Self {
        let made = shape::packages(release);
        assert_eq!(made.len(), shape::PACKAGES);
        Self { made, flavour }
    }

    /// `Packages` or `packages.adb`.
    pub(crate) fn file(&self) -> Vec<u8> {
        match self.flavour {
            Flavour::Opkg => self
                .made
                .iter()
                .map(stanza)
                .collect::<String>()
                .into_bytes(),
            Flavour::Apk => {
                let packages = self.made.iter().map(entry).collect();
                let description = "made up".to_owned();
                let index = Index {
                    description,
                    packages,
                };
                index.file(&[]).unwrap()
            }
        }
    }
}

/// Reads an index as the catalogue does.
pub(crate) fn read(flavour: Flavour, file: &[u8]) -> Vec<Arc<Package>> {
    let packages = match flavour {
        Flavour::Opkg => opkg::read(file).unwrap().packages,
        Flavour::Apk => adb::Database::open(file).unwrap().packages().unwrap(),
    };
    packages.into_iter().map(Arc::new).collect()
}

pub(crate) fn universe(flavour: Flavour, packages: Vec<Arc<Package>>) -> Universe {
    Universe::new(flavour, &[ARCH.to_owned()], packages)
}

fn stanza(made: &Made) -> String {
    let Made {
        version,
        size,
        description,
        abi,
        ..
    } = made;
    let name = made.name();
    let needs: Vec<String> = made
        .needs
        .iter()
        .map(|need| pinned(need, "kernel (=", ")"))
        .collect();
    let mut text = format!(
        "Package: {name}\nVersion: {version}\nDepends: {}\n",
        needs.join(", ")
    );
    let base = (!abi.is_empty()).then_some(&made.base);
    let provides: Vec<&str> = base
        .into_iter()
        .chain(&made.stands_for)
        .map(String::as_str)
        .collect();
    // opkg's conflicts name packages.
    let conflicts = made.base.strip_suffix("-full").unwrap_or_default();
    let fields = [
        ("Provides", &*provides.join(", ")),
        ("Conflicts", conflicts),
        ("ABIVersion", abi),
    ];
    for (field, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        let _ = writeln!(text, "{field}: {value}");
    }
    let (arch, digest) = (arch(made, "all"), hex::encode(digest(made)));
    let _ = writeln!(
        text,
        "License: GPL-2.0\nSection: net\nArchitecture: {arch}\nInstalled-Size: {}\n\
         Filename: {name}_{version}_{arch}.ipk\nSize: {size}\nSHA256sum: {digest}\n\
         Description:  {description}\n",
        size * 3,
    );
    text
}

fn entry(made: &Made) -> asu_test_adb::Package {
    let (base, version) = (&made.base, &made.version);
    let mut provides = vec![format!("{base}-any")];
    provides.extend((!made.abi.is_empty()).then(|| base.clone()));
    provides.extend(
        made.stands_for
            .as_ref()
            .map(|name| format!("{name}={version}")),
    );
    let tag = (!made.abi.is_empty()).then(|| format!("openwrt:abiversion={}", made.abi));
    let size = u32::try_from(made.size).unwrap();
    asu_test_adb::Package {
        name: made.name(),
        version: version.clone(),
        hashes: digest(made),
        description: made.description.clone(),
        arch: arch(made, "noarch").to_owned(),
        license: "GPL-2.0".to_owned(),
        origin: format!("feeds/base/{base}"),
        maintainer: "Nobody <nobody@example.org>".to_owned(),
        url: format!("https://example.org/{base}"),
        installed_size: size * 3,
        file_size: size,
        depends: made
            .needs
            .iter()
            .map(|need| pinned(need, "kernel=", ""))
            .collect(),
        provides,
        tags: tag.into_iter().collect(),
        ..asu_test_adb::Package::default()
    }
}

/// Modules fit one kernel.
fn pinned(need: &str, before: &str, after: &str) -> String {
    if need == "kernel" {
        format!("{before}{KERNEL}{after}")
    } else {
        need.to_owned()
    }
}

fn arch<'a>(made: &Made, any: &'a str) -> &'a str {
    match made.family {
        Family::Luci | Family::Application | Family::Language => any,
        _ => ARCH,
    }
}

/// Bytes that no two packages share.
fn digest(made: &Made) -> Vec<u8> {
    Sha256::digest(format!("{} {}", made.name(), made.version)).to_vec()
}

//! What a person should know before going on.

use std::cmp::Ordering;

use asu_distributions::CompatVersion;
use asu_protocol::plan::{Fate, PackageChange, SizeEstimate, Warning};
use asu_protocol::release::{compare, revision_number};

use crate::selection::Selection;
use crate::upgrade::Upgrade;

pub(crate) fn warnings(
    upgrade: &Upgrade<'_>,
    selection: &Selection,
    changes: &[PackageChange],
    size: &SizeEstimate,
) -> Vec<Warning> {
    let found = [
        release_downgrade(upgrade),
        package_downgrade(upgrade, changes),
        compat_version(upgrade),
        does_not_fit(upgrade, size),
        tmp_too_small(upgrade, size),
        installed_release_unknown(upgrade),
        default_not_installed(upgrade, selection),
    ];
    found.into_iter().flatten().collect()
}

fn release_downgrade(upgrade: &Upgrade<'_>) -> Option<Warning> {
    let (from, to) = (upgrade.from.version.as_str(), upgrade.to.version.as_str());
    let order = compare(to, from).then_with(|| revisions(upgrade));
    if order.is_ge() {
        return None;
    }
    let text = if from == to {
        let (old, new) = (upgrade.from.revision, upgrade.to.revision);
        format!(
            "{new} is older than {old}, which is installed. Settings of a newer revision may not work with an older one."
        )
    } else {
        format!(
            "{to} is older than {from}, which is installed. Settings of a newer release may not work with an older one."
        )
    };
    Some(Warning {
        needs_consent: !upgrade.allow_downgrade,
        ..warning("release-downgrade", text)
    })
}

/// Revisions count only where the versions are the same, as for snapshots.
fn revisions(upgrade: &Upgrade<'_>) -> Ordering {
    let numbers = revision_number(upgrade.to.revision).zip(revision_number(upgrade.from.revision));
    numbers.map_or(Ordering::Equal, |(new, old)| new.cmp(&old))
}

fn package_downgrade(upgrade: &Upgrade<'_>, changes: &[PackageChange]) -> Option<Warning> {
    let older = changes
        .iter()
        .filter(|change| change.fate == Fate::Downgraded);
    let packages: Vec<String> = older.map(|change| change.name.clone()).collect();
    if packages.is_empty() {
        return None;
    }
    let text = format!(
        "{} would become older: {} has an older version of {} than the router.",
        packages.join(", "),
        upgrade.to.version,
        if packages.len() == 1 { "it" } else { "them" },
    );
    let needs_consent = !upgrade.allow_downgrade;
    Some(Warning {
        packages,
        needs_consent,
        ..warning("package-downgrade", text)
    })
}

/// The router's own word goes before what its release should have.
fn compat_version(upgrade: &Upgrade<'_>) -> Option<Warning> {
    let device = upgrade.device();
    let of = |version: &str| upgrade.distribution.compat(version, device);
    let image = of(upgrade.to.version.as_str())?;
    let told = upgrade
        .router
        .compat_version
        .as_deref()
        .and_then(CompatVersion::read);
    let before = || of(upgrade.from.version.as_str()).map_or(CompatVersion::FIRST, |it| it.version);
    let router = told.unwrap_or_else(before);
    if router >= image.version {
        return None;
    }
    let why = image.note.unwrap_or_default();
    let text = if router.major == image.version.major {
        format!(
            "Settings cannot be kept: images for this device have compat_version {} since {}, and the router has {router}. {why} Save a backup, and set the router up anew after the upgrade.",
            image.version, image.since
        )
    } else {
        format!(
            "The image cannot be flashed over the installed one: images for this device have compat_version {} since {}, and the router has {router}. {why} See the device's page for how to reinstall.",
            image.version, image.since
        )
    };
    Some(warning("compat-version", text))
}

fn does_not_fit(upgrade: &Upgrade<'_>, size: &SizeEstimate) -> Option<Warning> {
    if size.fits != Some(false) {
        return None;
    }
    let room = upgrade
        .router
        .overlay_free
        .or(size.limit)
        .unwrap_or_default();
    let needed = size
        .growth
        .map_or(size.download, |growth| u64::try_from(growth).unwrap_or(0));
    let text = format!(
        "The new image needs about {} more than now, and the router has {} left. Take out a package, or give the root filesystem more room.",
        kib(needed),
        kib(room),
    );
    Some(warning("does-not-fit", text))
}

fn tmp_too_small(upgrade: &Upgrade<'_>, size: &SizeEstimate) -> Option<Warning> {
    let free = upgrade
        .router
        .tmp_free
        .filter(|free| *free < size.download)?;
    let text = format!(
        "The image will have at least {}, and /tmp on the router has {} free. Stop services that use memory, or restart the router, and ask again.",
        kib(size.download),
        kib(free),
    );
    Some(warning("tmp-too-small", text))
}

fn installed_release_unknown(upgrade: &Upgrade<'_>) -> Option<Warning> {
    if upgrade.from.release.is_some() {
        return None;
    }
    let text = format!(
        "Nothing is known of {}, which is installed. Default packages you removed on purpose come back.",
        upgrade.from.version,
    );
    Some(warning("installed-release-unknown", text))
}

fn default_not_installed(upgrade: &Upgrade<'_>, selection: &Selection) -> Option<Warning> {
    if selection.missing_defaults.is_empty() || upgrade.from.packages.is_empty() {
        return None;
    }
    let packages = selection.missing_defaults.clone();
    let text = format!(
        "Not installed today, and so left out again: {}.",
        packages.join(", "),
    );
    Some(Warning {
        packages,
        ..warning("default-not-installed", text)
    })
}

fn warning(code: &str, text: String) -> Warning {
    Warning {
        code: code.to_owned(),
        text,
        packages: Vec::new(),
        needs_consent: false,
    }
}

fn kib(bytes: u64) -> String {
    if bytes < 10 << 20 {
        format!("{} KiB", bytes.div_ceil(1 << 10))
    } else {
        format!("{} MiB", bytes.div_ceil(1 << 20))
    }
}

//! The upgrade that is planned.

use std::collections::{BTreeMap, BTreeSet};

use asu_distributions::Distributions;
use asu_index::Flavour;
use asu_planner::solve::Universe;
use asu_planner::{Installed, Release, Upgrade, plan};
use asu_protocol::name::{PackageName, PackageVersion, ProfileName, Target, VersionName};
use asu_protocol::plan::{Plan, PlanProblem, RouterFacts};
use asu_protocol::profiles::Profile;
use fastrand::Rng;

use crate::index::Listing;

/// How many packages are installed on purpose.
pub(crate) const INSTALLED: usize = 250;

/// Everything a plan is made of.
pub(crate) struct Question<'a> {
    distributions: Distributions,
    target: Target,
    name: ProfileName,
    profile: Profile,
    old: Side<'a>,
    new: Side<'a>,
    packages: BTreeMap<PackageName, Option<PackageVersion>>,
    router: RouterFacts,
}

/// A release of the target.
struct Side<'a> {
    version: VersionName,
    defaults: Vec<String>,
    universe: &'a Universe,
}

impl<'a> Question<'a> {
    pub(crate) fn new(old: &'a (Listing, Universe), new: &'a (Listing, Universe)) -> Self {
        Self {
            distributions: Distributions::committed().unwrap(),
            target: "ath79/generic".parse().unwrap(),
            name: "tplink_archer-c7-v5".parse().unwrap(),
            profile: Profile::default(),
            packages: installed(&old.0),
            old: Side::new(&old.1, ["24.10.1", "25.12.0"]),
            new: Side::new(&new.1, ["24.10.2", "25.12.1"]),
            router: RouterFacts::default(),
        }
    }

    /// The plan, where these packages are asked for as well.
    pub(crate) fn plan(&self, add: &[&str]) -> Result<Plan, Vec<PlanProblem>> {
        plan(&Upgrade {
            distribution: self.distributions.get("openwrt").unwrap(),
            target: &self.target,
            from: Installed {
                version: &self.old.version,
                revision: "",
                release: Some(self.release(&self.old)),
                packages: &self.packages,
            },
            to: self.release(&self.new),
            because: "it is the newest",
            add: add.iter().map(|name| (*name).to_owned()).collect(),
            remove: BTreeSet::new(),
            files: BTreeMap::new(),
            allow_downgrade: false,
            filesystem: None,
            rootfs_size_mb: None,
            router: &self.router,
        })
    }

    fn release<'r>(&'r self, side: &'r Side<'_>) -> Release<'r> {
        Release {
            version: &side.version,
            revision: "",
            channel: "stable",
            flavour: side.universe.flavour(),
            default_packages: &side.defaults,
            profile: Some((&self.name, &self.profile)),
            universe: side.universe,
        }
    }
}

impl<'a> Side<'a> {
    fn new(universe: &'a Universe, versions: [&str; 2]) -> Self {
        let (version, manager) = match universe.flavour() {
            Flavour::Opkg => (versions[0], "opkg"),
            Flavour::Apk => (versions[1], "apk-mbedtls"),
        };
        let mut defaults: Vec<String> = DEFAULTS.map(str::to_owned).to_vec();
        defaults.push(manager.to_owned());
        Self {
            version: version.parse().unwrap(),
            defaults,
            universe,
        }
    }
}

const DEFAULTS: [&str; 9] = [
    "base-files",
    "busybox",
    "dnsmasq",
    "firewall4",
    "libc",
    "libgcc",
    "netifd",
    "procd",
    "uci",
];

/// The defaults, and as many of all others as there is room for.
fn installed(listing: &Listing) -> BTreeMap<PackageName, Option<PackageVersion>> {
    let mut rng = Rng::with_seed(250);
    let mut others: Vec<_> = listing.made.iter().collect();
    others.retain(|made| made.stands_for.is_none() && !made.base.starts_with("needs-more"));
    others.retain(|made| !matches!(&*made.base, "opkg" | "apk-mbedtls" | "kernel"));
    rng.shuffle(&mut others);
    // A stable sort: the defaults first, then the others as shuffled.
    others.sort_by_key(|made| !DEFAULTS.contains(&&*made.base));
    let named = |made: &crate::shape::Made| {
        (
            made.base.parse().unwrap(),
            Some(made.version.parse().unwrap()),
        )
    };
    others.into_iter().take(INSTALLED).map(named).collect()
}

//! Two releases with a few packages, and a router that is asked about.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use asu_distributions::Distributions;
use asu_index::{Constraint, Dependency, Flavour, Operator, Package, Provided, Relation};
use asu_planner::solve::Universe;
use asu_planner::{Installed, Release, Upgrade, plan};
use asu_protocol::name::{FilePath, PackageName, PackageVersion, ProfileName, VersionName};
use asu_protocol::plan::{Fate, PackageChange, Plan, PlanProblem, RouterFacts};
use asu_protocol::profiles::Profile;

/// One release: its package manager follows from the version.
#[derive(Clone)]
pub(crate) struct Edition {
    pub(crate) version: &'static str,
    pub(crate) revision: &'static str,
    pub(crate) defaults: Vec<&'static str>,
    pub(crate) device: Vec<&'static str>,
    pub(crate) packages: Vec<Package>,
}

/// A question, with answers for what a test does not care about.
#[derive(Clone)]
pub(crate) struct Stage {
    pub(crate) old: Option<Edition>,
    pub(crate) installed_version: &'static str,
    pub(crate) new: Edition,
    pub(crate) target: &'static str,
    pub(crate) installed: Vec<(&'static str, Option<&'static str>)>,
    pub(crate) add: BTreeSet<String>,
    pub(crate) remove: BTreeSet<String>,
    pub(crate) files: BTreeMap<FilePath, String>,
    pub(crate) allow_downgrade: bool,
    pub(crate) router: RouterFacts,
}

pub(crate) fn package(name: &str, version: &str) -> Package {
    Package {
        name: name.to_owned(),
        version: version.to_owned(),
        arch: "mips_24kc".to_owned(),
        size: 1000,
        installed_size: 3000,
        ..Package::default()
    }
}

/// `needs` in the form `name`, `name=version`.
pub(crate) fn needing(mut package: Package, needs: &[&str]) -> Package {
    package.depends = needs
        .iter()
        .map(|need| Dependency(vec![relation(need)]))
        .collect();
    package
}

pub(crate) fn providing(mut package: Package, name: &str, version: Option<&str>) -> Package {
    let version = version.map(str::to_owned);
    package.provides.push(Provided {
        name: name.to_owned(),
        version,
    });
    package
}

pub(crate) fn relation(text: &str) -> Relation {
    match text.split_once('=') {
        None => Relation {
            name: text.to_owned(),
            constraint: None,
        },
        Some((name, version)) => Relation {
            name: name.to_owned(),
            constraint: Some(Constraint {
                operator: Operator::Equal,
                version: version.to_owned(),
            }),
        },
    }
}

fn flavour(version: &str) -> Flavour {
    if version.starts_with("25") || version == "SNAPSHOT" {
        Flavour::Apk
    } else {
        Flavour::Opkg
    }
}

impl Edition {
    pub(crate) fn new(version: &'static str, packages: Vec<Package>) -> Self {
        Self {
            version,
            revision: "r100-aaaaaaa",
            defaults: vec!["base-files"],
            device: vec![],
            packages,
        }
    }
}

impl Stage {
    /// 23.05.5 to 24.10.2, with `base-files` and what is given.
    pub(crate) fn new(old: &[Package], new: &[Package]) -> Self {
        let with_base = |packages: &[Package], version: &str| {
            let mut packages = packages.to_vec();
            packages.push(package("base-files", version));
            packages
        };
        Self {
            old: Some(Edition::new("23.05.5", with_base(old, "1500-r1"))),
            installed_version: "23.05.5",
            new: Edition {
                revision: "r200-bbbbbbb",
                ..Edition::new("24.10.2", with_base(new, "1600-r1"))
            },
            target: "ath79/generic",
            installed: vec![("base-files", Some("1500-r1"))],
            add: BTreeSet::new(),
            remove: BTreeSet::new(),
            files: BTreeMap::new(),
            allow_downgrade: false,
            router: RouterFacts::default(),
        }
    }

    pub(crate) fn installed(mut self, packages: &[(&'static str, Option<&'static str>)]) -> Self {
        self.installed.extend(packages);
        self
    }

    pub(crate) fn plan(&self) -> Result<Plan, Vec<PlanProblem>> {
        static COMMITTED: LazyLock<Distributions> =
            LazyLock::new(|| Distributions::committed().unwrap());
        let target = self.target.parse().unwrap();
        let version: VersionName = self.installed_version.parse().unwrap();
        let packages: BTreeMap<PackageName, Option<PackageVersion>> = self
            .installed
            .iter()
            .map(|(name, version)| (name.parse().unwrap(), version.map(|v| v.parse().unwrap())))
            .collect();
        let name: ProfileName = "tplink_archer-c7-v5".parse().unwrap();
        let old = self.old.as_ref().map(Known::of);
        let new = Known::of(&self.new);
        plan(&Upgrade {
            distribution: COMMITTED.get("openwrt").unwrap(),
            target: &target,
            from: Installed {
                version: &version,
                revision: "",
                release: old.as_ref().map(|old| old.release(&name)),
                packages: &packages,
            },
            to: new.release(&name),
            because: "it was asked for",
            add: self.add.clone(),
            remove: self.remove.clone(),
            files: self.files.clone(),
            allow_downgrade: self.allow_downgrade,
            filesystem: None,
            rootfs_size_mb: None,
            router: &self.router,
        })
    }
}

struct Known {
    version: VersionName,
    revision: &'static str,
    defaults: Vec<String>,
    profile: Profile,
    universe: Universe,
}

impl Known {
    fn of(edition: &Edition) -> Self {
        let texts = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let architectures = ["mips_24kc".to_owned()];
        let packages = edition.packages.iter().cloned();
        Self {
            version: edition.version.parse().unwrap(),
            revision: edition.revision,
            defaults: texts(&edition.defaults),
            profile: Profile {
                device_packages: texts(&edition.device),
                ..Profile::default()
            },
            universe: Universe::new(flavour(edition.version), &architectures, packages),
        }
    }

    fn release<'a>(&'a self, name: &'a ProfileName) -> Release<'a> {
        Release {
            version: &self.version,
            revision: self.revision,
            channel: "stable",
            flavour: self.universe.flavour(),
            default_packages: &self.defaults,
            profile: Some((name, &self.profile)),
            universe: &self.universe,
        }
    }
}

/// What becomes of a package.
pub(crate) fn change<'p>(plan: &'p Plan, name: &str) -> &'p PackageChange {
    plan.changes
        .iter()
        .find(|change| change.name == name)
        .unwrap()
}

pub(crate) fn fate(plan: &Plan, name: &str) -> Option<Fate> {
    plan.changes
        .iter()
        .find(|change| change.name == name)
        .map(|change| change.fate)
}

/// The packages the build is asked for.
pub(crate) fn asked(plan: &Plan) -> Vec<&str> {
    let request = plan.request.as_ref().unwrap();
    request
        .packages
        .iter()
        .map(asu_protocol::name::PackageSpec::as_str)
        .collect()
}

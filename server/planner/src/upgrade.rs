//! The question: a device, a release installed and one wanted, and what a person asks for.

use std::collections::{BTreeMap, BTreeSet};

use asu_distributions::{Device, Distribution, Outcome, Transformed, transform};
use asu_index::Flavour;
use asu_protocol::name::{FilePath, PackageName, PackageVersion, ProfileName, Target, VersionName};
use asu_protocol::plan::RouterFacts;
use asu_protocol::profiles::{Profile, defaults};
use asu_protocol::release::revision_number;

use crate::closure::Closure;
use crate::selection::{Selection, Wishes};
use crate::solve::Universe;

/// Older than every release with rules.
const BEFORE_ALL: &str = "0.0";

/// One release of one target, as far as it is known.
#[derive(Clone, Copy)]
pub struct Release<'a> {
    /// `24.10.2`.
    pub version: &'a VersionName,
    /// `r28739-d9340319c6`; empty if unknown.
    pub revision: &'a str,
    /// See [`asu_protocol::plan::PlannedRelease::channel`].
    pub channel: &'a str,
    /// Its package manager.
    pub flavour: Flavour,
    /// What every image of the target has.
    pub default_packages: &'a [String],
    /// The device, where one was named; a release may not know it.
    pub profile: Option<(&'a ProfileName, &'a Profile)>,
    /// Every package it offers.
    pub universe: &'a Universe,
}

/// An upgrade to be planned.
pub struct Upgrade<'a> {
    /// Whose rules apply.
    pub distribution: &'a Distribution,
    /// The target, the same before and after.
    pub target: &'a Target,
    /// The release installed.
    pub from: Installed<'a>,
    /// The release wanted.
    pub to: Release<'a>,
    /// Why that one, for a person.
    pub because: &'a str,
    /// Packages wanted besides, sets resolved.
    pub add: BTreeSet<String>,
    /// Packages not wanted any more.
    pub remove: BTreeSet<String>,
    /// Files of the network wanted, passed on to the build.
    pub files: BTreeMap<FilePath, String>,
    /// Whether older releases and packages are fine.
    pub allow_downgrade: bool,
    /// Passed on to the build.
    pub filesystem: Option<&'a str>,
    /// Passed on to the build.
    pub rootfs_size_mb: Option<u32>,
    /// What the router says of itself.
    pub router: &'a RouterFacts,
}

/// What is installed.
pub struct Installed<'a> {
    /// `23.05.5`.
    pub version: &'a VersionName,
    /// The revision the router reports; empty if it does not.
    pub revision: &'a str,
    /// The release, if the catalogue has it.
    pub release: Option<Release<'a>>,
    /// The packages installed on purpose.
    pub packages: &'a BTreeMap<PackageName, Option<PackageVersion>>,
}

impl Upgrade<'_> {
    pub(crate) fn transformed(&self) -> Transformed {
        let names = self.from.packages.keys();
        let names: Vec<&str> = names.map(|name| self.plain(name.as_str())).collect();
        let mut transformed = self.transform(&names);
        self.catch_up(&mut transformed);
        transformed
    }

    /// What outlived the rule that names it (`firewall` could still be had in 23.05) follows that
    /// rule once a release has it no more.
    fn catch_up(&self, transformed: &mut Transformed) {
        let outcomes = transformed.packages.iter();
        let kept = outcomes.filter(|(_, outcome)| **outcome == Outcome::Kept);
        let gone = kept.filter(|(name, _)| !self.to.has(name));
        let late: Vec<String> = gone.map(|(name, _)| name.clone()).collect();
        let names: Vec<&str> = late.iter().map(String::as_str).collect();
        let to = dated(self.to.version, self.to.revision);
        let caught_up = transform(self.distribution, BEFORE_ALL, to, self.device(), &names);
        transformed.packages.extend(caught_up.packages);
        transformed.offered.extend(caught_up.offered);
    }

    /// An installed package's name without ABI version, where a client sent it with one.
    pub(crate) fn plain<'n>(&'n self, name: &'n str) -> &'n str {
        if self.to.universe.best(name).is_some() {
            return name;
        }
        let old = self
            .from
            .release
            .and_then(|release| release.universe.best(name));
        let bare = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let offered = |plain: &str| self.to.universe.by_plain_name(plain).next().is_some();
        match old {
            Some(package) => package.plain_name(),
            // Of an unknown release, a date at the end of a library's name can be nothing else.
            None if name.len() - bare.len() >= 8 && offered(bare) => bare,
            None => name,
        }
    }

    pub(crate) fn device(&self) -> Device<'_> {
        let profile = self.to.profile.map_or("", |(name, _)| name.as_str());
        Device {
            target: self.target.as_str(),
            profile,
        }
    }

    fn transform(&self, names: &[&str]) -> Transformed {
        let from = dated(self.from.version, self.from.revision);
        let to = dated(self.to.version, self.to.revision);
        transform(self.distribution, from, to, self.device(), names)
    }

    /// The names today's packages have in the wanted release.
    fn renamed(&self, names: &[&str]) -> BTreeSet<String> {
        let transformed = self.transform(names);
        transformed
            .wanted()
            .into_iter()
            .map(str::to_owned)
            .collect()
    }

    /// What to ask for; `before` is everything on the router, if its release is known.
    pub(crate) fn selection(
        &self,
        transformed: &Transformed,
        before: Option<&Closure>,
    ) -> Selection {
        let old = self.from.release.as_ref().map(Release::defaults);
        let present = |name: &&str| {
            before
                .is_some_and(|before| before.get(name).or_else(|| before.provider(name)).is_some())
        };
        let there = old
            .iter()
            .flatten()
            .copied()
            .filter(present)
            .collect::<Vec<&str>>();
        let new_defaults = self.to.defaults().into_iter().map(str::to_owned);
        Selection::of(&Wishes {
            transformed,
            old_defaults: old.map(|old| self.renamed(&old.into_iter().collect::<Vec<_>>())),
            present_defaults: self.renamed(&there),
            new_defaults: new_defaults.collect(),
            add: self.add.clone(),
            remove: self.remove.clone(),
        })
    }
}

fn dated<'v>(version: &'v VersionName, revision: &str) -> asu_distributions::Release<'v> {
    asu_distributions::Release {
        version: version.as_str(),
        revision: revision_number(revision),
    }
}

impl Release<'_> {
    pub(crate) fn defaults(&self) -> BTreeSet<&str> {
        let device = self
            .profile
            .map_or(&[][..], |(_, profile)| &profile.device_packages);
        defaults(self.default_packages, device)
            .into_iter()
            .collect()
    }

    /// Whether it offers a package by this name, with or without ABI version.
    fn has(&self, name: &str) -> bool {
        self.universe.best(name).is_some() || self.universe.by_plain_name(name).next().is_some()
    }

    /// The name the index has for a package that goes by its name without ABI version.
    pub(crate) fn index_name<'n>(&'n self, name: &'n str) -> &'n str {
        if self
            .universe
            .providers(name)
            .any(|package| package.name == name)
        {
            return name;
        }
        let newest = |a: &&asu_index::Package, b: &&asu_index::Package| {
            let order = asu_index::version::compare(self.flavour, &a.version, &b.version);
            order
                .unwrap_or(std::cmp::Ordering::Equal)
                .then_with(|| a.name.cmp(&b.name))
        };
        self.universe
            .by_plain_name(name)
            .max_by(newest)
            .map_or(name, |package| &package.name)
    }
}

//! Carries a list of installed packages from one version to another.
//!
//! The rules of every version between the two apply in version order, each to what the versions
//! before it left. Within one version they apply at once: a package is changed by one rule only,
//! so neither the order of rules nor that of packages matters, and nothing can run in circles.

use std::collections::BTreeSet;

use crate::distribution::{Distribution, any_matches};
use crate::judge::judge;
use crate::outcome::{Added, AppliedRule, Offer, Outcome, Transformed};
use crate::schema::Addition;
use crate::timeline::{Crossed, Release, crossed};

/// What an image is for, as far as rules ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Device<'a> {
    /// `ath79/generic`.
    pub target: &'a str,
    /// `tplink_archer-c7-v5`.
    pub profile: &'a str,
}

/// What becomes of `installed` on an upgrade of a device from one release to another.
///
/// A downgrade, or an upgrade to the release that is installed, changes nothing.
pub fn transform<'a>(
    distribution: &Distribution,
    from: impl Into<Release<'a>>,
    to: impl Into<Release<'a>>,
    device: Device<'_>,
    installed: &[&str],
) -> Transformed {
    let mut journey = Journey::new(installed);
    for step in crossed(distribution, from.into(), to.into()) {
        journey.pass(&step, device);
    }
    journey.finish()
}

/// One package on its way: an installed one, or one that was added on the way.
struct Track {
    package: String,
    added: Option<Added>,
    current: Vec<String>,
    steps: Vec<AppliedRule>,
    offers: Vec<Offer>,
}

struct Journey {
    original: BTreeSet<String>,
    tracks: Vec<Track>,
}

impl Journey {
    fn new(installed: &[&str]) -> Self {
        let original: BTreeSet<String> = installed.iter().map(|&name| name.to_owned()).collect();
        let tracks = original.iter().map(|name| Track::new(name, None)).collect();
        Self { original, tracks }
    }

    fn pass(&mut self, step: &Crossed<'_>, device: Device<'_>) {
        let mut context = self.current();
        context.extend(self.original.iter().cloned());
        for track in &mut self.tracks {
            track.pass(step, &context);
        }
        if step.is_whole() {
            self.add(step, device);
        }
    }

    fn add(&mut self, step: &Crossed<'_>, device: Device<'_>) {
        let wanted = step
            .step
            .additions
            .iter()
            .filter(|it| applies(it, step, device));
        for addition in wanted {
            for package in &addition.packages {
                let name = package.value.as_str();
                if !self.current().contains(name) {
                    self.tracks
                        .push(Track::new(name, Some(added(name, addition, step))));
                }
            }
        }
    }

    fn current(&self) -> BTreeSet<String> {
        self.tracks
            .iter()
            .flat_map(|track| track.current.iter().cloned())
            .collect()
    }

    fn finish(self) -> Transformed {
        let mut result = Transformed::default();
        for track in self.tracks {
            track.finish(&mut result);
        }
        result.added.sort();
        result.added.dedup_by(|a, b| a.package == b.package);
        result
    }
}

impl Track {
    fn new(name: &str, added: Option<Added>) -> Self {
        Self {
            package: name.to_owned(),
            added,
            current: vec![name.to_owned()],
            steps: Vec::new(),
            offers: Vec::new(),
        }
    }

    fn pass(&mut self, step: &Crossed<'_>, context: &BTreeSet<String>) {
        let offers = std::mem::take(&mut self.offers);
        self.offers = offers
            .iter()
            .flat_map(|offer| carried(offer, step, context))
            .collect();
        let mut after = Vec::new();
        for name in std::mem::take(&mut self.current) {
            let verdict = judge(step, context, &name);
            self.offers.extend(verdict.offers);
            let to = verdict.to.unwrap_or_else(|| vec![name.clone()]);
            if to != [name.as_str()] {
                self.steps.push(applied(step, &name, &to, verdict.note));
            }
            after.extend(
                to.into_iter()
                    .filter(|new| !after.contains(new))
                    .collect::<Vec<_>>(),
            );
        }
        self.current = after;
    }

    fn finish(self, result: &mut Transformed) {
        if let Some(added) = self.added {
            result
                .added
                .extend(self.current.into_iter().map(|package| Added {
                    package,
                    ..added.clone()
                }));
            return;
        }
        let offers = unique(self.offers, &self.current);
        if !offers.is_empty() {
            result.offered.insert(self.package.clone(), offers);
        }
        let outcome = outcome(&self.package, self.current, self.steps);
        result.packages.insert(self.package, outcome);
    }
}

/// An offer as a later version calls it; none if that version has it no more.
fn carried(offer: &Offer, step: &Crossed<'_>, context: &BTreeSet<String>) -> Vec<Offer> {
    let to = judge(step, context, &offer.package).to;
    let names = to
        .unwrap_or_else(|| vec![offer.package.clone()])
        .into_iter();
    let renamed = names.map(|package| Offer {
        package,
        ..offer.clone()
    });
    renamed.collect()
}

fn applied(step: &Crossed<'_>, from: &str, to: &[String], note: Option<String>) -> AppliedRule {
    AppliedRule {
        distribution: step.distribution.name().to_owned(),
        version: step.step.version.value.clone(),
        from: from.to_owned(),
        to: to.to_vec(),
        note,
    }
}

fn applies(addition: &Addition, step: &Crossed<'_>, device: Device<'_>) -> bool {
    let fits = |globs: &[_], text| globs.is_empty() || any_matches(globs, text);
    let until = addition.until.as_ref();
    fits(&addition.targets, device.target)
        && fits(&addition.profiles, device.profile)
        && until.is_none_or(|limit| step.distribution.compare(&step.to, &limit.value).is_lt())
}

fn added(package: &str, addition: &Addition, step: &Crossed<'_>) -> Added {
    Added {
        package: package.to_owned(),
        distribution: step.distribution.name().to_owned(),
        version: step.step.version.value.clone(),
        note: addition.note.clone(),
    }
}

/// The offers that are not what was chosen anyway, each once.
fn unique(offers: Vec<Offer>, current: &[String]) -> Vec<Offer> {
    let mut seen: BTreeSet<String> = current.iter().cloned().collect();
    let mut offers = offers;
    offers.retain(|offer| seen.insert(offer.package.clone()));
    offers
}

fn outcome(package: &str, current: Vec<String>, steps: Vec<AppliedRule>) -> Outcome {
    if current.is_empty() {
        Outcome::Dropped { steps }
    } else if current == [package] {
        Outcome::Kept
    } else {
        Outcome::Replaced { by: current, steps }
    }
}

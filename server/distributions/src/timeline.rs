//! Which rules an upgrade crosses, in the order of their versions.

use std::cmp::Ordering;

use crate::distribution::Distribution;
use crate::schema::{Channel, LanguagePack, Rule, Step};

/// A version, and for a snapshot the revision it was built from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Release<'a> {
    /// `24.10.2` or `SNAPSHOT`.
    pub version: &'a str,
    /// The number in `r28056-…`; it tells one snapshot from another.
    pub revision: Option<u32>,
}

impl<'a> From<&'a str> for Release<'a> {
    fn from(version: &'a str) -> Self {
        Self {
            version,
            revision: None,
        }
    }
}

/// A step not after the wanted version, with what is needed to tell which of its rules apply.
pub(crate) struct Crossed<'a> {
    pub(crate) distribution: &'a Distribution,
    pub(crate) step: &'a Step,
    pub(crate) to: String,
    /// Whether the upgrade crosses the version, from below it to it or beyond.
    whole: bool,
    /// The revisions an upgrade from snapshot to snapshot leads from, and the one it leads to.
    revisions: (Option<u32>, Option<u32>),
}

impl Crossed<'_> {
    /// Whether additions and board renames of the step apply.
    pub(crate) fn is_whole(&self) -> bool {
        self.whole
    }

    /// Whether a rule for one package applies.
    pub(crate) fn includes(&self, rule: &Rule) -> bool {
        let crossed = match (self.revisions, rule.revision) {
            ((Some(from), Some(to)), Some(revision)) => from < revision && revision <= to,
            ((None, Some(to)), Some(revision)) => self.whole && revision <= to,
            _ => self.whole,
        };
        crossed || rule.every
    }

    /// Whether a rule for translations applies.
    pub(crate) fn includes_pack(&self, pack: &LanguagePack) -> bool {
        self.whole || pack.every
    }
}

/// The steps an upgrade passes, the parent's before the distribution's own.
pub(crate) fn crossed<'a>(
    distribution: &'a Distribution,
    from: Release<'_>,
    to: Release<'_>,
) -> Vec<Crossed<'a>> {
    let mut steps = match parents(distribution, from, to) {
        Some((parent, from, to)) => {
            // A child's revisions are not its parent's.
            crossed(
                parent,
                Release::from(from.as_str()),
                Release::from(to.as_str()),
            )
        }
        None => Vec::new(),
    };
    let mut own = own_steps(distribution, from, to);
    own.sort_by(|a, b| distribution.compare(&a.step.version.value, &b.step.version.value));
    steps.extend(own);
    steps
}

fn parents<'a>(
    distribution: &'a Distribution,
    from: Release<'_>,
    to: Release<'_>,
) -> Option<(&'a Distribution, String, String)> {
    let before = distribution.parent_of(from.version)?;
    let after = distribution.parent_of(to.version)?;
    Some((before.distribution, before.version, after.version))
}

fn own_steps<'a>(
    distribution: &'a Distribution,
    from: Release<'_>,
    to: Release<'_>,
) -> Vec<Crossed<'a>> {
    let Some(between_snapshots) = upgrade(distribution, from, to) else {
        return Vec::new();
    };
    let steps = distribution.file.transformations.iter();
    let reached = steps.filter(|step| not_after(distribution, &step.version.value, to.version));
    let crossed = reached.map(|step| Crossed {
        distribution,
        step,
        to: to.version.to_owned(),
        whole: not_reached(distribution, from.version, &step.version.value),
        revisions: (
            from.revision.filter(|_| between_snapshots),
            main_line(distribution, to),
        ),
    });
    crossed.collect()
}

/// `None` if `to` is not newer than `from`; otherwise whether both are snapshots of the main line.
fn upgrade(distribution: &Distribution, from: Release<'_>, to: Release<'_>) -> Option<bool> {
    match distribution.compare(from.version, to.version) {
        Ordering::Less => Some(false),
        Ordering::Equal if newer_snapshot(distribution, from, to) => {
            Some(main_line(distribution, to).is_some())
        }
        _ => None,
    }
}

/// Whether `to` is a later build of the same development version. A release has one build.
fn newer_snapshot(distribution: &Distribution, from: Release<'_>, to: Release<'_>) -> bool {
    let is_snapshot = distribution.channel_of(to.version) == Some(Channel::Snapshot);
    let revisions = from.revision.zip(to.revision);
    is_snapshot && revisions.is_some_and(|(from, to)| from < to)
}

/// The revision of a snapshot of the main line; revisions of branches count otherwise.
fn main_line(distribution: &Distribution, release: Release<'_>) -> Option<u32> {
    let branch = distribution.branch_of(release.version)?;
    release.revision.filter(|_| branch.snapshot)
}

fn not_reached(distribution: &Distribution, from: &str, version: &str) -> bool {
    distribution.compare(from, version) == Ordering::Less
}

fn not_after(distribution: &Distribution, version: &str, to: &str) -> bool {
    distribution.compare(version, to) != Ordering::Greater
}

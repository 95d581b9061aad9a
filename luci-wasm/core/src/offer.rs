//! Which versions a router may be upgraded to.

use std::cmp::Ordering;

use asu_protocol::overview::Branch;
use asu_protocol::release::{branch_of, compare, path_of};
use asu_protocol::router::RouterInfo;

use crate::order::insert;
use crate::read::Overview;
use crate::words::w;

/// One version to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// e.g. `24.10.2`.
    pub version: String,
    /// What there is to say about it.
    pub note: Note,
}

/// What a version is to this router.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Note {
    /// It runs already.
    Installed,
    /// It is older than what runs.
    Older,
    /// A snapshot.
    Development,
    /// A release candidate.
    Candidate,
    /// The newest stable release.
    Newest,
    /// Nothing to say.
    None,
}

impl Note {
    /// A word for a list.
    pub fn words(self) -> &'static str {
        match self {
            Self::Installed => w!("installed"),
            Self::Older => w!("older"),
            Self::Development => w!("development"),
            Self::Candidate => w!("test version"),
            Self::Newest => w!("newest stable"),
            Self::None => "",
        }
    }
}

/// Whether a version is a release rather than a candidate or a snapshot.
pub fn is_stable(version: &str) -> bool {
    !version.contains("-rc") && !version.contains("SNAPSHOT")
}

/// The versions to choose from: the newest of each channel first, then newest to oldest.
///
/// Older ones than the running one, candidates and snapshots are only there where `advanced`.
pub fn offers(overview: &Overview, router: &RouterInfo, advanced: bool) -> Vec<Offer> {
    let rank = |version: &str| overview.latest.iter().position(|latest| latest == version);
    let place = |version: &str| rank(version).unwrap_or(usize::MAX);
    let before = |a: &&str, b: &&str| place(a).cmp(&place(b)).then_with(|| compare(b, a));
    let mut versions: Vec<&str> = Vec::new();
    for branch in overview
        .branches
        .iter()
        .filter(|branch| serves(branch, &router.target))
    {
        for version in &branch.versions {
            if advanced || is_offered(overview, router, version) {
                insert(&mut versions, version, before);
            }
        }
    }
    let newest = newest_stable(&versions);
    versions
        .into_iter()
        .map(|version| Offer {
            version: version.to_owned(),
            note: note(version, router, newest),
        })
        .collect()
}

/// The version preselected: the newest stable one, or else what is running, or else the first.
pub fn preselect(offers: &[Offer], router: &RouterInfo) -> Option<String> {
    let versions: Vec<&str> = offers.iter().map(|offer| offer.version.as_str()).collect();
    newest_stable(&versions)
        .filter(|newest| compare(newest, &router.version) != Ordering::Less)
        .or_else(|| {
            versions
                .iter()
                .find(|version| **version == router.version)
                .copied()
        })
        .or_else(|| versions.first().copied())
        .map(str::to_owned)
}

/// The folder of a version below `/json/v1/`.
pub fn folder(overview: &Overview, version: &str) -> String {
    match branch(overview, version) {
        Some(branch) if !branch.path.is_empty() => branch.path.replace("{version}", version),
        _ => path_of(version),
    }
}

/// The branch a version belongs to, if the server has it.
pub fn branch<'a>(overview: &'a Overview, version: &str) -> Option<&'a Branch> {
    let name = branch_of(version);
    overview.branches.iter().find(|branch| branch.name == name)
}

fn serves(branch: &Branch, target: &str) -> bool {
    branch.enabled && (branch.targets.is_empty() || branch.targets.contains_key(target))
}

fn is_offered(overview: &Overview, router: &RouterInfo, version: &str) -> bool {
    let wanted = is_stable(version)
        || version == router.version
        || overview.latest.iter().any(|latest| latest == version);
    wanted && compare(version, &router.version) != Ordering::Less
}

fn newest_stable<'a>(versions: &[&'a str]) -> Option<&'a str> {
    versions
        .iter()
        .copied()
        .filter(|version| is_stable(version))
        .max_by(|a, b| compare(a, b))
}

fn note(version: &str, router: &RouterInfo, newest: Option<&str>) -> Note {
    if version == router.version {
        Note::Installed
    } else if compare(version, &router.version) == Ordering::Less {
        Note::Older
    } else if version.contains("SNAPSHOT") {
        Note::Development
    } else if version.contains("-rc") {
        Note::Candidate
    } else if newest == Some(version) {
        Note::Newest
    } else {
        Note::None
    }
}

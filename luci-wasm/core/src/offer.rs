//! Which versions a router may be upgraded to.

use std::cmp::Ordering;

use asu_protocol::overview::Branch;
use asu_protocol::release::{branch_of, compare, path_of};
use asu_protocol::router::RouterInfo;

use crate::order::insert;
use crate::read::Overview;
use crate::words::w;

/// Which versions somebody wants to see.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Channel {
    /// Releases.
    #[default]
    Stable,
    /// Candidates of the next release.
    Testing,
    /// Development versions.
    Snapshot,
    /// What runs already, to be built again.
    Installed,
}

impl Channel {
    /// All, in the order they are offered.
    pub const ALL: [Self; 4] = [Self::Stable, Self::Testing, Self::Snapshot, Self::Installed];

    /// The channel a version is in.
    pub fn of(version: &str) -> Self {
        if version.contains("SNAPSHOT") {
            Self::Snapshot
        } else if version.contains("-rc") {
            Self::Testing
        } else {
            Self::Stable
        }
    }

    /// The channel of a router's setting `client.channel`.
    pub fn from_name(name: &str) -> Option<Self> {
        const NAMES: [&str; 4] = ["stable", "testing", "snapshot", "installed"];
        let place = NAMES.iter().position(|known| *known == name)?;
        Self::ALL.get(place).copied()
    }

    /// A word for a button.
    pub fn label(self) -> &'static str {
        match self {
            Self::Stable => w!("Stable"),
            Self::Testing => w!("Testing"),
            Self::Snapshot => w!("Snapshot"),
            Self::Installed => w!("Rebuild the installed one"),
        }
    }
}

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
    Channel::of(version) == Channel::Stable
}

/// The versions to choose from: the newest of each channel first, then newest to oldest.
///
/// Those older than the running one, and candidates of what is released by now, are only there
/// where `advanced`.
pub fn offers(overview: &Overview, router: &RouterInfo, advanced: bool) -> Vec<Offer> {
    let rank = |version: &str| overview.latest.iter().position(|latest| latest == version);
    let place = |version: &str| rank(version).unwrap_or(usize::MAX);
    let before = |a: &&str, b: &&str| place(a).cmp(&place(b)).then_with(|| compare(b, a));
    let mut versions: Vec<&str> = Vec::new();
    let branches = overview.branches.iter();
    for branch in branches.filter(|branch| serves(branch, &router.target)) {
        for version in &branch.versions {
            insert(&mut versions, version, before);
        }
    }
    let newest = newest(
        versions
            .iter()
            .copied()
            .filter(|version| is_stable(version)),
    );
    if !advanced {
        versions.retain(|version| is_current(version, router, newest));
    }
    let offer = |version: &str| Offer {
        version: version.to_owned(),
        note: note(version, router, newest),
    };
    versions.into_iter().map(offer).collect()
}

/// The offers of one channel. Where all releases are older than what runs, as on a development
/// version, they are there nevertheless: it is the way back.
pub fn of_channel(
    overview: &Overview,
    router: &RouterInfo,
    channel: Channel,
    advanced: bool,
) -> Vec<Offer> {
    let has = |offer: &Offer| match channel {
        Channel::Installed => offer.version == router.version,
        other => Channel::of(&offer.version) == other,
    };
    let mut found = offers(overview, router, advanced);
    found.retain(has);
    if found.is_empty() && channel == Channel::Stable {
        found = offers(overview, router, true);
        found.retain(has);
    }
    found
}

/// The version of a channel to begin with: the newest, or of development versions the installed
/// one's successor.
pub fn best(offers: &[Offer], router: &RouterInfo) -> Option<String> {
    let versions = || offers.iter().map(|offer| offer.version.as_str());
    let same = versions().find(|version| *version == router.version && !is_stable(version));
    let same = same.filter(|version| Channel::of(version) == Channel::Snapshot);
    same.or_else(|| newest(versions())).map(str::to_owned)
}

/// The channel and version preselected: those of the channel `wanted`, of the stable one, or of the
/// one the router is in, whichever first has something that is not older than what runs. If none
/// has, the newest release there is.
pub fn preselect(
    overview: &Overview,
    router: &RouterInfo,
    wanted: Channel,
) -> Option<(Channel, String)> {
    let own = Channel::of(&router.version);
    let from = |channel: Channel| {
        let offers = of_channel(overview, router, channel, false);
        Some((channel, best(&offers, router)?))
    };
    let is_safe = |(_, version): &(Channel, String)| compare(version, &router.version).is_ge();
    let channels = [wanted, Channel::Stable, own].into_iter();
    let safe = channels.filter_map(from).find(is_safe);
    safe.or_else(|| Channel::ALL.into_iter().find_map(from))
}

/// Where OpenWrt tells what is new in a release; development versions have no such page.
pub fn release_notes(version: &str) -> Option<String> {
    let known = version.starts_with(|first: char| first.is_ascii_digit());
    let of_release = known && Channel::of(version) != Channel::Snapshot;
    let page = [
        "https://openwrt.org/releases/",
        branch_of(version),
        "/notes-",
        version,
    ];
    of_release.then(|| page.concat())
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

fn is_current(version: &str, router: &RouterInfo, newest: Option<&str>) -> bool {
    let is_over = Channel::of(version) == Channel::Testing
        && version != router.version
        && newest.is_some_and(|newest| compare(version, newest).is_lt());
    !is_over && compare(version, &router.version).is_ge()
}

fn newest<'a>(versions: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    versions.max_by(|a, b| compare(a, b))
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

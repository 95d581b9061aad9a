//! One release's entry under `transformations`.

use serde::{Deserialize, Deserializer};

use crate::choice::{Change, Pairs};
use crate::schema::At;

/// What became of packages and boards with one release.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The release: `24.10` is the branch's first candidate, `24.10.3` that release.
    pub version: At<String>,
    /// What became of single packages.
    #[serde(default)]
    pub packages: Vec<Rule>,
    /// What became of packages with a common prefix.
    #[serde(default)]
    pub language_packs: Vec<LanguagePack>,
    /// Packages that devices need from here on.
    #[serde(default)]
    pub additions: Vec<Addition>,
    /// Devices whose settings of before no longer fit.
    #[serde(default)]
    pub compat: Vec<Compat>,
    /// Boards that were renamed, old name to new name.
    #[serde(default, deserialize_with = "renames")]
    pub boards: Vec<Rename>,
}

/// What became of one package.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The package as it was called before.
    pub package: At<String>,
    /// What stands in for it.
    pub to: At<Change>,
    /// The main line's revision number at which it happened. Only rules with one are published
    /// in API v1's overview, and only these and those for `every` upgrade apply between two
    /// snapshots.
    pub revision: Option<u32>,
    /// Whether the default package list changed as well.
    #[serde(default)]
    pub mandatory: bool,
    /// Applied on every upgrade to this version or a later one, not only on those that cross it.
    #[serde(default)]
    pub every: bool,
    /// Why, in words for the router's owner.
    pub note: Option<String>,
    /// More about single choices, by name.
    #[serde(default, deserialize_with = "notes")]
    pub choice_notes: Vec<ChoiceNote>,
}

/// What became of packages that share a prefix and a suffix: the translations of an app.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LanguagePack {
    /// How their names begin: `luci-i18n-opkg-`.
    pub prefix: At<String>,
    /// How their names end, if that matters: `-en`.
    #[serde(default)]
    pub suffix: String,
    /// What the prefix became; `false` if they are gone.
    pub to: At<Change>,
    /// Applied on every upgrade to this version or a later one, not only on those that cross it.
    #[serde(default)]
    pub every: bool,
    /// Why, in words for the router's owner.
    pub note: Option<String>,
}

/// Packages that devices need from a release on, because a driver or a tool moved out of another.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Addition {
    /// What is added where it is missing.
    pub packages: Vec<At<String>>,
    /// Globs of targets: `ath79/generic`, `mediatek/*`; all if empty.
    #[serde(default)]
    pub targets: Vec<At<String>>,
    /// Globs of profiles; all of those targets if empty.
    #[serde(default)]
    pub profiles: Vec<At<String>>,
    /// The first version that no longer wants it.
    pub until: Option<At<String>>,
    /// Why, in words for the router's owner.
    pub note: Option<String>,
}

/// Devices whose images have a new compat_version from a release on, so that sysupgrade refuses
/// settings of before (1.1 after 1.0), or the image itself (2.0 after 1.0).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compat {
    /// The compat_version: `"1.1"`.
    pub compat_version: At<String>,
    /// Globs of targets.
    pub targets: Vec<At<String>>,
    /// Globs of profiles; all of those targets if empty.
    #[serde(default)]
    pub profiles: Vec<At<String>>,
    /// Why, in words for the router's owner.
    pub note: Option<String>,
}

/// What speaks for one of several choices.
#[derive(Debug, Clone)]
pub struct ChoiceNote {
    /// The choice's name.
    pub choice: At<String>,
    /// What a person reads about it.
    pub note: At<String>,
}

/// A board that was renamed.
#[derive(Debug, Clone)]
pub struct Rename {
    /// As an installed system reports it.
    pub from: At<String>,
    /// As the release calls it.
    pub to: At<String>,
}

impl Rule {
    /// What the file says about one choice.
    pub(crate) fn choice_note(&self, choice: &str) -> Option<&str> {
        let mut notes = self.choice_notes.iter();
        let found = notes.find(|note| note.choice.value == choice)?;
        Some(&found.note.value)
    }
}

impl LanguagePack {
    /// The part of the name between prefix and suffix, if the name has both.
    pub(crate) fn language<'a>(&self, package: &'a str) -> Option<&'a str> {
        package
            .strip_prefix(self.prefix.value.as_str())?
            .strip_suffix(self.suffix.as_str())
    }
}

fn renames<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Rename>, D::Error> {
    let Pairs(pairs) = Pairs::deserialize(deserializer)?;
    Ok(pairs
        .into_iter()
        .map(|(from, to)| Rename { from, to })
        .collect())
}

fn notes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ChoiceNote>, D::Error> {
    let Pairs(pairs) = Pairs::deserialize(deserializer)?;
    let notes = pairs.into_iter();
    Ok(notes
        .map(|(choice, note)| ChoiceNote { choice, note })
        .collect())
}

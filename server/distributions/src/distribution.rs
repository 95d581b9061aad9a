//! What a loaded distribution answers.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use asu_protocol::name::FilePath;
use wildmatch::WildMatch;

use crate::schema::{At, Branch, Channel, File, Flavour, PackageSet, Targets};
use crate::template::render;

/// A distribution whose file was checked, with its parent.
#[derive(Debug, Clone)]
pub struct Distribution {
    pub(crate) file: File,
    pub(crate) parent: Option<Arc<Distribution>>,
}

/// The release of another distribution that a release is built on.
#[derive(Debug, Clone)]
pub struct ParentRelease<'a> {
    /// Whose ImageBuilder is used.
    pub distribution: &'a Distribution,
    /// Of which version.
    pub version: String,
}

impl Distribution {
    /// The fields of the file, checked.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// The name requests use.
    pub fn name(&self) -> &str {
        &self.file.name.value
    }

    /// The name people read.
    pub fn title(&self) -> &str {
        self.file.title.as_deref().unwrap_or_else(|| self.name())
    }

    /// Whether requests may call it `name`; case does not matter.
    pub fn is_called(&self, name: &str) -> bool {
        let mut aliases = self.file.aliases.iter();
        self.name().eq_ignore_ascii_case(name)
            || aliases.any(|alias| alias.value.eq_ignore_ascii_case(name))
    }

    /// The distribution this one is built on.
    pub fn parent(&self) -> Option<&Distribution> {
        self.parent.as_deref()
    }

    /// The URL above `releases/`, without a final slash: its own or its parent's.
    pub fn mirror(&self) -> &str {
        match (&self.file.mirror, self.parent()) {
            (Some(mirror), _) => mirror.value.trim_end_matches('/'),
            (None, Some(parent)) => parent.mirror(),
            (None, None) => "",
        }
    }

    /// The branches, oldest first.
    pub fn branches(&self) -> &[Branch] {
        &self.file.branches
    }

    /// The branch `version` belongs to.
    pub fn branch_of(&self, version: &str) -> Option<&Branch> {
        self.file.branch_of(version)
    }

    /// Orders two versions the way they came out.
    pub fn compare(&self, a: &str, b: &str) -> Ordering {
        self.file.compare(a, b)
    }

    /// The package manager of `version`.
    pub fn flavour(&self, version: &str) -> Option<Flavour> {
        let own = self.branch_of(version)?.package_manager;
        own.or_else(|| {
            let parent = self.parent_of(version)?;
            parent.distribution.flavour(&parent.version)
        })
    }

    /// The channel of `version`; none if it is no longer maintained.
    pub fn channel_of(&self, version: &str) -> Option<Channel> {
        let branch = self.branch_of(version)?;
        if branch.snapshot || version.ends_with("SNAPSHOT") {
            Some(Channel::Snapshot)
        } else if version.contains("-rc") {
            Some(Channel::Testing)
        } else {
            branch.channel
        }
    }

    /// The version a channel is fixed to; if none, upstream's `.versions.json` says.
    pub fn fixed_latest(&self, channel: Channel) -> Option<&str> {
        let mut entries = self.file.channels.iter();
        let entry = entries.find(|entry| entry.channel.value == channel)?;
        Some(&entry.latest.value)
    }

    /// The folder of `version` below the mirror's root, where its ImageBuilders lie.
    pub fn folder(&self, version: &str) -> Option<String> {
        let branch = self.branch_of(version)?;
        if let Some(path) = &branch.path {
            let values = [("version", version), ("branch", branch.name.value.as_str())];
            return Some(render(&path.value, &values));
        }
        let parent = self.parent_of(version)?;
        parent.distribution.folder(&parent.version)
    }

    /// The parent's release that `version` is built on.
    pub fn parent_of(&self, version: &str) -> Option<ParentRelease<'_>> {
        let distribution = self.parent()?;
        let branch = self.branch_of(version)?;
        let version = match (&branch.versions, &branch.parent_version) {
            (Some(_), _) => branch.part_of(version)?.to_owned(),
            (None, parent_version) => parent_version.as_ref()?.value.clone(),
        };
        Some(ParentRelease {
            distribution,
            version,
        })
    }

    /// Whether images for `target` are offered of `version`, as far as this file says.
    pub fn offers_target(&self, version: &str, target: &str) -> bool {
        let own = self
            .branch_of(version)
            .and_then(|branch| branch.targets.as_ref());
        let Targets { supported, ignored } = own.unwrap_or(&self.file.targets);
        (supported.is_empty() || any_matches(supported, target)) && !any_matches(ignored, target)
    }

    /// What an image has that nobody chose packages for, besides the target's own defaults. An
    /// upgrade never adds it.
    pub fn vanilla(&self) -> impl Iterator<Item = &str> {
        self.file
            .vanilla
            .iter()
            .map(|package| package.value.as_str())
    }

    /// The flavors of `version`.
    pub fn flavors(&self, version: &str) -> Vec<&PackageSet> {
        self.sets(&self.file.flavors, version)
    }

    /// The network profiles of `version`.
    pub fn network_profiles(&self, version: &str) -> Vec<&PackageSet> {
        self.sets(&self.file.network_profiles, version)
    }

    /// Whether the files of a request for `version` are those of one of its network profiles.
    pub fn offers_files(&self, version: &str, files: &BTreeMap<FilePath, String>) -> bool {
        let mut sets = self.network_profiles(version).into_iter();
        sets.any(|set| set.files() == *files)
    }

    fn sets<'a>(&self, sets: &'a [PackageSet], version: &str) -> Vec<&'a PackageSet> {
        let Some(branch) = self.branch_of(version) else {
            return Vec::new();
        };
        sets.iter()
            .filter(|set| is_for(&set.branches, branch))
            .collect()
    }
}

impl PackageSet {
    /// The files it adds to the image: their texts.
    pub fn files(&self) -> BTreeMap<FilePath, String> {
        // Paths that are none are refused when the distribution is loaded.
        let named =
            |(path, text): (&String, &At<String>)| Some((path.parse().ok()?, text.value.clone()));
        self.files.iter().filter_map(named).collect()
    }
}

/// Whether a list of branches, empty for all, has this one.
pub(crate) fn is_for(branches: &[At<String>], branch: &Branch) -> bool {
    branches.is_empty() || branches.iter().any(|name| name.value == branch.name.value)
}

/// Whether one of the globs fits.
pub(crate) fn any_matches(globs: &[At<String>], text: &str) -> bool {
    globs
        .iter()
        .any(|glob| WildMatch::new(&glob.value).matches(text))
}

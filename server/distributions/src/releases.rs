//! Which release an upgrade leads to.

use asu_protocol::release::{branch_of, compare};

/// The releases there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Releases {
    /// The newest release of the newest branch.
    pub stable: Option<String>,
    /// The newest release of the branch before.
    pub oldstable: Option<String>,
    /// The newest release candidate, while there is one.
    pub testing: Option<String>,
    /// The development version: `SNAPSHOT`.
    pub snapshot: Option<String>,
    /// Every release, in any order.
    pub all: Vec<String>,
}

/// The release to go to, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// The version.
    pub version: String,
    /// Why this one, for a person.
    pub because: String,
}

impl Releases {
    /// The release that `wanted` (a version, a branch, a channel or nothing) means for a router
    /// with `installed`; nothing if there is no such release.
    ///
    /// Without a wish it is never an older one, and never one less stable than the installed one.
    pub fn choose(&self, wanted: Option<&str>, installed: &str) -> Option<Chosen> {
        let Some(wanted) = wanted else {
            return self.by_default(installed);
        };
        if let Some(channel) = self.channel(wanted) {
            return channel
                .as_deref()
                .map(|version| chosen(version, &format!("the newest of the {wanted} channel")));
        }
        if self.is_branch(wanted) {
            return self
                .newest_of(wanted)
                .map(|version| chosen(version, &format!("the newest release of {wanted}")));
        }
        Some(chosen(wanted, "it was asked for"))
    }

    /// The channel a version belongs to: `stable`, `oldstable`, `testing`, `snapshot`, `archived`.
    pub fn channel_of(&self, version: &str) -> &'static str {
        let branch = branch_of(version);
        let same_branch = |newest: &Option<String>| {
            newest
                .as_deref()
                .is_some_and(|newest| branch_of(newest) == branch)
        };
        if version.ends_with("SNAPSHOT") {
            "snapshot"
        } else if version.contains("-rc") {
            "testing"
        } else if same_branch(&self.stable) {
            "stable"
        } else if same_branch(&self.oldstable) {
            "oldstable"
        } else {
            "archived"
        }
    }

    fn by_default(&self, installed: &str) -> Option<Chosen> {
        if installed.ends_with("SNAPSHOT") {
            return Some(chosen(installed, "a development version stays one"));
        }
        let newer = |version: &&String| compare(version, installed).is_gt();
        if let Some(stable) = self.stable.as_ref().filter(newer) {
            return Some(chosen(stable, "the newest stable release"));
        }
        // Who runs a release candidate of the next branch wants to hear of the next one.
        let testing = self.testing.as_ref().filter(|_| installed.contains("-rc"));
        if let Some(testing) = testing.filter(newer) {
            return Some(chosen(testing, "the newest release candidate"));
        }
        let again = "nothing newer is released; this is the installed release again";
        let known = self.all.iter().any(|version| version == installed);
        known.then(|| chosen(installed, again))
    }

    /// The channel called `name`, which may have no version.
    fn channel(&self, name: &str) -> Option<&Option<String>> {
        match name {
            "stable" => Some(&self.stable),
            "oldstable" => Some(&self.oldstable),
            "testing" => Some(&self.testing),
            "snapshot" => Some(&self.snapshot),
            _ => None,
        }
    }

    fn is_branch(&self, wanted: &str) -> bool {
        !self.all.iter().any(|version| version == wanted)
            && self.all.iter().any(|version| branch_of(version) == wanted)
    }

    /// The newest release of a branch; a candidate only where nothing was released yet.
    fn newest_of(&self, branch: &str) -> Option<&str> {
        let versions = || {
            self.all
                .iter()
                .filter(|version| branch_of(version) == branch)
        };
        let newest = |a: &&String, b: &&String| compare(a, b);
        let released = versions()
            .filter(|version| !version.contains("-rc"))
            .max_by(newest);
        released
            .or_else(|| versions().max_by(newest))
            .map(String::as_str)
    }
}

fn chosen(version: &str, because: &str) -> Chosen {
    Chosen {
        version: version.to_owned(),
        because: because.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn releases() -> Releases {
        let text = |text: &str| Some(text.to_owned());
        Releases {
            stable: text("24.10.10"),
            oldstable: text("23.05.6"),
            testing: text("25.12.0-rc2"),
            snapshot: text("SNAPSHOT"),
            all: [
                "23.05.5",
                "23.05.6",
                "24.10.9",
                "24.10.10",
                "25.12.0-rc2",
                "22.03.7",
            ]
            .map(str::to_owned)
            .to_vec(),
        }
    }

    fn pick(wanted: Option<&str>, installed: &str) -> Option<String> {
        releases()
            .choose(wanted, installed)
            .map(|chosen| chosen.version)
    }

    #[test]
    fn without_a_wish_it_is_the_newest_stable_release_and_never_an_older_one() {
        assert_eq!(pick(None, "23.05.5").as_deref(), Some("24.10.10"));
        assert_eq!(pick(None, "24.10.9").as_deref(), Some("24.10.10"));
        assert_eq!(pick(None, "24.10.10").as_deref(), Some("24.10.10"));
        assert_eq!(pick(None, "25.12.0-rc1").as_deref(), Some("25.12.0-rc2"));
        assert_eq!(pick(None, "25.12.0-rc2").as_deref(), Some("25.12.0-rc2"));
        assert_eq!(pick(None, "SNAPSHOT").as_deref(), Some("SNAPSHOT"));
        assert_eq!(pick(None, "26.02.1"), None);
        assert_eq!(
            pick(None, "24.10-SNAPSHOT").as_deref(),
            Some("24.10-SNAPSHOT")
        );
    }

    #[test]
    fn channels_branches_and_versions_can_be_named() {
        assert_eq!(
            pick(Some("oldstable"), "24.10.9").as_deref(),
            Some("23.05.6")
        );
        assert_eq!(
            pick(Some("testing"), "24.10.9").as_deref(),
            Some("25.12.0-rc2")
        );
        assert_eq!(
            pick(Some("snapshot"), "24.10.9").as_deref(),
            Some("SNAPSHOT")
        );
        assert_eq!(pick(Some("24.10"), "23.05.5").as_deref(), Some("24.10.10"));
        assert_eq!(
            pick(Some("25.12"), "23.05.5").as_deref(),
            Some("25.12.0-rc2")
        );
        assert_eq!(pick(Some("24.10.9"), "23.05.5").as_deref(), Some("24.10.9"));
        let without = Releases {
            testing: None,
            ..releases()
        };
        assert_eq!(without.choose(Some("testing"), "24.10.9"), None);
    }

    #[test]
    fn channels_of_versions() {
        let releases = releases();
        assert_eq!(releases.channel_of("24.10.3"), "stable");
        assert_eq!(releases.channel_of("23.05.2"), "oldstable");
        assert_eq!(releases.channel_of("25.12.0-rc1"), "testing");
        assert_eq!(releases.channel_of("22.03.5"), "archived");
        assert_eq!(releases.channel_of("24.10-SNAPSHOT"), "snapshot");
    }
}

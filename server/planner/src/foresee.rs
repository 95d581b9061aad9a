//! Which packages an image will have, before it is built.

use std::collections::{BTreeMap, BTreeSet};

use asu_index::Flavour;
use asu_protocol::build::BuildRequest;
use asu_protocol::name::PackageSpec;
use asu_protocol::profiles::defaults;

use crate::plan::settle;
use crate::selection::BASE;
use crate::solve::Solution;
use crate::upgrade::Release;

/// The packages an image will have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreseen {
    /// Name to version, as a build writes them down; `None` where only the ImageBuilder knows the
    /// version.
    pub packages: BTreeMap<String, Option<String>>,
    /// Whether there is no other way: where several packages provide a name, opkg's choice is not
    /// always the same.
    pub is_certain: bool,
}

/// What a build of `request` for `release` will put into the image; `None` if that cannot be told:
/// the packages of its own feeds are not known, the device is not, or no selection is possible.
pub fn foresee(release: &Release<'_>, request: &BuildRequest) -> Option<Foreseen> {
    let (_, profile) = release.profile?;
    if !request.repositories.is_empty() {
        return None;
    }
    let wanted = wanted(request, release.default_packages, &profile.device_packages);
    let solution = settle(release, wanted.iter().map(String::as_str)).ok()?;
    Some(Foreseen {
        packages: named(&solution, release.flavour),
        is_certain: release.flavour == Flavour::Apk || solution.choices.is_empty(),
    })
}

/// What remains of the words the ImageBuilder is given, in its order: a word that anybody takes away
/// is away, whoever asks for it.
fn wanted(request: &BuildRequest, target: &[String], device: &[String]) -> Vec<String> {
    let asked = request.packages.iter();
    let (removals, asked): (Vec<_>, Vec<_>) = asked.partition(|spec| spec.is_removal());
    let removed: BTreeSet<&str> = removals.into_iter().map(PackageSpec::package).collect();
    let defaults = defaults(target, device).into_iter();
    let besides: BTreeSet<&str> = defaults.filter(|_| !request.diff_packages).collect();
    let words = asked.into_iter().map(PackageSpec::package).chain(besides);
    let is_default_removal = |word: &str| {
        let mut defaults = target.iter().chain(device);
        defaults.any(|default| default.strip_prefix('-') == Some(word))
    };
    let stays = |word: &&str| !removed.contains(word) && !is_default_removal(word);
    let words = words.chain(["kernel", "libc"]).filter(stays);
    words.map(str::to_owned).collect()
}

fn named(solution: &Solution, flavour: Flavour) -> BTreeMap<String, Option<String>> {
    let packages = solution.install.iter().map(|selected| &selected.package);
    let named = packages.map(|package| {
        let name = match flavour {
            Flavour::Opkg => package.plain_name(),
            Flavour::Apk => &package.name,
        };
        let version = Some(package.version.clone()).filter(|version| !version.is_empty());
        // The kernel's is that which modules ask for, not its own.
        let version = version.filter(|_| !BASE.contains(&name));
        (name.to_owned(), version)
    });
    named.collect()
}

/// How the packages of an image differ from those foreseen; each a name with versions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// Foreseen and not there.
    pub missing: BTreeSet<String>,
    /// There and not foreseen.
    pub extra: BTreeSet<String>,
    /// Foreseen in a version, and there in another.
    pub other: BTreeMap<String, (String, String)>,
}

impl Difference {
    /// Whether there is none.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

impl Foreseen {
    /// How an image with the packages `made` differs. Whether what every ImageBuilder brings along is
    /// told of is its own affair.
    pub fn compare(&self, made: &BTreeMap<String, String>) -> Difference {
        let mut difference = Difference::default();
        let counts = |name: &str| self.is_certain && !BASE.contains(&name);
        for (name, version) in &self.packages {
            match (made.get(name), version) {
                (None, _) if counts(name) => {
                    difference.missing.insert(name.clone());
                }
                (Some(made), Some(version)) if made != version => {
                    let versions = (version.clone(), made.clone());
                    difference.other.insert(name.clone(), versions);
                }
                _ => {}
            }
        }
        let extra = made.keys();
        let extra = extra.filter(|name| counts(name) && !self.packages.contains_key(*name));
        difference.extra = extra.cloned().collect();
        difference
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(more: &str) -> BuildRequest {
        let text = format!(
            r#"{{"version":"24.10.2","target":"x86/64","profile":"generic","packages":["luci","-ppp"]{more}}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn the_words_are_those_the_imagebuilder_reads() {
        let target = ["dropbear", "ppp", "swconfig"].map(str::to_owned);
        let device = ["-swconfig".to_owned()];
        let words = |request: &BuildRequest| wanted(request, &target, &device);
        assert_eq!(words(&request("")), ["luci", "dropbear", "kernel", "libc"]);
        let whole = request(r#","diff_packages":true"#);
        assert_eq!(words(&whole), ["luci", "kernel", "libc"]);
        assert_eq!(
            wanted(&whole, &target, &["-luci".to_owned()]),
            ["kernel", "libc"]
        );
    }

    #[test]
    fn every_difference_is_named_unless_there_was_a_choice() {
        let known = |version: &str| Some(version.to_owned());
        let versions = [
            ("luci", known("2")),
            ("dropbear", known("1")),
            ("libc", None),
        ];
        let packages = versions.map(|(name, version)| (name.to_owned(), version));
        let mut foreseen = Foreseen {
            packages: packages.into(),
            is_certain: true,
        };
        let made = |packages: &[(&str, &str)]| {
            let owned = packages.iter();
            let owned = owned.map(|(name, version)| ((*name).to_owned(), (*version).to_owned()));
            owned.collect::<BTreeMap<_, _>>()
        };
        let same = [
            ("luci", "2"),
            ("dropbear", "1"),
            ("libc", "9"),
            ("kernel", "6"),
        ];
        assert!(foreseen.compare(&made(&same)).is_none());
        let another = made(&[("luci", "3"), ("libc", "9"), ("ppp", "1")]);
        let difference = foreseen.compare(&another);
        assert_eq!(difference.missing, ["dropbear".to_owned()].into());
        assert_eq!(difference.extra, ["ppp".to_owned()].into());
        assert_eq!(difference.other["luci"], ("2".to_owned(), "3".to_owned()));
        foreseen.is_certain = false;
        let difference = foreseen.compare(&another);
        assert!(difference.missing.is_empty() && difference.extra.is_empty());
        assert!(difference.other.contains_key("luci"));
    }
}

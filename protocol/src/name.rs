//! Package, target and profile names, checked when they are read.
//!
//! The ImageBuilder pastes these into a double-quoted shell word inside a make recipe, so anything
//! but an allow-list of characters would be an injection. Each type's pattern says the same to those
//! who read the document of the HTTP API; a test there holds the two together.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A name that was refused, with the reason in words a person can act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidName {
    what: &'static str,
    given: String,
    allowed: &'static str,
}

/// How much of a wrong name is repeated, characters.
const SHOWN: usize = 64;

impl InvalidName {
    /// `what` is the kind of name, `allowed` what would be one.
    pub(crate) fn new(what: &'static str, mut given: String, allowed: &'static str) -> Self {
        if let Some((end, _)) = given.char_indices().nth(SHOWN) {
            given.truncate(end);
            given.push('…');
        }
        Self {
            what,
            given,
            allowed,
        }
    }
}

impl fmt::Display for InvalidName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            what,
            given,
            allowed,
        } = self;
        write!(f, "{given:?} is not a valid {what}: {allowed}")
    }
}

impl std::error::Error for InvalidName {}

macro_rules! checked_name {
    (
        $(#[$doc:meta])*
        $name:ident, $what:literal, $allowed:literal, $pattern:literal, $example:literal,
        $check:expr
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(pattern = $pattern, examples($example)))]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidName;

            fn try_from(given: String) -> Result<Self, InvalidName> {
                let check: fn(&str) -> bool = $check;
                if check(&given) {
                    Ok(Self(given))
                } else {
                    Err(InvalidName::new($what, given, $allowed))
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidName;

            fn from_str(given: &str) -> Result<Self, InvalidName> {
                Self::try_from(given.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

/// Longest name accepted; the longest package name upstream has 52 characters.
const MAX_LEN: usize = 128;

fn word(text: &str, extra: &str) -> bool {
    !text.is_empty()
        && text.len() <= MAX_LEN
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || extra.contains(c))
}

checked_name! {
    /// A package name, as in a feed's index: `luci-app-firewall`, `libstdc++6`.
    PackageName, "package name",
    "letters, digits and . _ + - are allowed, beginning with a letter or digit",
    "^[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$", "luci",
    |text| word(text, "._+-") && text.starts_with(|c: char| c.is_ascii_alphanumeric())
}

checked_name! {
    /// A package in a request: a package name, or one with a leading `-` to remove it.
    PackageSpec, "package",
    "letters, digits and . _ + - are allowed, with a leading - to remove a package",
    "^-?[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$", "luci",
    |text| {
        let name = text.strip_prefix('-').unwrap_or(text);
        word(name, "._+-") && name.starts_with(|c: char| c.is_ascii_alphanumeric())
    }
}

impl PackageSpec {
    /// Whether this asks to remove the package (`-name`).
    pub fn is_removal(&self) -> bool {
        self.0.starts_with('-')
    }

    /// The package name without the removal mark.
    pub fn package(&self) -> &str {
        self.0.strip_prefix('-').unwrap_or(&self.0)
    }
}

impl From<PackageName> for PackageSpec {
    fn from(name: PackageName) -> Self {
        Self(name.0)
    }
}

checked_name! {
    /// A package version of any package manager: `2024-01-01-r1`, `1.2.5-r4`, `1689~10cc5fcd00`.
    PackageVersion, "package version",
    "letters, digits and . _ + , : ~ - are allowed",
    "^[A-Za-z0-9._+,:~-]{1,128}$", "1.2.5-r4",
    |text| word(text, "._+,:~-")
}

checked_name! {
    /// A target with its subtarget: `ath79/generic`.
    Target, "target",
    "it has the form target/subtarget, in letters, digits, _ and -",
    "^[A-Za-z0-9_-]{1,128}/[A-Za-z0-9_-]{1,128}$", "ath79/generic",
    |text| text.split_once('/').is_some_and(|(a, b)| word(a, "_-") && word(b, "_-"))
}

impl Target {
    /// The form used in file names: `ath79-generic`.
    pub fn dashed(&self) -> String {
        self.0.replace('/', "-")
    }
}

checked_name! {
    /// A profile (device) name as the ImageBuilder knows it: `tplink_archer-c7-v5`.
    ///
    /// A router's `board_name` has a comma where the profile has an underscore.
    ProfileName, "profile",
    "letters, digits and . _ , - are allowed",
    "^[A-Za-z0-9._,-]{1,128}$", "tplink_archer-c7-v5",
    |text| word(text, "._,-")
}

impl ProfileName {
    /// The profile a `board_name` stands for: `tplink,archer-c7-v5` is `tplink_archer-c7-v5`.
    pub fn from_board_name(board_name: &str) -> Result<Self, InvalidName> {
        Self::try_from(board_name.replace(',', "_"))
    }
}

checked_name! {
    /// A release as requests name it: `24.10.2`, `24.10-SNAPSHOT`, `SNAPSHOT`.
    VersionName, "version",
    "letters, digits and . _ - are allowed",
    "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$", "24.10.2",
    |text| word(text, "._-") && !text.starts_with('.')
}

checked_name! {
    /// The name of a package feed: `openwrt_core`. opkg names files by it, and by `imagebuilder` the
    /// packages that lie in the ImageBuilder.
    RepositoryName, "repository name",
    "letters, digits and . _ - are allowed, beginning with a letter, digit or _, but not imagebuilder",
    "^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$", "mine",
    |text| word(text, "._-") && !text.starts_with(['.', '-']) && text != "imagebuilder"
}

checked_name! {
    /// A service of a router, the name of its script in `/etc/init.d`: `uhttpd`.
    ServiceName, "service",
    "letters, digits and . _ - are allowed, beginning with a letter, digit or _",
    "^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$", "uhttpd",
    |text| word(text, "._-") && !text.starts_with(['.', '-'])
}

checked_name! {
    /// A file of a router, by its path without the first slash: `etc/config/network`.
    FilePath, "file's path",
    "letters, digits and . _ + @ - are allowed between slashes, without a slash at either end or . or .. \
     between two",
    r"^\.?[A-Za-z0-9_][A-Za-z0-9._+@-]{0,126}(/\.?[A-Za-z0-9_][A-Za-z0-9._+@-]{0,126}){0,15}$",
    "etc/config/network",
    |text| {
        let parts = || text.split('/');
        let begins = |part: &str| part.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let named = |part: &str| word(part, "._+@-") && begins(part.strip_prefix('.').unwrap_or(part));
        parts().count() <= 16 && parts().all(named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shell_metacharacters_are_refused() {
        for bad in [
            "a;b", "a b", "$(id)", "`id`", "a\n", "a\"b", "a\\b", "a#b", "", "-", "--x", "a/b", "ä",
        ] {
            assert!(bad.parse::<PackageSpec>().is_err(), "{bad:?}");
            assert!(bad.parse::<ServiceName>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn real_names_are_accepted() {
        for good in [
            "luci",
            "libstdc++6",
            "-ppp",
            "6in4",
            "kmod-nft-offload",
            "libopenssl1.1",
        ] {
            assert!(good.parse::<PackageSpec>().is_ok(), "{good:?}");
        }
    }

    #[test]
    fn files_lie_below_the_root() {
        for good in ["etc/banner", "root/.profile", "www/_a/b@2.css"] {
            assert!(good.parse::<FilePath>().is_ok(), "{good:?}");
        }
        let deep = "a/".repeat(16) + "a";
        for bad in [
            "", "/etc/x", "etc/", "a//b", "..", "a/../b", "./a", "a b", "a/-rf", &deep,
        ] {
            assert!(bad.parse::<FilePath>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn target_needs_both_halves() {
        assert!("ath79/generic".parse::<Target>().is_ok());
        for bad in ["ath79", "/", "a/", "a/b/c", "../x"] {
            assert!(bad.parse::<Target>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_refused_name_says_what_is_allowed() {
        let text = "a;b".parse::<PackageSpec>().unwrap_err().to_string();
        assert_eq!(
            text,
            "\"a;b\" is not a valid package: letters, digits and . _ + - are allowed, with a leading - to remove a package"
        );
    }
}

//! Why there is no selection, for programs and for the owner of a router.

use std::fmt;

use serde::Serialize;

/// A way from the world to a trouble: what was asked for, then packages, each needed by the one
/// before it, and last the name in question.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Chain(pub Vec<String>);

impl Chain {
    /// The word of the world it begins with.
    pub fn entry(&self) -> Option<&str> {
        self.0.first().map(String::as_str)
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[world] {}", self.0.join(" -> "))
    }
}

/// A package that takes part in a trouble, and who wants it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Party {
    /// The package's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Why it is there.
    pub wanted: Chain,
}

/// One reason why there is no selection.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Refusal {
    /// A word of the request that the package manager would not take.
    InvalidRequest {
        /// The word.
        entry: String,
        /// What is wrong with it.
        reason: String,
    },
    /// What was asked for exists nowhere.
    NoSuchPackage {
        /// The name asked for.
        name: String,
        /// From the world to the name.
        chain: Chain,
    },
    /// A package needs something that exists nowhere.
    MissingDependency {
        /// The package that needs it.
        package: String,
        /// What it needs, in the package manager's own notation.
        needs: String,
        /// From the world to the missing name.
        chain: Chain,
    },
    /// The name exists, but not in a version that was asked for.
    VersionNotAvailable {
        /// The package that asks; the world where absent.
        package: Option<String>,
        /// What is wanted.
        wanted: String,
        /// What there is: `name-version`.
        available: Vec<String>,
        /// From the world to the name.
        chain: Chain,
    },
    /// Two packages that cannot be installed together.
    Conflict {
        /// The one, and who wants it.
        left: Box<Party>,
        /// The other, and who wants it.
        right: Box<Party>,
        /// What they fight about.
        reason: String,
    },
    /// Several packages, or one that wants to be chosen by hand, provide the name.
    AmbiguousProvider {
        /// The name.
        name: String,
        /// Packages that provide it.
        candidates: Vec<String>,
        /// From the world to the name.
        chain: Chain,
    },
    /// The package exists only for other processors.
    WrongArchitecture {
        /// The package.
        package: String,
        /// What it was built for.
        architectures: Vec<String>,
        /// From the world to the package.
        chain: Chain,
    },
    /// opkg fails on a name whose package it has just installed for another word.
    AlreadyProvided {
        /// The name.
        name: String,
        /// The package that provides it.
        by: String,
        /// The word.
        chain: Chain,
    },
    /// The package manager finds no way, although no single requirement is at fault.
    NoSelection {
        /// The package it stumbles over.
        package: String,
        /// From the world to the package.
        chain: Chain,
    },
}

impl Refusal {
    /// The stable name of the kind of trouble.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidRequest { .. } => "invalid-request",
            Self::NoSuchPackage { .. } => "no-such-package",
            Self::MissingDependency { .. } => "missing-dependency",
            Self::VersionNotAvailable { .. } => "version-not-available",
            Self::Conflict { .. } => "conflict",
            Self::AmbiguousProvider { .. } => "ambiguous-provider",
            Self::WrongArchitecture { .. } => "wrong-architecture",
            Self::AlreadyProvided { .. } => "already-provided",
            Self::NoSelection { .. } => "no-selection",
        }
    }

    /// From the world to the trouble; two for a conflict, none for an invalid word.
    pub fn chains(&self) -> Vec<&Chain> {
        match self {
            Self::InvalidRequest { .. } => Vec::new(),
            Self::Conflict { left, right, .. } => vec![&left.wanted, &right.wanted],
            Self::NoSuchPackage { chain, .. }
            | Self::MissingDependency { chain, .. }
            | Self::VersionNotAvailable { chain, .. }
            | Self::AmbiguousProvider { chain, .. }
            | Self::WrongArchitecture { chain, .. }
            | Self::AlreadyProvided { chain, .. }
            | Self::NoSelection { chain, .. } => vec![chain],
        }
    }

    /// The names the trouble is about, without those that merely lead to it.
    pub fn packages(&self) -> Vec<&str> {
        match self {
            Self::InvalidRequest { entry, .. } => vec![entry],
            Self::NoSuchPackage { name, .. } | Self::AmbiguousProvider { name, .. } => vec![name],
            Self::Conflict { left, right, .. } => vec![&left.name, &right.name],
            Self::AlreadyProvided { name, by, .. } => vec![name, by],
            Self::MissingDependency { package, needs, .. } => vec![package, needs],
            Self::VersionNotAvailable {
                package: Some(package),
                wanted,
                ..
            } => {
                vec![package, wanted]
            }
            Self::VersionNotAvailable { wanted, .. } => vec![wanted],
            Self::WrongArchitecture { package, .. } | Self::NoSelection { package, .. } => {
                vec![package]
            }
        }
    }
}

/// A refusal without its chains.
struct Sentence<'a>(&'a Refusal);

impl fmt::Display for Sentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.sentence(f)
    }
}

impl Refusal {
    /// What is wrong in one sentence, without full stop and without the chains.
    pub fn in_words(&self) -> String {
        Sentence(self).to_string()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sentence(f)?;
        for chain in self.chains() {
            write!(f, "; {chain}")?;
        }
        Ok(())
    }
}

impl Refusal {
    fn sentence(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidRequest { entry, reason } => {
                write!(f, "“{entry}” cannot be asked for: {reason}")
            }
            Self::NoSuchPackage { name, .. } => write!(f, "There is no package {name}"),
            Self::MissingDependency { package, needs, .. } => {
                write!(f, "{package} needs {needs}, which does not exist")
            }
            Self::VersionNotAvailable {
                package,
                wanted,
                available,
                ..
            } => {
                let who = package.as_deref().unwrap_or("The request");
                write!(
                    f,
                    "{who} wants {wanted}, but there is only {}",
                    available.join(", ")
                )
            }
            Self::Conflict {
                left,
                right,
                reason,
            } => write!(
                f,
                "{} and {} cannot be installed together: {reason}",
                left.name, right.name
            ),
            Self::AmbiguousProvider {
                name, candidates, ..
            } => write!(
                f,
                "{name} is not a package but a choice; ask for one of {}",
                candidates.join(", ")
            ),
            Self::WrongArchitecture {
                package,
                architectures,
                ..
            } => write!(
                f,
                "{package} was built for {}, which this device cannot run",
                architectures.join(", ")
            ),
            Self::AlreadyProvided { name, by, .. } => write!(
                f,
                "{name} is provided by {by} already, and opkg fails on a second request for it"
            ),
            Self::NoSelection { package, .. } => {
                write!(f, "The package manager finds no way to install {package}")
            }
        }
    }
}

//! What would be installed, and why.

use std::fmt;
use std::sync::Arc;

use asu_index::Package;
use serde::Serialize;

/// Everything that would be installed, in the package manager's order: dependencies first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Solution {
    /// The packages.
    pub install: Vec<Selected>,
    /// Where more than one package would have done.
    pub choices: Vec<Choice>,
}

/// A package that would be installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected {
    /// The package.
    pub package: Arc<Package>,
    /// Why it is there. There may be more reasons; this is the first one.
    pub why: Why,
}

/// Why a package is installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum Why {
    /// It, or a name it provides, is a word of the world.
    Asked {
        /// The word.
        entry: String,
    },
    /// Another package needs it.
    Needed {
        /// The package that needs it.
        by: String,
        /// What it needs, in the package manager's own notation.
        relation: String,
    },
    /// apk adds it by itself because other packages are there.
    Triggered {
        /// What made it come.
        by: Vec<String>,
    },
}

/// A name that several packages could have stood for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// The name.
    pub name: String,
    /// The package that was taken.
    pub taken: String,
    /// The other packages that provide it.
    pub others: Vec<String>,
}

impl Solution {
    /// The package of that name, if it would be installed.
    pub fn get(&self, name: &str) -> Option<&Selected> {
        self.install
            .iter()
            .find(|selected| selected.package.name == name)
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asked { entry } => write!(f, "asked for as {entry}"),
            Self::Needed { by, relation } => write!(f, "needed by {by} ({relation})"),
            Self::Triggered { by } => write!(f, "comes with {}", by.join(" and ")),
        }
    }
}

//! Why something was refused or failed: one shape for every error answer.

use serde::{Deserialize, Serialize};

/// The body of every error answer.
///
/// `status` and `detail` are what API v1 clients read; the rest is for people and for our own
/// clients. Unknown causes must be shown by `detail`, never cause a failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The HTTP status, repeated.
    pub status: u16,
    /// What happened, for a person; one sentence.
    pub detail: String,
    /// A stable code for programs, e.g. `unsupported-profile`, `package-selection`, `image-too-big`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cause: String,
    /// What to do next, for a person.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hint: String,
    /// The packages that are at fault, if any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<PackageProblem>,
}

/// One package that cannot be had, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageProblem {
    /// The package's name.
    pub name: String,
    /// Why it cannot be had.
    pub reason: String,
    /// What would help, if anything is known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub remedy: String,
}

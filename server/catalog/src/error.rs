//! Why the catalog cannot say yes.

/// A refusal, or upstream's failure to tell.
///
/// The texts of the `Unsupported…` variants are those of ASU's API v1, which clients show.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogError {
    /// There is no such distribution here, or it is not built.
    #[error("Unsupported distro: {0}")]
    UnsupportedDistro(String),
    /// No branch of that version is built here. Holds the version as asked for.
    #[error("Unsupported branch: {0}")]
    UnsupportedBranch(String),
    /// The branch is known, upstream has no such version of it.
    #[error("Unsupported version: {0}")]
    UnsupportedVersion(String),
    /// The version has no such target, or upstream has not published it yet.
    #[error(
        "Unsupported target: {0}. The requested target was either dropped, is still being built \
         or is not supported by the selected version. Please check the forums or try again later."
    )]
    UnsupportedTarget(String),
    /// The target has no such profile.
    #[error(
        "Unsupported profile: {0}. The requested profile was either dropped or never existed. \
         Please check the forums for more information."
    )]
    UnsupportedProfile(String),
    /// No network profile has the files asked for. Holds the path of the first.
    #[error("File not allowed: {0}")]
    ForeignFile(String),
    /// Upstream cannot be reached or answers nonsense, and nothing of it is cached.
    #[error("{url} cannot be read: {reason}. Try again in a few minutes.")]
    Upstream {
        /// The document wanted.
        url: String,
        /// Upstream's HTTP status, if it answered.
        status: Option<u16>,
        /// What went wrong.
        reason: String,
    },
    /// No release is newer than the installed one, nor is that one offered.
    #[error("No release here is newer than {0}, which is installed")]
    NothingNewer(String),
    /// A plan could not be made because of a fault of our own.
    #[error("the plan could not be made: {0}")]
    Planning(String),
    /// The distributions' files cannot be used; only [`crate::Catalog::open`] says so.
    #[error("the distributions cannot be used: {0}")]
    Distributions(String),
    /// The cache folder cannot be used; only [`crate::Catalog::open`] says so.
    #[error(
        "the catalog's cache folder {path} cannot be used: {reason}. Check its owner and free space."
    )]
    Cache {
        /// The folder.
        path: String,
        /// What the system says.
        reason: String,
    },
}

impl CatalogError {
    /// Whether upstream or this server is at fault, and not the request.
    pub fn is_a_fault(&self) -> bool {
        matches!(
            self,
            Self::Upstream { .. } | Self::Cache { .. } | Self::Distributions(_) | Self::Planning(_)
        )
    }

    /// A mirror that kept somebody waiting for too long.
    pub fn late(mirror: &str) -> Self {
        Self::Upstream {
            url: mirror.to_owned(),
            status: None,
            reason: "it did not answer in time".to_owned(),
        }
    }

    /// What to do next, where that is not to choose something that is offered.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::ForeignFile(_) => {
                Some("Let a first-boot script (`defaults`) write files of your own.")
            }
            _ => None,
        }
    }

    /// A stable code for programs, see [`asu_protocol::problem::Problem::cause`].
    pub fn cause(&self) -> &'static str {
        match self {
            Self::UnsupportedDistro(_) => "unsupported-distro",
            Self::UnsupportedBranch(_) => "unsupported-branch",
            Self::UnsupportedVersion(_) => "unsupported-version",
            Self::UnsupportedTarget(_) => "unsupported-target",
            Self::UnsupportedProfile(_) => "unsupported-profile",
            Self::ForeignFile(_) => "file-not-allowed",
            Self::Upstream { .. } => "upstream",
            Self::NothingNewer(_) => "nothing-newer",
            Self::Planning(_) => "internal",
            Self::Distributions(_) => "distributions",
            Self::Cache { .. } => "cache",
        }
    }
}

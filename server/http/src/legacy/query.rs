//! What the reading routes are asked with.

use asu_protocol::name::{Target, VersionName};
use serde::Deserialize;

use super::refusal::Refusal;
use super::wish;

/// The parameters of all reading routes; unknown ones are passed over.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    pub(crate) distro: Option<String>,
    #[serde(alias = "release")]
    pub(crate) version: Option<String>,
    target: Option<String>,
    subtarget: Option<String>,
    pub(crate) profile: Option<String>,
    pub(crate) model_search: Option<String>,
}

impl Asked {
    /// The release asked about; without one, 400 and an empty list.
    pub(crate) fn version(&self) -> Result<VersionName, Refusal> {
        let version = self.version.as_deref();
        wish::version(version.ok_or_else(Refusal::empty_list)?)
    }

    /// The target asked about; without one, 400 and an empty list.
    pub(crate) fn target(&self) -> Result<Target, Refusal> {
        let halves = self.target.as_deref().zip(self.subtarget.as_deref());
        let (target, subtarget) = halves.ok_or_else(Refusal::empty_list)?;
        wish::target(target, subtarget)
    }
}

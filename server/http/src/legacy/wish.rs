//! What a client of the 2017 API asks an image with.

use std::collections::BTreeMap;

use asu_protocol::name::{PackageSpec, Target, VersionName};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::refusal::Refusal;
use crate::Limits;
use crate::body::MAX_PACKAGES;

/// Longest first-boot script, bytes: the API's own limit.
const MAX_DEFAULTS: usize = 10 * 1024;
/// The API's status for a script that is longer; it is in no standard.
const TOO_LONG: u16 = 420;

/// What is wanted; unknown fields are passed over.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = ImageRequest2017)]
pub(crate) struct Wish {
    /// Alone: how that request stands.
    pub(crate) request_hash: Option<String>,
    /// A distribution's name or alias, in any case; without it `openwrt`.
    pub(crate) distro: Option<String>,
    /// The release wanted; also `release`.
    #[schema(examples("24.10.2"))]
    #[serde(alias = "release")]
    version: Option<String>,
    /// `ath79`.
    #[schema(examples("ath79"))]
    target: Option<String>,
    /// `generic`.
    #[schema(examples("generic"))]
    subtarget: Option<String>,
    /// `board_name` of `ubus call system board`.
    #[schema(examples("tplink,archer-c7-v5"))]
    pub(crate) board: Option<String>,
    /// `model` of the same.
    pub(crate) model: Option<String>,
    /// The packages wanted; a leading `-` removes one.
    packages: Option<Names>,
    /// A first-boot script, at most 10 kB.
    defaults: Option<String>,
    /// A community's packages.
    pub(crate) network_profile: Option<String>,
}

/// A list of names; some clients send what the upgrade check told them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
#[schema(as = Names2017)]
enum Names {
    List(Vec<String>),
    Versions(BTreeMap<String, Value>),
}

/// Reads a request's body.
pub(crate) fn read(bytes: &[u8]) -> Result<Wish, Refusal> {
    let value: Value = serde_json::from_slice(bytes).map_err(|_| Refusal::empty_list())?;
    if !value.is_object() {
        return Err(Refusal::empty_list());
    }
    // serde's own words would repeat what was sent.
    serde_json::from_value(value)
        .map_err(|_| Refusal::bad("packages is a list of names, every other field is a text"))
}

impl Wish {
    /// The release and the target wanted.
    pub(crate) fn place(&self) -> Result<(VersionName, Target), Refusal> {
        let halves = self.target.as_deref().zip(self.subtarget.as_deref());
        let (name, subtarget) = halves.ok_or_else(Refusal::empty)?;
        let named = self.version.as_deref();
        let named = named.ok_or_else(|| Refusal::bad("version is needed"))?;
        Ok((version(named)?, target(name, subtarget)?))
    }

    /// The packages wanted.
    pub(crate) fn packages(self) -> Result<Vec<PackageSpec>, Refusal> {
        let names = match self.packages {
            None => Vec::new(),
            Some(Names::List(names)) => names,
            Some(Names::Versions(versions)) => versions.into_keys().collect(),
        };
        if names.iter().map(|name| name.len() + 1).sum::<usize>() > MAX_PACKAGES {
            return Err(Refusal::bad("the package list is too long"));
        }
        let specs = names.into_iter().map(|name| {
            PackageSpec::try_from(name.clone()).map_err(|_| Refusal::unknown_package(&name))
        });
        specs.collect()
    }

    /// The first-boot script, where one may be built in.
    pub(crate) fn script(&self, limits: &Limits) -> Result<Option<String>, Refusal> {
        let script = self.defaults.clone().filter(|script| !script.is_empty());
        let Some(script) = script else {
            return Ok(None);
        };
        if !limits.allow_defaults {
            return Err(Refusal::bad("defaults are not enabled on this server"));
        }
        let too_long = script.chars().count() > limits.max_defaults_length as usize;
        if too_long || script.len() > MAX_DEFAULTS {
            let status = StatusCode::from_u16(TOO_LONG).unwrap_or(StatusCode::BAD_REQUEST);
            let text = "defaults are larger than this server allows (10 kB)";
            return Err(Refusal::new(status, text));
        }
        Ok(Some(script))
    }
}

/// Clients of the time send the name a release file has: `LEDE`, `OpenWrt`.
pub(crate) fn distribution(given: Option<&str>) -> String {
    given.map_or_else(|| "openwrt".to_owned(), str::to_ascii_lowercase)
}

/// A release as its clients spell it: `17.01.4`, `snapshot`.
pub(crate) fn version(given: &str) -> Result<VersionName, Refusal> {
    let name = given.to_ascii_lowercase().replace("snapshot", "SNAPSHOT");
    VersionName::try_from(name).map_err(|_| Refusal::unknown("release", given))
}

/// A target in its two halves.
pub(crate) fn target(name: &str, subtarget: &str) -> Result<Target, Refusal> {
    let whole = format!("{name}/{subtarget}");
    Target::try_from(whole.clone()).map_err(|_| Refusal::unknown("target", &whole))
}

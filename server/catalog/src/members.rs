//! The distributions, each with the mirror it lies on.

use std::collections::BTreeMap;
use std::sync::Arc;

use asu_distributions::{Distribution, Distributions};
use asu_index::{adb, usign};

use crate::catalog::{CatalogConfig, OPENWRT, Tuning};
use crate::site::Site;
use crate::{CatalogError, Trust};

/// One distribution and the mirror it lies on.
pub(crate) struct Member {
    pub(crate) distribution: Distribution,
    pub(crate) site: Arc<Site>,
}

/// All of them.
pub(crate) struct Members {
    pub(crate) distributions: Distributions,
    pub(crate) by_name: BTreeMap<String, Arc<Member>>,
}

impl Members {
    pub(crate) fn open(config: CatalogConfig, tuning: &Tuning) -> Result<Self, CatalogError> {
        let distributions = match &config.distributions {
            Some(distributions) => distributions.clone(),
            None => Distributions::committed().map_err(|error| invalid(&error))?,
        };
        let mut sites: BTreeMap<String, Arc<Site>> = BTreeMap::new();
        let mut by_name = BTreeMap::new();
        for distribution in distributions.iter() {
            let root = root_of(distribution, &config.upstream);
            if !sites.contains_key(root) {
                let trust = trust(&distributions, root, &config)?;
                let site = Site::open(root, &config.cache_dir, tuning, trust)?;
                sites.insert(root.to_owned(), Arc::new(site));
            }
            let Some(site) = sites.get(root) else {
                continue;
            };
            let member = Member {
                distribution: distribution.clone(),
                site: Arc::clone(site),
            };
            by_name.insert(distribution.name().to_owned(), Arc::new(member));
        }
        Ok(Self {
            distributions,
            by_name,
        })
    }
}

/// The mirror of a distribution: the configured one for OpenWrt and what is made of its images.
fn root_of<'a>(distribution: &'a Distribution, openwrt: &'a str) -> &'a str {
    if belongs_to_openwrt(distribution) {
        openwrt.trim_end_matches('/')
    } else {
        distribution.mirror()
    }
}

fn belongs_to_openwrt(distribution: &Distribution) -> bool {
    distribution.name() == OPENWRT || distribution.parent().is_some_and(belongs_to_openwrt)
}

/// The keys of everyone who publishes by way of one mirror, and those of the operator.
fn trust(
    distributions: &Distributions,
    root: &str,
    config: &CatalogConfig,
) -> Result<Trust, CatalogError> {
    let mut trust = config.trust.clone();
    let here = distributions
        .iter()
        .filter(|d| root_of(d, &config.upstream) == root);
    for keys in here.map(|distribution| &distribution.file().keys) {
        for key in &keys.usign {
            let text = format!("untrusted comment: key\n{}\n", key.key.value);
            trust.usign.push(
                text.parse::<usign::PublicKey>()
                    .map_err(|error| invalid(&error))?,
            );
        }
        for key in &keys.apk {
            trust.apk.push(
                key.pem
                    .value
                    .parse::<adb::PublicKey>()
                    .map_err(|error| invalid(&error))?,
            );
        }
    }
    Ok(trust)
}

fn invalid(error: &impl std::fmt::Display) -> CatalogError {
    CatalogError::Distributions(error.to_string())
}

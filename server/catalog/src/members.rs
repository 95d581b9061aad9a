//! The distributions, each with the mirror it lies on.

use std::collections::BTreeMap;
use std::sync::Arc;

use asu_distributions::{Distribution, Distributions};
use asu_index::{adb, usign};

use crate::catalog::{CatalogConfig, OPENWRT, Tuning};
use crate::site::Site;
use crate::trust::Signers;
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
    pub(crate) fn open(config: &CatalogConfig, tuning: &Tuning) -> Result<Self, CatalogError> {
        let distributions = match &config.distributions {
            Some(distributions) => distributions.clone(),
            None => Distributions::committed().map_err(|error| invalid(&error))?,
        };
        let mut sites: BTreeMap<String, Arc<Site>> = BTreeMap::new();
        let mut by_name = BTreeMap::new();
        for distribution in distributions.iter() {
            let root = root_of(distribution, &config.upstream);
            if !sites.contains_key(root) {
                let signers = signers(&distributions, root, config)?;
                let site = Site::open(root, &config.cache_dir, tuning, signers)?;
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

/// The keys of everyone who publishes on one mirror or beside it, and those of the operator.
fn signers(
    distributions: &Distributions,
    root: &str,
    config: &CatalogConfig,
) -> Result<Signers, CatalogError> {
    let (mut mirror, mut elsewhere) = (config.trust.clone(), Trust::default());
    for distribution in distributions
        .iter()
        .filter(|d| root_of(d, &config.upstream) == root)
    {
        let keys = keys_of(distribution)?;
        let trust = if distribution.parent().is_none() {
            &mut mirror
        } else {
            &mut elsewhere
        };
        trust.usign.extend(keys.usign);
        trust.apk.extend(keys.apk);
    }
    Ok(Signers { mirror, elsewhere })
}

fn keys_of(distribution: &Distribution) -> Result<Trust, CatalogError> {
    let keys = &distribution.file().keys;
    let usign = keys
        .usign
        .iter()
        .map(|key| format!("untrusted comment: key\n{}\n", key.key.value).parse());
    let usign: Result<Vec<usign::PublicKey>, _> = usign.collect();
    let apk: Result<Vec<adb::PublicKey>, _> =
        keys.apk.iter().map(|key| key.pem.value.parse()).collect();
    Ok(Trust {
        usign: usign.map_err(|e| invalid(&e))?,
        apk: apk.map_err(|e| invalid(&e))?,
    })
}

fn invalid(error: &impl std::fmt::Display) -> CatalogError {
    CatalogError::Distributions(error.to_string())
}

//! Every package of the new image.

use std::collections::BTreeMap;
use std::sync::Arc;

use asu_index::Package;

use crate::solve::Solution;

/// Every package of the new image, by the names routers know them by.
pub(crate) struct Closure {
    packages: BTreeMap<String, Arc<Package>>,
}

impl Closure {
    pub(crate) fn of(solution: &Solution) -> Self {
        let mut packages = BTreeMap::new();
        for selected in &solution.install {
            let package = &selected.package;
            // Two ABI versions of one library keep their whole names.
            let twin = packages.contains_key(package.plain_name());
            let name = if twin {
                &package.name
            } else {
                package.plain_name()
            };
            packages.insert(name.to_owned(), Arc::clone(package));
        }
        Self { packages }
    }

    /// The package a router would list under `name`, or that the index has under it.
    pub(crate) fn get(&self, name: &str) -> Option<&Package> {
        let whole = || self.packages.values().find(|package| package.name == name);
        self.packages.get(name).or_else(whole).map(Arc::as_ref)
    }

    /// Something installed that provides `name`.
    pub(crate) fn provider(&self, name: &str) -> Option<&Package> {
        let provides = |package: &&Arc<Package>| package.provides.iter().any(|p| p.name == name);
        self.packages.values().find(provides).map(Arc::as_ref)
    }

    /// Name to version, where the version is known.
    pub(crate) fn versions(&self) -> BTreeMap<String, String> {
        let version =
            |(name, package): (&String, &Arc<Package>)| (name.clone(), package.version.clone());
        let known = self
            .packages
            .iter()
            .filter(|(_, package)| !package.version.is_empty());
        known.map(version).collect()
    }

    /// Bytes of the package files.
    pub(crate) fn download(&self) -> u64 {
        self.packages.values().map(|package| package.size).sum()
    }

    /// Bytes of the installed packages.
    pub(crate) fn installed(&self) -> u64 {
        self.packages
            .values()
            .map(|package| package.installed_size)
            .sum()
    }
}

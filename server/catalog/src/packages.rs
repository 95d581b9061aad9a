//! Package indexes as clients are answered: merged, ABI suffixes removed.

use std::collections::BTreeSet;
use std::sync::Arc;

use asu_index::index_json::IndexJson;
use asu_protocol::name::{Target, VersionName};
use asu_protocol::profiles::{ArchIndex, LinuxKernel, TargetIndex};
use futures_util::future::try_join_all;

use crate::documents::is_word;
use crate::feed;
use crate::shelf::is_absent;
use crate::{Catalog, CatalogError};

impl Catalog {
    /// The packages built for a target, kernel modules included, ABI suffixes removed.
    ///
    /// Empty where upstream has published the target without packages.
    pub async fn target_index(
        &self,
        version: &VersionName,
        target: &Target,
    ) -> Result<TargetIndex, CatalogError> {
        let profiles = self.profiles(version, target).await?;
        let folder = self.target_folder(version, target).await?;
        let mut folders = vec![format!("{folder}/packages")];
        // Since 23.05.6 kernel modules lie in a folder named after the kernel they fit.
        if let Some(kmods) = profiles.linux_kernel.as_ref().and_then(kmods_folder) {
            folders.push(format!("{folder}/{kmods}"));
        }
        let mut merged = TargetIndex::default();
        for index in try_join_all(folders.iter().map(|folder| self.index(folder))).await? {
            if merged.architecture.is_empty() {
                merged.architecture.clone_from(&index.architecture);
            }
            merged.packages.extend(index.packages.clone());
        }
        Ok(merged)
    }

    /// The packages of all feeds of an architecture; empty if no target of the version has it.
    pub async fn arch_index(
        &self,
        version: &VersionName,
        arch: &str,
    ) -> Result<ArchIndex, CatalogError> {
        let folders = self.arch_folders(version, arch).await?;
        let indexes = try_join_all(folders.iter().map(|folder| self.index(folder))).await?;
        Ok(indexes
            .iter()
            .flat_map(|index| index.packages.clone())
            .collect())
    }

    /// The folders of the feeds of an architecture; none if no target of the version has it.
    pub(crate) async fn arch_folders(
        &self,
        version: &VersionName,
        arch: &str,
    ) -> Result<Vec<String>, CatalogError> {
        let folder = self.version_folder(version.as_str()).await?;
        let targets = self.targets(&folder).await?;
        if !targets.values().any(|known| known == arch) {
            return Ok(Vec::new());
        }
        let folder = format!("{folder}/packages/{arch}");
        let feeds = match self.site().feeds.get(&format!("{folder}/feeds.conf")).await {
            Err(error) if is_absent(&error) => return Ok(Vec::new()),
            feeds => feeds?,
        };
        let mut names: BTreeSet<&str> = feeds.iter().map(String::as_str).collect();
        // OpenWrt's own packages are a feed as well, which not every feeds.conf names.
        names.insert("base");
        Ok(names
            .into_iter()
            .map(|feed| format!("{folder}/{feed}"))
            .collect())
    }

    /// The index of one folder of packages, in the best form it has; empty if it has none.
    ///
    /// `index.json` of version 1 comes last, because its names cannot be freed of ABI suffixes.
    async fn index(&self, folder: &str) -> Result<Arc<IndexJson>, CatalogError> {
        let mut fallback = Arc::new(IndexJson::default());
        for name in ["index.json", "Packages.gz", "Packages", feed::APK] {
            match self.site().indexes.get(&format!("{folder}/{name}")).await {
                Ok(index) if index.is_stripped() => return Ok(index),
                Ok(index) => fallback = index,
                Err(error) if is_absent(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(fallback)
    }
}

pub(crate) fn kmods_folder(kernel: &LinuxKernel) -> Option<String> {
    let LinuxKernel {
        version,
        release,
        vermagic,
    } = kernel;
    let name = format!("{version}-{release}-{vermagic}");
    is_word(&name).then(|| format!("kmods/{name}"))
}

//! All packages a release offers for one target.

use std::collections::BTreeSet;
use std::sync::Arc;

use asu_index::{Flavour, Package, Provided};
use asu_protocol::name::{Target, VersionName};
use asu_protocol::profiles::{LinuxKernel, TargetProfiles};
use futures_util::future::try_join_all;

use crate::feed::{self, Feed};
use crate::packages::kmods_folder;
use crate::shelf::is_absent;
use crate::{Catalog, CatalogError};

/// What a release offers for one target.
#[derive(Debug, Clone)]
pub struct Offered {
    /// Its package manager.
    pub flavour: Flavour,
    /// Its profiles, default packages, revision and kernel.
    pub profiles: Arc<TargetProfiles>,
    /// The packages of each feed, the target's own first. The same feed is the same value as long
    /// as upstream does not change it.
    pub feeds: Vec<Arc<Vec<Arc<Package>>>>,
}

impl Offered {
    /// Packages that the ImageBuilder brings along and an index may lack.
    ///
    /// Of the kernel only the version is known that modules ask for; of the others, that they are
    /// there: their version is empty.
    pub fn brought_along(&self) -> Vec<Arc<Package>> {
        let listed = |name: &str| {
            self.feeds
                .iter()
                .any(|feed| feed.iter().any(|p| p.plain_name() == name))
        };
        let kernel = self.profiles.linux_kernel.as_ref();
        let kernel = kernel.map(|kernel| ("kernel", kernel_version(self.flavour, kernel)));
        let base = ["libc", "libgcc", "base-files"].map(|name| (name, String::new()));
        let missing = kernel
            .into_iter()
            .chain(base)
            .filter(|(name, _)| !listed(name));
        let arch = &self.profiles.arch_packages;
        missing
            .map(|(name, version)| Arc::new(bare(name, version, arch)))
            .collect()
    }
}

fn kernel_version(flavour: Flavour, kernel: &LinuxKernel) -> String {
    let LinuxKernel {
        version,
        release,
        vermagic,
    } = kernel;
    match flavour {
        Flavour::Opkg => format!("{version}-{release}-{vermagic}"),
        Flavour::Apk => format!("{version}~{vermagic}-r{release}"),
    }
}

fn bare(name: &str, version: String, arch: &str) -> Package {
    // Packages depend on the library under the name with its ABI version.
    let provides = (name == "libgcc").then(|| Provided {
        name: "libgcc1".to_owned(),
        version: None,
    });
    Package {
        name: name.to_owned(),
        version,
        arch: arch.to_owned(),
        provides: provides.into_iter().collect(),
        ..Package::default()
    }
}

impl Catalog {
    /// What a release offers for one target: profiles and the packages of all feeds.
    pub async fn offered(
        &self,
        version: &VersionName,
        target: &Target,
    ) -> Result<Offered, CatalogError> {
        self.offer(version, target, false).await
    }

    /// [`Catalog::offered`], with each package index as it is at this moment; an error if upstream
    /// cannot tell.
    pub async fn offered_anew(
        &self,
        version: &VersionName,
        target: &Target,
    ) -> Result<Offered, CatalogError> {
        self.offer(version, target, true).await
    }

    async fn offer(
        &self,
        version: &VersionName,
        target: &Target,
        anew: bool,
    ) -> Result<Offered, CatalogError> {
        let profiles = self.profiles(version, target).await?;
        let flavour = self.flavour(version.as_str())?;
        let folders = self.feed_folders(version, target, &profiles).await?;
        let feeds = folders
            .iter()
            .map(|folder| self.feed(folder, flavour, anew));
        let feeds: Vec<_> = try_join_all(feeds).await?.into_iter().flatten().collect();
        if feeds.is_empty() {
            // Nothing can be planned with no package at all: a mirror that is being updated.
            let own = folders.first().map_or("", String::as_str);
            return Err(self.site().mirror.absent(own));
        }
        Ok(Offered {
            flavour,
            profiles,
            feeds,
        })
    }

    /// The folders of all package indexes of a target, its own first, each once.
    async fn feed_folders(
        &self,
        version: &VersionName,
        target: &Target,
        profiles: &TargetProfiles,
    ) -> Result<Vec<String>, CatalogError> {
        let folder = self.target_folder(version, target).await?;
        let mut folders = vec![format!("{folder}/packages")];
        // Since 23.05.6 kernel modules lie in a folder named after the kernel they fit.
        let kmods = profiles.linux_kernel.as_ref().and_then(kmods_folder);
        folders.extend(kmods.map(|kmods| format!("{folder}/{kmods}")));
        folders.extend(self.arch_folders(version, &profiles.arch_packages).await?);
        folders.extend(self.named_feeds(
            version.as_str(),
            target.as_str(),
            &profiles.arch_packages,
        ));
        let mut seen = BTreeSet::new();
        folders.retain(|folder| seen.insert(folder.clone()));
        Ok(folders)
    }

    /// One feed; nothing if upstream does not have it for this target.
    async fn feed(
        &self,
        folder: &str,
        flavour: Flavour,
        anew: bool,
    ) -> Result<Option<Arc<Feed>>, CatalogError> {
        let packages = &self.site().packages;
        let names: &[&str] = match flavour {
            Flavour::Opkg => &["Packages.gz", "Packages"],
            Flavour::Apk => &[feed::APK],
        };
        for name in names {
            let path = format!("{folder}/{name}");
            let got = if anew {
                packages.anew(&path).await
            } else {
                packages.get(&path).await
            };
            match got {
                Ok(feed) => return Ok(Some(feed)),
                Err(error) if is_absent(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
}

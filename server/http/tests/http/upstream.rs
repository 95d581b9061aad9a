//! An invented upstream: one release, one target, one device.

use std::sync::Arc;

use asu_catalog::CatalogError;
use asu_http::{Offer, OfferedDistribution, OfferedRelease, OfferedSet, Unplannable};
use asu_protocol::build::BuildRequest;
use asu_protocol::name::{ProfileName, Target, VersionName};
use asu_protocol::overview::Overview;
use asu_protocol::plan::{Plan, PlanRequest};
use asu_protocol::profiles::{ArchIndex, TargetIndex, TargetProfiles};
use serde_json::json;

#[derive(Clone)]
pub(crate) struct Upstream;

/// Asking for this version makes a handler panic.
pub(crate) const PANIC: &str = "panic";
/// Asking for this version finds upstream down.
pub(crate) const DOWN: &str = "down";

fn known(version: &VersionName) -> Result<(), CatalogError> {
    match version.as_str() {
        "24.10.2" => Ok(()),
        PANIC => panic!("an invented panic"),
        DOWN => Err(CatalogError::Upstream {
            url: "http://secret.example/".to_owned(),
            status: None,
            reason: "connection refused".to_owned(),
        }),
        other => Err(CatalogError::UnsupportedVersion(other.to_owned())),
    }
}

impl Offer for Upstream {
    async fn overview(&self) -> Overview {
        serde_json::from_value(json!({
            "latest": ["24.10.2", "23.05.5"],
            "upstream_url": "http://upstream.example",
            "branches": {
                "23.05": {"name": "23.05", "enabled": true, "path": "releases/{version}",
                    "versions": ["23.05.5"], "targets": {"ath79/generic": "mips_24kc"}},
                "24.10": {"name": "24.10", "enabled": true, "path": "releases/{version}",
                    "versions": ["24.10.2", "<script>"], "targets": {"ath79/generic": "mips_24kc"}},
            },
        }))
        .unwrap()
    }

    async fn latest(&self) -> Vec<String> {
        vec!["24.10.2".to_owned(), "23.05.5".to_owned()]
    }

    async fn profiles(
        &self,
        version: &VersionName,
        target: &Target,
    ) -> Result<Arc<TargetProfiles>, CatalogError> {
        known(version)?;
        if target.as_str() != "ath79/generic" {
            return Err(CatalogError::UnsupportedTarget(target.to_string()));
        }
        let profiles = json!({
            "arch_packages": "mips_24kc",
            "default_packages": ["base-files", "ppp"],
            "source_date_epoch": 1_700_000_000,
            "target": "ath79/generic",
            "version_code": "r28739-d9340319c6",
            "version_number": "24.10.2",
            "profiles": {"tplink_archer-c7-v5": {
                "device_packages": ["kmod-ath10k-ct", "-ppp"],
                "supported_devices": ["tplink,archer-c7-v5"],
                "titles": [{"vendor": "TP-Link", "model": "Archer C7", "variant": "v5"}],
            }},
        });
        Ok(Arc::new(serde_json::from_value(profiles).unwrap()))
    }

    async fn target_index(
        &self,
        version: &VersionName,
        target: &Target,
    ) -> Result<TargetIndex, CatalogError> {
        self.profiles(version, target).await?;
        Ok(TargetIndex {
            architecture: "mips_24kc".to_owned(),
            packages: [("base-files".to_owned(), "1637".to_owned())].into(),
        })
    }

    async fn arch_index(
        &self,
        version: &VersionName,
        arch: &str,
    ) -> Result<ArchIndex, CatalogError> {
        known(version)?;
        Ok([("arch".to_owned(), arch.to_owned())].into())
    }

    async fn distributions(&self) -> Vec<OfferedDistribution> {
        let release = |version: &str| OfferedRelease {
            version: version.to_owned(),
            snapshot: false,
            targets: vec!["ath79/generic".to_owned(), "gone/away".to_owned()],
        };
        vec![OfferedDistribution {
            name: "openwrt".to_owned(),
            title: "OpenWrt".to_owned(),
            aliases: vec!["lede".to_owned()],
            latest: Some("24.10.2".to_owned()),
            releases: vec![release("24.10.2"), release("23.05.5")],
            network_profiles: vec![OfferedSet {
                name: "quintana/node".to_owned(),
                description: String::new(),
                packages: vec!["batctl".to_owned(), "-ppp".to_owned()],
                files: [(
                    "etc/config/mesh".parse().unwrap(),
                    "config mesh\n".to_owned(),
                )]
                .into(),
            }],
        }]
    }

    fn board_in(&self, _: &VersionName, board: &str) -> String {
        board.replace("archer-c7-old", "archer-c7-v5")
    }

    async fn plan(&self, request: PlanRequest) -> Result<Plan, Unplannable> {
        super::plans::plan(&request)
    }

    async fn canonical(&self, mut request: BuildRequest) -> Result<BuildRequest, CatalogError> {
        self.profiles(&request.version, &request.target).await?;
        request.profile = match request.profile.as_str() {
            "tplink_archer-c7-v5" | "tplink,archer-c7-v5" => {
                ProfileName::try_from("tplink_archer-c7-v5".to_owned()).unwrap()
            }
            other => return Err(CatalogError::UnsupportedProfile(other.to_owned())),
        };
        request.packages.sort();
        request.packages.dedup();
        Ok(request)
    }
}

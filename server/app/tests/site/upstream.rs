//! An invented upstream that has everything.

use std::collections::BTreeMap;
use std::sync::Arc;

use asu_catalog::CatalogError;
use asu_http::{Offer, OfferedDistribution, Unplannable};
use asu_planner::Foreseen;
use asu_protocol::build::BuildRequest;
use asu_protocol::name::{Target, VersionName};
use asu_protocol::overview::Overview;
use asu_protocol::plan::{Plan, PlanRequest};
use asu_protocol::profiles::{ArchIndex, TargetIndex, TargetProfiles};
use asu_server::Foresee;

use super::workshop;

#[derive(Clone)]
pub(crate) struct Upstream;

impl Foresee for Upstream {
    /// Package indexes that are old for those who ask for `foreseen`, and wrong for `unforeseen`.
    async fn foresee(&self, request: &BuildRequest, anew: bool) -> Option<Foreseen> {
        let version = match request.packages[0].as_str() {
            "foreseen" if anew => workshop::LUCI,
            "foreseen" | "unforeseen" => "24.1",
            _ => return None,
        };
        Some(Foreseen {
            packages: [("luci".to_owned(), Some(version.to_owned()))].into(),
            is_certain: true,
        })
    }
}

impl Offer for Upstream {
    async fn overview(&self) -> Overview {
        Overview::default()
    }

    async fn latest(&self) -> Vec<String> {
        Vec::new()
    }

    async fn profiles(
        &self,
        version: &VersionName,
        target: &Target,
    ) -> Result<Arc<TargetProfiles>, CatalogError> {
        Ok(Arc::new(TargetProfiles {
            arch_packages: "mips_24kc".to_owned(),
            default_packages: Vec::new(),
            metadata_version: 1,
            profiles: BTreeMap::new(),
            source_date_epoch: 0,
            target: target.to_string(),
            version_code: workshop::REVISION.to_owned(),
            version_number: version.to_string(),
            linux_kernel: None,
        }))
    }

    async fn target_index(&self, _: &VersionName, _: &Target) -> Result<TargetIndex, CatalogError> {
        Ok(TargetIndex::default())
    }

    async fn arch_index(&self, _: &VersionName, _: &str) -> Result<ArchIndex, CatalogError> {
        Ok(ArchIndex::default())
    }

    async fn distributions(&self) -> Vec<OfferedDistribution> {
        Vec::new()
    }

    fn board_in(&self, _: &VersionName, board: &str) -> String {
        board.to_owned()
    }

    async fn plan(&self, _: PlanRequest) -> Result<Plan, Unplannable> {
        Err(Unplannable::Problems(Vec::new()))
    }

    async fn canonical(&self, request: BuildRequest) -> Result<BuildRequest, CatalogError> {
        Ok(request)
    }
}

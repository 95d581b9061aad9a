//! Choosing what an image is like beside its packages: partition, filesystem, script.

use asu_protocol::router::RouterInfo;

use super::Step;
use crate::image::{filesystems, has_partition};
use crate::json::Json;
use crate::model::Model;
use crate::order::{contains, insert};
use crate::plan::Plan;

/// Sizes offered for the system partition, MiB.
const SIZES: [u64; 4] = [128, 256, 512, 1024];

impl Model {
    /// The router as it will be, with the filesystem that was chosen.
    pub(crate) fn as_wished(&self) -> RouterInfo {
        let mut router = self.router.clone();
        if !self.question.filesystem.is_empty() {
            router.rootfs_type.clone_from(&self.question.filesystem);
        }
        router
    }

    /// The filesystems to choose from; one is no choice.
    pub(crate) fn filesystems(&self) -> Vec<&str> {
        let found = filesystems(self.known_images());
        if found.len() > 1 { found } else { Vec::new() }
    }

    pub(crate) fn choose_filesystem(&mut self, name: String) {
        if name != self.question.filesystem && contains(&self.filesystems(), &name) {
            self.question.filesystem = name;
            self.run(Step::Plan);
        }
    }

    /// Forgets a filesystem that the release has no image of; tells whether it did.
    pub(crate) fn forget_filesystem(&mut self) -> bool {
        let found = filesystems(self.known_images());
        let wished = self.question.filesystem.as_str();
        let is_missing = !wished.is_empty() && !found.is_empty() && !contains(&found, wished);
        if is_missing {
            self.question.filesystem.clear();
        }
        is_missing
    }

    /// The router's system partition in whole MiB, if it has one that an image can have as well.
    pub(crate) fn own_partition(&self) -> Option<u64> {
        let size = self
            .router
            .rootfs_size
            .filter(|size| size % (1 << 20) == 0)?;
        Some(size >> 20).filter(|size| (1..=self.limits.partition).contains(size))
    }

    /// The size to begin with: as configured, or as it is, so that the partitions stay as they are.
    pub(crate) fn preset_partition(&self) -> u64 {
        let size = self.preset.partition.or_else(|| self.own_partition());
        let size = size.filter(|size| *size <= self.limits.partition);
        size.filter(|_| has_partition(&self.router, &[]))
            .unwrap_or_default()
    }

    /// The sizes to choose from, MiB; none where images have no system partition.
    pub(crate) fn partition_sizes(&self) -> Vec<u64> {
        let mut sizes = Vec::new();
        if !has_partition(&self.router, self.known_images()) {
            return sizes;
        }
        let more = [self.own_partition(), self.preset.partition];
        for size in SIZES.into_iter().chain(more.into_iter().flatten()) {
            if (1..=self.limits.partition).contains(&size) {
                insert(&mut sizes, size, Ord::cmp);
            }
        }
        sizes
    }

    pub(crate) fn choose_partition(&mut self, size: &str) {
        let known = |size: &u64| *size == 0 || self.partition_sizes().contains(size);
        let size = size.parse().ok().filter(known);
        if let Some(size) = size.filter(|size| *size != self.question.partition) {
            self.question.partition = size;
            self.run(Step::Plan);
        }
    }

    /// The size for a request, MiB.
    #[expect(clippy::cast_precision_loss, reason = "no limit is near 2^53")]
    pub(crate) fn partition_wanted(&self) -> Json {
        match self.question.partition {
            0 => Json::Null,
            size => Json::Number(size as f64),
        }
    }

    /// Bytes of the system partition after the upgrade, as far as they are known.
    pub(crate) fn partition_size(&self) -> Option<u64> {
        match self.question.partition {
            0 => self.router.rootfs_size,
            size => Some(size << 20),
        }
    }

    /// Bytes that will be free in the overlay if nothing grows.
    pub(crate) fn overlay_free(&self) -> Option<u64> {
        let (free, old) = (self.router.overlay_free?, self.router.rootfs_size);
        let sizes = self.partition_size().zip(old);
        Some(sizes.map_or(free, |(new, old)| (free + new).saturating_sub(old)))
    }

    /// How many bytes the script is too long.
    pub(crate) fn script_excess(&self) -> u64 {
        (self.form.script.len() as u64).saturating_sub(self.limits.script)
    }

    /// Whether a reload forgot the script of the build it went on with.
    pub(crate) fn has_lost_script(&self) -> bool {
        let job = &self.job;
        self.form.script.is_empty() && !job.version.is_empty() && job.request == Json::Null
    }

    /// The plan's request with what it does not say itself.
    pub(crate) fn chosen(&self, plan: &Plan) -> Option<Json> {
        let mut request = plan.request.clone()?;
        let script = self.form.script.as_str();
        if let Json::Map(members) = &mut request {
            members.retain(|(_, value)| *value != Json::Null);
            if self.limits.takes_scripts && !script.trim().is_empty() {
                members.push(("defaults".to_owned(), script.into()));
            }
        }
        Some(request)
    }

    /// Whether settings cannot be kept, as far as the plan tells.
    pub(crate) fn loses_settings(&self) -> bool {
        let warnings = self.plan().map(|plan| plan.warnings.iter());
        warnings.is_some_and(|mut all| all.any(|warning| warning.code == "compat-version"))
    }
}

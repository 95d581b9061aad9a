//! What every command that builds is told: where from, how confined, and how much it may take.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use asu_builder::{Builder, BuilderConfig, Progress, Trust};

use asu_protocol::worker::Terms;

use super::Error;
use super::confinement::Confinement;
use super::disk::Disk;
use super::packages::CacheSize;
use super::upstream::{Signers, Upstream};

/// How builds are made.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Building {
    #[command(flatten)]
    pub(crate) upstream: Upstream,

    #[command(flatten)]
    pub(crate) signers: Signers,

    #[command(flatten)]
    confinement: Confinement,

    #[command(flatten)]
    cache: CacheSize,

    #[command(flatten)]
    disk: Disk,

    /// How long one build may take, in seconds; obtaining a new ImageBuilder may take as long again.
    #[arg(
        long,
        value_name = "SECS",
        env = "ASU_JOB_TIMEOUT",
        default_value_t = 600,
        value_parser = clap::value_parser!(u64).range(1..=86_400)
    )]
    job_timeout: u64,
}

impl Building {
    /// How long one build may take.
    pub(crate) fn time_limit(&self) -> Duration {
        Duration::from_secs(self.job_timeout)
    }

    /// How much disk must be free before a build begins, bytes.
    pub(crate) fn disk_floor(&self) -> u64 {
        self.disk.limits().floor
    }

    /// How workers elsewhere are to build as this server does.
    pub(crate) fn terms(&self) -> Result<Terms, Error> {
        let limits = self.confinement.limits();
        let keys = self.signers.files()?;
        Ok(Terms {
            upstream: self.upstream.url.clone(),
            unsigned: keys.is_none(),
            apk: self.upstream.apk_texts()?,
            time_limit_ms: self.job_timeout * 1000,
            memory: limits.memory,
            disk: limits.disk,
            processes: limits.processes,
            usign: keys
                .as_ref()
                .map_or_else(Vec::new, |keys| keys.usign.clone()),
            openpgp: keys.map_or_else(Vec::new, |keys| keys.openpgp),
        })
    }

    /// Makes a builder that works in `dir`, with the mirror's ImageBuilders or with the one given.
    pub(crate) fn builder(
        &self,
        dir: PathBuf,
        trust: Trust,
        imagebuilder: Option<PathBuf>,
    ) -> Result<Builder, Error> {
        self.confinement.builder(BuilderConfig {
            upstream: self.upstream.url.clone(),
            dir,
            trust,
            time_limit: self.time_limit(),
            imagebuilder,
            disk: self.disk.limits(),
            sandbox: None,
            packages: self.cache.config(&self.upstream)?,
        })
    }
}

/// Shows people how far a build is that began at `begun`; what the ImageBuilder says goes to the log.
pub(crate) fn show(begun: Instant) -> impl Fn(Progress<'_>) {
    move |progress| match progress {
        Progress::Stage(text) | Progress::Note(text) => {
            eprintln!("{:8.1} s {text}", begun.elapsed().as_secs_f64());
        }
        Progress::Said(lines) => tracing::info!("{}", lines.trim_end()),
    }
}

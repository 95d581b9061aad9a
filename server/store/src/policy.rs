use std::time::Duration;

use asu_protocol::build::BuildRequest;

/// How long answers are kept and how often a job is tried.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Keeps images whose package versions were named: they cannot go stale.
    pub keep_versioned: Duration,
    /// Keeps images of whatever versions were newest when they were built.
    pub keep_unversioned: Duration,
    /// Keeps images with a first-boot script: they may hold secrets and are nobody else's.
    pub keep_with_defaults: Duration,
    /// Keeps failures that are the request's fault.
    pub keep_failure: Duration,
    /// Keeps the news that a job was given up: long enough for its asker to read it, and no longer.
    pub keep_given_up: Duration,
    /// How often a job is tried before it is given up.
    pub attempts: u32,
    /// The pause after the first failure that was not the request's fault.
    pub pause: Duration,
    /// By how much each further pause is longer.
    pub pause_growth: u32,
}

impl Default for Policy {
    /// The times to live are those of ASU (`config.py`); the rest is ours.
    fn default() -> Self {
        Self {
            keep_versioned: Duration::from_hours(7 * 24),
            keep_unversioned: Duration::from_hours(24),
            keep_with_defaults: Duration::from_mins(30),
            keep_failure: Duration::from_hours(1),
            keep_given_up: Duration::from_mins(1),
            attempts: 3,
            pause: Duration::from_secs(5),
            pause_growth: 6,
        }
    }
}

impl Policy {
    pub(crate) fn keep_image(&self, request: &BuildRequest) -> Duration {
        if request
            .defaults
            .as_deref()
            .is_some_and(|script| !script.is_empty())
        {
            self.keep_with_defaults
        } else if request.packages_versions.is_empty() {
            self.keep_unversioned
        } else {
            self.keep_versioned
        }
    }

    pub(crate) fn pause_after(&self, attempts: u32) -> Duration {
        let growth = self.pause_growth.saturating_pow(attempts.saturating_sub(1));
        self.pause.saturating_mul(growth)
    }
}

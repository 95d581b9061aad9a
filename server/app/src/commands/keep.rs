//! How long answers are kept.

use std::time::Duration;

use asu_store::Policy;
use jiff::SignedDuration;

/// Shorter, and who asked would not find what was built.
const LEAST: Duration = Duration::from_mins(1);

/// How long answers are kept.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Keep {
    /// How long images are kept whose request names the versions of packages, as in 168h or 90m.
    #[arg(
        long = "keep-versioned",
        value_name = "TIME",
        env = "ASU_KEEP_VERSIONED",
        default_value = "168h",
        value_parser = time
    )]
    versioned: Duration,

    /// How long other images are kept; those of snapshots until midnight UTC at most.
    #[arg(
        long = "keep-unversioned",
        value_name = "TIME",
        env = "ASU_KEEP_UNVERSIONED",
        default_value = "24h",
        value_parser = time
    )]
    unversioned: Duration,

    /// How long images with a first-boot script are kept, which may hold secrets.
    #[arg(
        long = "keep-defaults",
        value_name = "TIME",
        env = "ASU_KEEP_DEFAULTS",
        default_value = "30m",
        value_parser = time
    )]
    defaults: Duration,

    /// How long failures are kept that are the request's fault.
    #[arg(
        long = "keep-failures",
        value_name = "TIME",
        env = "ASU_KEEP_FAILURES",
        default_value = "1h",
        value_parser = time
    )]
    failures: Duration,
}

impl Keep {
    pub(crate) fn policy(self) -> Policy {
        Policy {
            keep_versioned: self.versioned,
            keep_unversioned: self.unversioned,
            keep_with_defaults: self.defaults,
            keep_failure: self.failures,
            ..Policy::default()
        }
    }
}

pub(super) fn time(text: &str) -> Result<Duration, String> {
    let signed: Result<SignedDuration, _> = text.parse();
    let time = signed.ok().and_then(|signed| signed.try_into().ok());
    let time = time.filter(|time: &Duration| *time >= LEAST);
    time.ok_or_else(|| "give a time of at least a minute, as in 90m or 168h".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_hours_and_minutes() {
        assert_eq!(time("168h"), Ok(Duration::from_hours(168)));
        assert_eq!(time("1h 30m"), Ok(Duration::from_mins(90)));
        assert_eq!(time("60s"), Ok(LEAST));
        for bad in ["", "0s", "59s", "-2h", "7", "7 weeks of cake"] {
            assert!(time(bad).is_err(), "{bad}");
        }
    }
}

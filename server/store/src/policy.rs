use std::collections::BTreeMap;
use std::time::Duration;

use asu_protocol::build::BuildRequest;
use jiff::{SignedDuration, Timestamp};

use crate::history::{DAY, day_of};
use crate::store::{later, millis};

/// How long images of snapshots are kept over midnight if they were built just before it: long enough
/// to be fetched.
const LEAST: Duration = Duration::from_mins(30);

/// The longest that a request is left alone.
const LONGEST_PARKING: Duration = Duration::from_hours(24);

/// How long answers are kept, how often a job is tried, and how many run at once.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Keeps images whose package versions were named: they cannot go stale.
    pub keep_versioned: Duration,
    /// Keeps images of whatever versions were newest when they were built; those of snapshots until
    /// midnight UTC at most.
    pub keep_unversioned: Duration,
    /// Keeps images with a first-boot script: they may hold secrets and are nobody else's.
    pub keep_with_defaults: Duration,
    /// Keeps failures that are the request's fault.
    pub keep_failure: Duration,
    /// Keeps the news that a job was given up: long enough for its asker to read it, and no longer.
    pub keep_given_up: Duration,
    /// How long a request is left alone when its tries failed through no fault that anybody could tell,
    /// or took their workers down; each further time in a row by `pause_growth` longer, a day at most.
    pub park: Duration,
    /// Keeps the log of such a request for the operator when its answer is no longer given.
    pub keep_parked: Duration,
    /// How often a job is tried before it is given up.
    pub attempts: u32,
    /// The pause after the first failure that was not the request's fault.
    pub pause: Duration,
    /// By how much each further pause is longer.
    pub pause_growth: u32,
    /// How many builds of a target may run at once; any number of one that is not named.
    pub target_limits: BTreeMap<String, u32>,
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
            park: Duration::from_mins(1),
            keep_parked: Duration::from_hours(7 * 24),
            attempts: 3,
            pause: Duration::from_secs(5),
            pause_growth: 6,
            target_limits: BTreeMap::new(),
        }
    }
}

impl Policy {
    /// When images that were built at `now` are no longer given out.
    pub(crate) fn images_expire(&self, request: &BuildRequest, now: Timestamp) -> Timestamp {
        let end = later(now, self.keep_image(request));
        if !request.version.as_str().ends_with("SNAPSHOT") {
            return end;
        }
        end.min(next_midnight(now).max(later(now, LEAST)))
    }

    fn keep_image(&self, request: &BuildRequest) -> Duration {
        let script = request.defaults.as_deref().unwrap_or_default();
        if !script.is_empty() {
            self.keep_with_defaults
        } else if request.packages_versions.is_empty() {
            self.keep_unversioned
        } else {
            self.keep_versioned
        }
    }

    pub(crate) fn pause_after(&self, attempts: u32) -> Duration {
        self.grown(self.pause, attempts)
    }

    /// How long a request is left alone that is parked for the `time`th time in a row.
    pub(crate) fn parking(&self, time: u32) -> Duration {
        self.grown(self.park, time).min(LONGEST_PARKING)
    }

    /// What was parked, and has no answer since this (milliseconds since 1970), nobody needs any more.
    pub(crate) fn forget_parked(&self, now: Timestamp) -> i64 {
        let kept = SignedDuration::try_from(self.keep_parked).unwrap_or(SignedDuration::MAX);
        millis(now.saturating_sub(kept).unwrap_or(Timestamp::MIN))
    }

    fn grown(&self, pause: Duration, time: u32) -> Duration {
        let growth = self.pause_growth.saturating_pow(time.saturating_sub(1));
        pause.saturating_mul(growth)
    }
}

/// The end of the day in UTC, when packages of snapshots are thought to be out of date.
fn next_midnight(now: Timestamp) -> Timestamp {
    let midnight = (day_of(now) + 1).saturating_mul(DAY);
    Timestamp::from_millisecond(midnight).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expires(request: &str, built: &str) -> String {
        let request: BuildRequest = serde_json::from_str(request).unwrap();
        let built = built.parse().unwrap();
        format!("{:.0}", Policy::default().images_expire(&request, built))
    }

    const RELEASE: &str = r#"{"version":"24.10.2","target":"a/b","profile":"p"}"#;
    const SNAPSHOT: &str = r#"{"version":"SNAPSHOT","target":"a/b","profile":"p"}"#;

    #[test]
    fn requests_are_left_alone_for_longer_each_time() {
        let minutes = |time| Policy::default().parking(time).as_secs() / 60;
        assert_eq!([1, 2, 3, 9].map(minutes), [1, 6, 36, 24 * 60]);
    }

    #[test]
    fn snapshots_go_at_midnight() {
        let built = "2026-03-01T10:00:00Z";
        assert_eq!(expires(RELEASE, built), "2026-03-02T10:00:00Z");
        assert_eq!(expires(SNAPSHOT, built), "2026-03-02T00:00:00Z");
        let of_branch = SNAPSHOT.replace("SNAPSHOT", "24.10-SNAPSHOT");
        assert_eq!(expires(&of_branch, built), "2026-03-02T00:00:00Z");
    }

    #[test]
    fn snapshots_built_just_before_midnight_can_still_be_fetched() {
        let late = "2026-03-01T23:59:00Z";
        assert_eq!(expires(SNAPSHOT, late), "2026-03-02T00:29:00Z");
    }

    #[test]
    fn what_has_a_script_or_named_versions_keeps_its_time() {
        let script = r#"{"version":"SNAPSHOT","target":"a/b","profile":"p","defaults":"true"}"#;
        assert_eq!(
            expires(script, "2026-03-01T10:00:00Z"),
            "2026-03-01T10:30:00Z"
        );
        let versioned =
            r#"{"version":"SNAPSHOT","target":"a/b","profile":"p","packages_versions":{"a":"1"}}"#;
        assert_eq!(
            expires(versioned, "2026-03-01T10:00:00Z"),
            "2026-03-02T00:00:00Z"
        );
    }
}

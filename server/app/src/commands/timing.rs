//! When a server does what it does by itself.

use std::time::Duration;

use asu_server::Pace;
use jiff::SignedDuration;

/// When a server does what it does by itself.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Timing {
    /// After how long of silence a worker's job is given to another, as in 1m; at least 1s.
    ///
    /// All servers on one database should say the same.
    #[arg(
        long,
        value_name = "TIME",
        env = "ASU_LEASE",
        default_value = "1m",
        value_parser = a_second
    )]
    lease: Duration,

    /// How often images are looked for that no answer tells of, as crashes leave them; at least 1s.
    #[arg(
        long,
        value_name = "TIME",
        env = "ASU_SWEEP",
        default_value = "1h",
        value_parser = a_second
    )]
    sweep: Duration,

    /// How long connections are accepted after the server was told to stop, so that load balancers
    /// notice: /readyz is 503, and each answer closes its connection.
    #[arg(
        long,
        value_name = "TIME",
        env = "ASU_DRAIN",
        default_value = "1s",
        value_parser = time
    )]
    pub(crate) drain: Duration,
}

impl Timing {
    /// The pace of a server whose builds may take `build` each.
    pub(crate) fn pace(self, build: Duration) -> Pace {
        Pace::for_builds_of(build)
            .with_leases_of(self.lease)
            .with_sweeps_every(self.sweep)
    }
}

fn a_second(text: &str) -> Result<Duration, String> {
    let time = time(text)?;
    let enough = (time >= Duration::from_secs(1)).then_some(time);
    enough.ok_or_else(|| "give a time of at least a second, as in 1m".to_owned())
}

fn time(text: &str) -> Result<Duration, String> {
    let signed: Result<SignedDuration, _> = text.parse();
    let time = signed.ok().and_then(|signed| signed.try_into().ok());
    time.ok_or_else(|| "give a time, as in 5s or 1m".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leases_are_a_second_or_longer() {
        assert_eq!(a_second("1s"), Ok(Duration::from_secs(1)));
        assert_eq!(time("0s"), Ok(Duration::ZERO));
        for bad in ["0s", "999ms", "-1s", "soon", ""] {
            assert!(a_second(bad).is_err(), "{bad}");
        }
        assert!(time("-1s").is_err());
    }
}

//! Workers in number: how many builds run at once, and what brings more workers or sends them away.

use std::time::Duration;

use asu_protocol::name::Target;
use asu_server::Scale;

use super::keep::time;

/// Workers in number.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Scaling {
    /// How many builds of a target may run at once, all workers together; can be given several times.
    ///
    /// Servers on one database must be told the same.
    #[arg(
        long = "target-limit",
        value_name = "TARGET=N",
        env = "ASU_TARGET_LIMIT",
        value_delimiter = ' ',
        value_parser = limit
    )]
    limits: Vec<(Target, u32)>,

    /// A command for the shell that starts more workers; run when the expected wait passes --scale-wait.
    ///
    /// Its environment has ASU_QUEUED, ASU_RUNNING, ASU_WORKERS, ASU_EXPECTED_WAIT (seconds, or inf) and
    /// ASU_WANTED_WORKERS. Of several servers on one database one runs it.
    #[arg(long = "scale-up", value_name = "COMMAND", env = "ASU_SCALE_UP")]
    up: Option<String>,

    /// A command that stops workers; run when nothing has waited or run for --scale-idle.
    #[arg(long = "scale-down", value_name = "COMMAND", env = "ASU_SCALE_DOWN")]
    down: Option<String>,

    /// How long a build may have to wait before more workers are started.
    #[arg(
        long = "scale-wait",
        value_name = "TIME",
        env = "ASU_SCALE_WAIT",
        default_value = "5m",
        value_parser = time
    )]
    wait: Duration,

    /// How long there must be nothing to do before workers are stopped.
    #[arg(
        long = "scale-idle",
        value_name = "TIME",
        env = "ASU_SCALE_IDLE",
        default_value = "10m",
        value_parser = time
    )]
    idle: Duration,

    /// The time before the same command is run once more, if it did not help.
    #[arg(
        long = "scale-pause",
        value_name = "TIME",
        env = "ASU_SCALE_PAUSE",
        default_value = "5m",
        value_parser = time
    )]
    pause: Duration,

    /// How long a command may take before it is killed.
    #[arg(
        long = "scale-limit",
        value_name = "TIME",
        env = "ASU_SCALE_LIMIT",
        default_value = "2m",
        value_parser = time
    )]
    limit: Duration,
}

impl Scaling {
    /// When workers are started and stopped, if that was said.
    pub(crate) fn scale(&self) -> Option<Scale> {
        let scale = Scale {
            up: self.up.clone(),
            down: self.down.clone(),
            wait: self.wait,
            idle: self.idle,
            pause: self.pause,
            limit: self.limit,
            ..Scale::default()
        };
        (scale.up.is_some() || scale.down.is_some()).then_some(scale)
    }

    /// How many builds of each target may run at once.
    pub(crate) fn limits(&self) -> impl Iterator<Item = (String, u32)> {
        let limits = self.limits.iter();
        limits.map(|(target, most)| (target.to_string(), *most))
    }
}

fn limit(text: &str) -> Result<(Target, u32), String> {
    let read = || {
        let (target, most) = text.split_once('=')?;
        let most: u32 = most.parse().ok().filter(|most| *most > 0)?;
        Some((target.parse().ok()?, most))
    };
    read().ok_or_else(|| "give a target and a number of at least 1, as in x86/64=4".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_target_and_a_number() {
        assert_eq!(limit("x86/64=4"), Ok(("x86/64".parse().unwrap(), 4)));
        for bad in [
            "",
            "x86/64",
            "x86/64=",
            "x86/64=0",
            "x86/64=-1",
            "x86=4",
            "x86/*=4",
        ] {
            assert!(limit(bad).is_err(), "{bad}");
        }
    }
}

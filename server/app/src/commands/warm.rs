//! ImageBuilders that are made ready before anybody asks for them.

use std::str::FromStr;
use std::time::Duration;

use asu_builder::Builder;
use asu_protocol::name::{Target, VersionName};

/// The time until what could not be had is asked for again.
const AGAIN: Duration = Duration::from_mins(10);

/// An ImageBuilder, as `--warm` names it: `24.10.2/ath79/generic`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    version: VersionName,
    target: Target,
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (version, target) = text
            .split_once('/')
            .ok_or("it must be VERSION/TARGET/SUBTARGET")?;
        let version = version
            .parse()
            .map_err(|error| format!("{version:?}: {error}"))?;
        let target = target
            .parse()
            .map_err(|error| format!("{target:?}: {error}"))?;
        Ok(Self { version, target })
    }
}

/// Makes them ready, one after the other; asks again for what cannot be had until it can.
pub(crate) async fn warm(builder: Builder, mut wanted: Vec<Wanted>) {
    loop {
        let mut missing = Vec::new();
        for one in wanted {
            let Wanted { version, target } = &one;
            match builder.warm(version, target).await {
                Ok(()) => tracing::info!(%version, %target, "the ImageBuilder is ready"),
                Err(error) => {
                    let detail = error.to_string();
                    tracing::warn!(%version, %target, detail, "the ImageBuilder cannot be made ready");
                    missing.push(one);
                }
            }
        }
        if missing.is_empty() {
            return;
        }
        tokio::time::sleep(AGAIN).await;
        wanted = missing;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_and_target_are_told_apart() {
        let wanted: Wanted = "24.10.2/ath79/generic".parse().unwrap();
        assert_eq!(wanted.version.as_str(), "24.10.2");
        assert_eq!(wanted.target.to_string(), "ath79/generic");
        for bad in [
            "24.10.2",
            "24.10.2/ath79",
            "",
            "/ath79/generic",
            "24.10.2/../..",
        ] {
            assert!(bad.parse::<Wanted>().is_err(), "{bad}");
        }
    }
}

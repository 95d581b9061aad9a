//! `asu-server parked`: requests that the server leaves alone after failures.

use std::io::{self, Write};

use asu_protocol::build::BuildRequest;
use asu_store::Parked;
use jiff::Timestamp;
use serde::Serialize;

use super::Error;
use super::jobs::Place;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Args {
    /// Show them, also those that may be asked for again; --json has their logs.
    List(Place),
    /// Let a request be asked for again at once.
    Release(Release),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Release {
    /// The request's `request_hash`.
    #[arg(value_name = "HASH")]
    request_hash: String,
    #[command(flatten)]
    place: Place,
}

pub(crate) async fn run(args: Args) -> Result<(), Error> {
    match args {
        Args::List(place) => list(&place).await,
        Args::Release(release) => release.run().await,
    }
}

impl Release {
    async fn run(self) -> Result<(), Error> {
        let store = self.place.open().await?;
        if store.unpark(&self.request_hash, Timestamp::now()).await? {
            return Ok(());
        }
        let hash = self.request_hash;
        Err(format!("{hash} is not parked; asu-server parked list shows what is").into())
    }
}

/// What is printed of a request.
#[derive(Serialize)]
struct Listed {
    request_hash: String,
    version: String,
    target: String,
    profile: String,
    times: u32,
    until: String,
    log: String,
}

impl TryFrom<Parked> for Listed {
    type Error = serde_json::Error;

    fn try_from(parked: Parked) -> Result<Self, serde_json::Error> {
        let request: BuildRequest = serde_json::from_str(&parked.request)?;
        Ok(Self {
            request_hash: parked.request_hash,
            version: request.version.to_string(),
            target: request.target.to_string(),
            profile: request.profile.to_string(),
            times: parked.times,
            until: format!("{:.0}", parked.until),
            log: parked.log,
        })
    }
}

async fn list(place: &Place) -> Result<(), Error> {
    let parked = place.open().await?.parked().await?;
    let listed: Result<Vec<Listed>, _> = parked.into_iter().map(Listed::try_from).collect();
    place.output.print(&listed?, text)
}

fn text(out: &mut dyn Write, listed: &Vec<Listed>) -> io::Result<()> {
    for one in listed {
        let Listed {
            request_hash,
            version,
            target,
            profile,
            times,
            until,
            log,
        } = one;
        writeln!(
            out,
            "{request_hash}  {version} {target} {profile}  {times} times, until {until}"
        )?;
        if let Some(last) = log.lines().last() {
            writeln!(out, "    {last}")?;
        }
    }
    Ok(())
}

//! `asu-server catalog`.

use std::io::{self, Write};

use asu_catalog::Catalog;
use asu_protocol::name::{Target, VersionName};
use asu_protocol::overview::Overview;
use asu_protocol::release;
use serde::Serialize;

use super::Error;
use super::upstream::Source;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Args {
    /// Show the branches, versions and targets the mirror offers, as far as they are known.
    Show(Source),
    /// Ask the mirror for what it offers, and fetch the package indexes of one target.
    Refresh(Refresh),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Refresh {
    #[command(flatten)]
    source: Source,
    /// The version whose indexes are fetched; the newest stable one where absent.
    #[arg(long, requires = "target")]
    version: Option<VersionName>,
    /// The target whose indexes are fetched; none where absent.
    #[arg(long)]
    target: Option<Target>,
}

/// What a refresh found.
#[derive(Serialize)]
struct Fetched {
    latest: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<FetchedTarget>,
}

#[derive(Serialize)]
struct FetchedTarget {
    version: String,
    target: String,
    revision: String,
    profiles: usize,
    feeds: usize,
    packages: usize,
}

pub(crate) async fn run(args: Args) -> Result<(), Error> {
    match args {
        Args::Show(source) => {
            let overview = source.catalog().await?.overview().await;
            source.output.print(&overview, show)
        }
        Args::Refresh(refresh) => {
            let catalog = refresh.source.catalog().await?;
            let latest = catalog.refresh().await?;
            let target = refresh.target(&catalog, &latest).await?;
            refresh
                .source
                .output
                .print(&Fetched { latest, target }, fetched)
        }
    }
}

impl Refresh {
    async fn target(
        &self,
        catalog: &Catalog,
        latest: &[String],
    ) -> Result<Option<FetchedTarget>, Error> {
        let Some(target) = &self.target else {
            return Ok(None);
        };
        let newest = latest.iter().find(|version| !version.contains("-rc"));
        let version = match (&self.version, newest) {
            (Some(version), _) => version.clone(),
            (None, Some(newest)) => newest.parse()?,
            (None, None) => return Err("the mirror has no release; name one with --version".into()),
        };
        let offered = catalog.offered(&version, target).await?;
        Ok(Some(FetchedTarget {
            version: version.to_string(),
            target: target.to_string(),
            revision: offered.profiles.version_code.clone(),
            profiles: offered.profiles.profiles.len(),
            feeds: offered.feeds.len(),
            packages: offered.feeds.iter().map(|feed| feed.len()).sum(),
        }))
    }
}

fn show(out: &mut dyn Write, overview: &Overview) -> io::Result<()> {
    writeln!(
        out,
        "{}: latest {}",
        overview.upstream_url,
        overview.latest.join(", ")
    )?;
    let mut branches: Vec<_> = overview.branches.values().collect();
    branches.sort_by(|a, b| release::compare(&b.name, &a.name));
    for branch in branches {
        let targets = branch.targets.len();
        writeln!(
            out,
            "{:<10} {targets:>3} targets  {}",
            branch.name,
            branch.versions.join(" ")
        )?;
    }
    Ok(())
}

fn fetched(out: &mut dyn Write, fetched: &Fetched) -> io::Result<()> {
    writeln!(out, "latest {}", fetched.latest.join(", "))?;
    let Some(FetchedTarget {
        version,
        target,
        revision,
        profiles,
        feeds,
        packages,
    }) = &fetched.target
    else {
        return Ok(());
    };
    writeln!(
        out,
        "{version} {target} {revision}: {profiles} profiles, {packages} packages in {feeds} feeds"
    )
}

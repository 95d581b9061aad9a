//! `asu-server rebuild`.

mod ask;
mod compare;

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use asu_http::Limits;
use asu_protocol::build::{BuildAnswer, BuildRequest, Rebuild};
use asu_server::{Desk, produce};
use asu_store::{State, Store};
use serde::Serialize;

use super::building::{Building, show};
use super::jobs::Place;
use super::{Error, until_told_to_stop};
use ask::Other;
use compare::{Comparison, compare};

/// What the server is called that a request was built again by, if it is this one.
const LOCAL: &str = "local";

#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
The exit status is 0 if all images are the same, 1 if one of them is not, and 2 if that could not be told.
The verdict is kept with the answer, whose `rebuilds` tell it to everybody.

Examples:
  asu-server rebuild 1ea801d7… --upstream-key openwrt-24.10.pub --data /var/lib/asu-server
  asu-server rebuild 1ea801d7… --against https://sysupgrade.example.org")]
pub(crate) struct Args {
    /// The request's `request_hash`; its build must be finished, and its answer must not have expired.
    #[arg(value_name = "HASH")]
    request_hash: String,
    /// Another server, which is asked for the same; without it, the request is built here again.
    #[arg(long, value_name = "URL")]
    against: Option<Other>,
    /// How long to wait for the other server, in seconds.
    #[arg(
        long,
        value_name = "SECS",
        default_value_t = 3600,
        requires = "against"
    )]
    wait: u64,
    #[command(flatten)]
    building: Building,
    #[command(flatten)]
    place: Place,
}

/// What is printed.
#[derive(Serialize)]
struct Verdict {
    request_hash: String,
    #[serde(flatten)]
    told: Rebuild,
    #[serde(flatten)]
    comparison: Comparison,
}

/// The exit status for what came of it.
pub(crate) fn end(ended: Result<ExitCode, Error>) -> ExitCode {
    ended.unwrap_or_else(|error| {
        eprintln!("asu-server: {error}");
        ExitCode::from(2)
    })
}

pub(crate) async fn run(args: Args) -> Result<ExitCode, Error> {
    let output = args.place.output;
    let verdict = tokio::select! {
        verdict = args.judge() => verdict?,
        () = until_told_to_stop()? => return Err("stopped before anything could be told".into()),
    };
    output.print(&verdict, text)?;
    Ok(ExitCode::from(u8::from(!verdict.told.same)))
}

impl Args {
    async fn judge(&self) -> Result<Verdict, Error> {
        let store = self.place.open().await?;
        let (request, kept) = self.finished(&store).await?;
        let made = match &self.against {
            Some(other) => {
                other
                    .build(&request, Duration::from_secs(self.wait))
                    .await?
            }
            None => self.build(&request).await?,
        };
        let comparison = compare(&kept, &made);
        let now = jiff::Timestamp::now();
        let server = self.against.as_ref().map(ToString::to_string);
        let verdict = Rebuild {
            server: server.unwrap_or_else(|| LOCAL.to_owned()),
            same: comparison.same(),
            at: format!("{now:.0}"),
            detail: comparison.detail(),
        };
        let hash = &self.request_hash;
        if !store.keep_rebuild(hash, &kept, &verdict, now).await? {
            tracing::warn!("the answer has expired meanwhile; the verdict is kept nowhere");
        }
        Ok(Verdict {
            request_hash: hash.clone(),
            told: verdict,
            comparison,
        })
    }

    /// The request as it was built, and its answer. The revision is named, so that another one is no
    /// difference but cannot be built.
    async fn finished(&self, store: &Store) -> Result<(BuildRequest, BuildAnswer), Error> {
        let hash = &self.request_hash;
        let job = store.job(hash, jiff::Timestamp::now()).await?;
        let job = job.ok_or_else(|| {
            format!("no request {hash} is known here, or its answer has expired; ask for it anew")
        })?;
        let State::Done(answer) = job.state else {
            return Err(format!("the build of {hash} has not ended with images").into());
        };
        let mut request = job.request;
        if request.version_code.is_empty() {
            request.version_code.clone_from(&answer.version_code);
        }
        Ok((request, *answer))
    }

    /// Builds it here, from a fresh copy of the ImageBuilder.
    async fn build(&self, request: &BuildRequest) -> Result<BuildAnswer, Error> {
        let dir = self.place.data.join("builder");
        let trust = self.building.signers.trust(&self.building.upstream.url)?;
        let builder = self.building.builder(dir.clone(), trust, None)?;
        let keys = self.building.signers.keys()?;
        let catalog = self
            .building
            .upstream
            .catalog(&self.place.data.join("catalog"), keys)
            .await?;
        // What was allowed when it was asked for is no longer the question.
        let limits = Limits {
            repositories: request
                .repositories
                .iter()
                .map(|(_, url)| url.clone())
                .collect(),
            ..Limits::default()
        };
        let progress = show(Instant::now());
        let out = tempfile::tempdir_in(dir.join("scratch"))?;
        let with = (&Desk::new(catalog), &builder, &limits);
        let built = produce(with, request, &progress, out.path()).await;
        builder.tidied().await;
        let built = built.map_err(|error| {
            let failure = error.failure();
            format!(
                "it could not be built again: {}\n{}",
                failure.detail, failure.hint
            )
        })?;
        Ok(BuildAnswer {
            version_code: built.version_code,
            image_prefix: built.image_prefix,
            manifest: built.manifest,
            images: built.images,
            ..BuildAnswer::default()
        })
    }
}

fn text(to: &mut dyn Write, verdict: &Verdict) -> io::Result<()> {
    let Rebuild { server, same, .. } = &verdict.told;
    for image in &verdict.comparison.images {
        writeln!(
            to,
            "{:9}  {}",
            if image.same { "same" } else { "different" },
            image.name
        )?;
    }
    if *same {
        return writeln!(to, "{server}: the same images");
    }
    writeln!(to, "{server}: {}", verdict.told.detail)?;
    writeln!(to, "{}", verdict.comparison.hint())
}

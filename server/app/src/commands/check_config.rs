//! `asu-server check-config`: whether `serve` would start with these settings, and could build.

mod disk;
mod network;

use std::io::{self, Write};

use asu_builder::Trust;
use serde::Serialize;

use super::{Error, Output};
use crate::args::Serve;

/// What ImageBuilders ask of the machine they run on.
const PROGRAMS: [&str; 12] = [
    "make", "bash", "perl", "python3", "gawk", "tar", "xz", "zstd", "rsync", "unzip", "file",
    "wget",
];

#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
It takes every setting of serve, and changes nothing. Run it as the server's user: root may read and
write what that user may not. The exit status is 0 if serve would start and could build, else 1.

Examples:
  sudo -u asu-server asu-server check-config --config /etc/asu-server/server.toml")]
pub(crate) struct Args {
    #[command(flatten)]
    serve: Serve,
    /// Ask nobody else: not the mirror, nor the bucket, nor a PostgreSQL.
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    output: Output,
}

/// How a thing is; or what is wrong, and what to do about it.
type Told = Result<String, Error>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    Problem,
    Skipped,
}

/// What one check found.
#[derive(Debug, Serialize)]
struct Finding {
    check: &'static str,
    state: State,
    detail: String,
}

/// What is printed.
#[derive(Debug, Default, Serialize)]
struct Report {
    checks: Vec<Finding>,
}

impl Report {
    fn add(&mut self, check: &'static str, told: Told) {
        let (state, detail) = match told {
            Ok(detail) => (State::Ok, detail),
            Err(error) => (State::Problem, error.to_string()),
        };
        self.checks.push(Finding {
            check,
            state,
            detail,
        });
    }

    fn skip(&mut self, check: &'static str, why: &str) {
        let detail = why.to_owned();
        self.checks.push(Finding {
            check,
            state: State::Skipped,
            detail,
        });
    }

    fn problems(&self) -> usize {
        let problems = self.checks.iter().filter(|one| one.state == State::Problem);
        problems.count()
    }
}

pub(crate) async fn run(args: Args) -> Result<(), Error> {
    let Args {
        serve,
        offline,
        output,
    } = args;
    let mut report = Report::default();
    keys(&serve, &mut report);
    disk::check(&serve, &mut report);
    builds(&serve, &mut report);
    network::check(&serve, offline, &mut report).await;
    output.print(&report, show)?;
    match report.problems() {
        0 => Ok(()),
        1 => Err("one problem was found".into()),
        number => Err(format!("{number} problems were found").into()),
    }
}

fn keys(serve: &Serve, report: &mut Report) {
    let building = &serve.building;
    let trust = building.signers.trust(&building.upstream.url);
    report.add("who signs ImageBuilders", trust.map(signers));
    let apk = building.upstream.apk_keys();
    let apk = apk.map(|keys| format!("{} keys of apk, besides those of ImageBuilders", keys.len()));
    report.add("who signs packages", apk);
    let signer = serve.signing.signer().map_err(Error::from);
    let own = signer.map(|signer| match signer {
        Some(signer) => format!("images are signed by the key {}", signer.fingerprint()),
        None => "images are not signed".to_owned(),
    });
    report.add("own key", own);
    let distributions = building.upstream.distributions();
    let distributions = distributions.map(|own| match own {
        Some(_) => "those of the folder are valid".to_owned(),
        None => "those that asu-server brings along".to_owned(),
    });
    report.add("distributions", distributions);
}

fn signers(trust: Trust) -> String {
    match trust {
        Trust::Keys { usign, openpgp } => {
            let (usign, openpgp) = (usign.len(), openpgp.len());
            format!("{usign} keys of usign, {openpgp} of OpenPGP")
        }
        Trust::Unsigned => "nobody need: ImageBuilders are run as they come".to_owned(),
    }
}

fn builds(serve: &Serve, report: &mut Report) {
    if serve.no_worker {
        let why = "this server builds nothing (--no-worker)";
        report.skip("programs", why);
        return report.skip("sandbox", why);
    }
    report.add("programs", programs());
    report.add("sandbox", sandbox(serve));
}

fn programs() -> Told {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_missing =
        |name: &&str| !std::env::split_paths(&path).any(|folder| folder.join(name).is_file());
    let missing: Vec<&str> = PROGRAMS
        .into_iter()
        .filter(|name| is_missing(name))
        .collect();
    if missing.is_empty() {
        return Ok("all that ImageBuilders ask for".to_owned());
    }
    let missing = missing.join(", ");
    Err(format!("ImageBuilders need {missing}; install them").into())
}

/// Confines a program as builds are, in a folder that goes again.
fn sandbox(serve: &Serve) -> Told {
    let folder = tempfile::tempdir()?;
    let dir = folder.path().join("builder");
    serve.building.builder(dir, Trust::Unsigned, None)?;
    Ok("builds can be confined, or need not be (--sandbox=none)".to_owned())
}

fn show(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    for Finding {
        check,
        state,
        detail,
    } in &report.checks
    {
        let state = match state {
            State::Ok => "ok",
            State::Problem => "PROBLEM",
            State::Skipped => "skipped",
        };
        writeln!(
            out,
            "{state:8} {check}: {}",
            detail.replace('\n', "\n         ")
        )?;
    }
    Ok(())
}

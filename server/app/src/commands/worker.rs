//! `asu-server worker`.

use std::path::PathBuf;
use std::time::Duration;

use asu_builder::{Builder, BuilderConfig, PackageConfig, SandboxLimits, Trust, openpgp};
use asu_protocol::worker::Terms;
use asu_server::{DataDir, Dealings, RemoteWorker};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::SignedDuration;
use serde_json::json;

use super::confinement::Walls;
use super::disk::Disk;
use super::packages::CacheSize;
use super::{Error, enough, until_told_to_stop};

#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  At the server, once:
    asu-server token add attic --targets 'ath79/*,x86/64' > attic.token

  On the machine that is to build, any number of them:
    asu-server worker --server https://sysupgrade.example.org --token-file attic.token --data ./worker

  For the day of a release only:
    asu-server worker --server https://sysupgrade.example.org --token-file attic.token \\
        --data ./worker --exit-when-idle 10m")]
pub(crate) struct Args {
    /// The server's URL.
    #[arg(long, value_name = "URL", env = "ASU_SERVER")]
    server: String,

    /// What asu-server token add has printed at the server.
    ///
    /// Everybody on this machine sees the command line: give it by the variable, or by --token-file.
    #[arg(
        long,
        value_name = "TOKEN",
        env = "ASU_TOKEN",
        hide_env_values = true,
        required_unless_present = "token_file"
    )]
    token: Option<String>,

    /// A file that holds the token.
    #[arg(
        long,
        value_name = "FILE",
        env = "ASU_TOKEN_FILE",
        conflicts_with = "token"
    )]
    token_file: Option<PathBuf>,

    /// The folder of ImageBuilders, packages and running builds, this worker's alone; made if it is not
    /// there.
    #[arg(
        long,
        value_name = "DIR",
        env = "ASU_DATA",
        default_value = "/var/lib/asu-worker"
    )]
    data: PathBuf,

    /// End when there was nothing to do for so long, as in 10m or 1h.
    #[arg(long, value_name = "TIME", env = "ASU_EXIT_WHEN_IDLE", value_parser = time)]
    exit_when_idle: Option<Duration>,

    #[command(flatten)]
    walls: Walls,

    #[command(flatten)]
    cache: CacheSize,

    #[command(flatten)]
    disk: Disk,
}

fn time(text: &str) -> Result<Duration, String> {
    let signed: Result<SignedDuration, _> = text.parse();
    let time = signed.ok().and_then(|signed| signed.try_into().ok());
    let time = time.filter(|time: &Duration| *time >= Duration::from_secs(1));
    time.ok_or_else(|| "give a time of at least a second, as in 10m or 1h".to_owned())
}

pub(crate) async fn run(args: Args) -> Result<(), Error> {
    let stop = until_told_to_stop()?;
    let dealings = Dealings {
        server: args.server.clone(),
        token: args.token()?,
        exit_when_idle: args.exit_when_idle,
    };
    let data = DataDir::open(&args.data)?;
    let name = data.worker()?;
    let folder = data.builder();
    let (walls, disk, cache) = (args.walls, args.disk, args.cache);
    let equip = move |terms: &Terms| {
        let config = config(terms, folder.clone(), disk, cache)?;
        let builder = walls.builder(limits(terms), config);
        let builder: Builder = builder.map_err(|error| error.to_string())?;
        builder.tidy();
        Ok(builder)
    };
    let worker = RemoteWorker::open(data, dealings, equip)?;
    let server = args.server;
    let admitted = move |welcome: &asu_protocol::worker::Welcome| {
        let told = json!({"working_for": server, "worker": name, "token": welcome.token,
            "targets": welcome.targets});
        let said = std::io::Write::write_fmt(&mut std::io::stdout(), format_args!("{told}\n"));
        let _ = enough(said);
    };
    Ok(worker.run(stop, admitted).await?)
}

impl Args {
    fn token(&self) -> Result<String, Error> {
        let Some(file) = &self.token_file else {
            return Ok(self.token.clone().unwrap_or_default());
        };
        let text = std::fs::read_to_string(file);
        let text = text.map_err(|error| {
            format!(
                "{} cannot be read: {error}; check --token-file",
                file.display()
            )
        })?;
        // As asu-server token add prints it where its output is not a terminal.
        let made: Result<serde_json::Value, _> = serde_json::from_str(&text);
        let made = made
            .ok()
            .and_then(|made| made["token"].as_str().map(str::to_owned));
        Ok(made.unwrap_or_else(|| text.trim().to_owned()))
    }
}

fn config(
    terms: &Terms,
    dir: PathBuf,
    disk: Disk,
    cache: CacheSize,
) -> Result<BuilderConfig, String> {
    let apk = terms.apk.iter().map(|text| {
        let key = text.parse();
        key.map_err(|error| format!("a key of the server cannot be read: {error}"))
    });
    Ok(BuilderConfig {
        upstream: terms.upstream.clone(),
        dir,
        trust: trust(terms)?,
        time_limit: Duration::from_millis(terms.time_limit_ms),
        imagebuilder: None,
        disk: disk.limits(),
        sandbox: None,
        packages: PackageConfig {
            disk: cache.bytes(),
            apk_keys: apk.collect::<Result<_, _>>()?,
        },
    })
}

fn limits(terms: &Terms) -> SandboxLimits {
    SandboxLimits {
        memory: terms.memory,
        processes: terms.processes,
        disk: terms.disk,
        ..SandboxLimits::default()
    }
}

fn trust(terms: &Terms) -> Result<Trust, String> {
    if terms.unsigned {
        return Ok(Trust::Unsigned);
    }
    let wrong =
        |error: &dyn std::fmt::Display| format!("a key of the server cannot be read: {error}");
    let usign = terms
        .usign
        .iter()
        .map(|text| text.parse().map_err(|e| wrong(&e)));
    let mut openpgp = Vec::new();
    for text in &terms.openpgp {
        let file = BASE64_STANDARD.decode(text).map_err(|e| wrong(&e))?;
        openpgp.extend(openpgp::PublicKey::read(&file).map_err(|e| wrong(&e))?);
    }
    Ok(Trust::Keys {
        usign: usign.collect::<Result<_, _>>()?,
        openpgp,
    })
}

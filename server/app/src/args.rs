use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use asu_protocol::repository::RepositoryUrl;
use asu_signing::{KeyFileError, Signer};
use clap::{Parser, Subcommand};

use crate::commands;

/// Builds OpenWrt images to order, with the packages a router already has.
///
/// Routers (LuCI's Attended Sysupgrade, owut, the firmware selector) ask over HTTP; images are
/// made with the ImageBuilders of an OpenWrt mirror.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Answer requests and build images until told to stop.
    ///
    /// When it accepts connections, one line is printed to stdout:
    /// {"listening":"http://ADDRESS:PORT"}. Logs go to stderr; RUST_LOG sets what is logged
    /// (e.g. RUST_LOG=debug), the default is "info".
    ///
    /// SIGTERM and SIGINT stop it in order: the build under way goes back to the queue, and is
    /// made after the next start. Nothing queued or built is lost when it is killed, either.
    #[command(after_long_help = EXAMPLES)]
    Serve(Box<Serve>),
    /// Build images for a server elsewhere until told to stop.
    ///
    /// It asks the server for jobs, so it may be where nobody can reach it, and needs nothing but the
    /// server's URL and a token. When the server has admitted it, one line is printed to stdout:
    /// {"working_for":"URL","worker":"NAME"}.
    ///
    /// SIGTERM and SIGINT stop it in order: the build under way goes back to the server's queue.
    Worker(commands::worker::Args),
    /// Say who may build for this server from elsewhere.
    #[command(subcommand)]
    Token(commands::token::Args),
    /// Build one image, here and now, without a server.
    Build(Box<commands::build::Args>),
    /// Build a finished request again, here or at another server, and say whether the same came of it.
    Rebuild(Box<commands::rebuild::Args>),
    /// Say what an upgrade would do to a router's packages, without building anything.
    Plan(Box<commands::plan::Args>),
    /// Fetch or show what the mirror offers.
    #[command(subcommand)]
    Catalog(commands::catalog::Args),
    /// Show what a package index holds: Packages, Packages.gz, packages.adb or index.json.
    Index(commands::index::Args),
    /// Select packages from indexes as opkg or apk would, and say why where they would not.
    Resolve(commands::resolve::Args),
    /// Print the OpenAPI document of the HTTP API.
    Openapi,
    /// Make a pair of keys to sign images and answers with.
    Keygen(commands::keygen::Args),
    /// Check who signed an image or an answer, and that it is what was signed.
    Verify(commands::verify::Args),
    /// Say which of two versions is newer: prints -1, 0 or 1.
    VersionCompare(commands::version_compare::Args),
}

const EXAMPLES: &str = "\
Examples:
  Try it on this machine, with OpenWrt's own mirror and its signing key:
    asu-server serve --upstream-key openwrt-24.10.pub --data ./data

  For everybody, behind a web server that adds HTTPS:
    asu-server serve --upstream-key openwrt-24.10.pub --data /var/lib/asu-server \\
        --listen 127.0.0.1:8000 --contact admin@example.org

  One of several servers that share a queue (each with a folder of its own):
    ASU_DATABASE=postgres://asu:PASSWORD@db.lan/asu \\
        asu-server serve --upstream-key openwrt-24.10.pub --data /var/lib/asu-server

  With images in a bucket, which clients read there by signed addresses:
    AWS_ACCESS_KEY_ID=KEY AWS_SECRET_ACCESS_KEY=SECRET asu-server serve \\
        --upstream-key openwrt-24.10.pub --images s3://firmware/asu \\
        --s3-endpoint https://s3.example.org --serve-images signed

  From a mirror of your own that signs nothing, on a network you trust:
    asu-server serve --upstream http://mirror.lan --unsigned-upstream --data ./data";

#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) building: commands::building::Building,

    /// An ImageBuilder to fetch after the start, before anybody asks for it; can be given several times.
    ///
    /// They are fetched one after the other, while requests are answered and built.
    #[arg(
        long,
        value_name = "VERSION/TARGET/SUBTARGET",
        env = "ASU_WARM",
        value_delimiter = ' '
    )]
    pub(crate) warm: Vec<commands::warm::Wanted>,

    /// Build nothing in this process: leave it to workers elsewhere (see asu-server worker).
    #[arg(long, env = "ASU_NO_WORKER")]
    pub(crate) no_worker: bool,

    /// Sign images and answers with the key PREFIX.sec (see asu-server keygen).
    ///
    /// Images that end in metadata of fwtool get a signature inside, as routers look for one; with
    /// certificates, if there is PREFIX.ucert.
    #[arg(long, value_name = "PREFIX", env = "ASU_KEY")]
    key: Option<PathBuf>,

    /// The folder of all that is kept: queue, images, ImageBuilders. Made if it is not there.
    ///
    /// It holds unpacked ImageBuilders of the versions and targets built last, and images for 30
    /// minutes to 7 days (--keep-…). One server at a time uses a folder.
    #[arg(
        long,
        value_name = "DIR",
        env = "ASU_DATA",
        default_value = "/var/lib/asu-server"
    )]
    pub(crate) data: PathBuf,

    #[command(flatten)]
    pub(crate) jobs: commands::jobs::Jobs,

    #[command(flatten)]
    pub(crate) images: commands::images::Images,

    #[command(flatten)]
    pub(crate) keep: commands::keep::Keep,

    #[command(flatten)]
    pub(crate) timing: commands::timing::Timing,

    /// The address and port to listen on; port 0 takes any that is free.
    #[arg(
        long,
        value_name = "ADDR",
        env = "ASU_LISTEN",
        default_value = "127.0.0.1:8000"
    )]
    pub(crate) listen: String,

    /// How many builds may wait; more are refused (529) until there is room.
    #[arg(long, value_name = "N", env = "ASU_MAX_PENDING", default_value_t = 200)]
    pub(crate) max_pending: u32,

    /// How many unfinished builds one address may have asked for (429 beyond); 0 is any number.
    ///
    /// Who joins a build that others asked for first is not counted.
    #[arg(
        long,
        value_name = "N",
        env = "ASU_PENDING_PER_ADDRESS",
        default_value_t = 10
    )]
    pub(crate) pending_per_address: u32,

    /// How many of these may be for the same device: version, target and profile; 0 is any number.
    #[arg(
        long,
        value_name = "N",
        env = "ASU_PENDING_PER_DEVICE",
        default_value_t = 5
    )]
    pub(crate) pending_per_device: u32,

    /// How many connections may be open at once; more wait until one of them is closed.
    #[arg(
        long,
        value_name = "N",
        env = "ASU_CONNECTIONS",
        default_value = "1024"
    )]
    pub(crate) connections: NonZeroUsize,

    /// How many requests a second one address may send (429 beyond); 0 is any number.
    ///
    /// Ten times as many may come at once. Behind a web server on this machine, the address is the
    /// last one of X-Forwarded-For.
    #[arg(long, value_name = "N", env = "ASU_RATE", default_value_t = 20)]
    pub(crate) rate: u32,

    /// Refuse requests with a first-boot script (`defaults`).
    #[arg(long, env = "ASU_FORBID_DEFAULTS")]
    pub(crate) forbid_defaults: bool,

    /// A package feed that requests may name, with all that lies below it; can be given several times.
    ///
    /// Its packages become part of images. Scheme, host, port and whole parts of the path are
    /// compared, so https://feeds.example/24.10 allows https://feeds.example/24.10/mine only there.
    #[arg(
        long,
        value_name = "URL",
        env = "ASU_REPOSITORY_ALLOW",
        value_delimiter = ' '
    )]
    pub(crate) repository_allow: Vec<RepositoryUrl>,

    /// How to reach you; shown on the start page and in overview.json.
    #[arg(
        long,
        value_name = "TEXT",
        env = "ASU_CONTACT",
        default_value = "",
        hide_default_value = true
    )]
    pub(crate) contact: String,
}

impl Serve {
    /// The key that signs images and answers, if there is to be one.
    pub(crate) fn signer(&self) -> Result<Option<Arc<Signer>>, KeyFileError> {
        let Some(prefix) = &self.key else {
            return Ok(None);
        };
        let signer = Signer::open(prefix, jiff::Timestamp::now().as_second())?;
        tracing::info!(key = signer.fingerprint(), "images and answers are signed");
        Ok(Some(Arc::new(signer)))
    }
}

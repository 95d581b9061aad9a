//! A virtual OpenWrt router that hosts the real rpcd plugins.
//!
//! It answers as rpcd, uhttpd and cgi-io do, loads the plugins' `.so` files by their C interface,
//! and flashes images: `install` unpacks one, `run` boots it, and a sysupgrade replaces it. It does
//! not run programs of the image, speak TLS, or keep a kernel.
//!
//! | module | what it is |
//! |---|---|
//! | `supervisor`, `flash`, `image` | the flash chip and the boot loader |
//! | `boot`, `namespace`, `device` | the booted system and what it is made of |
//! | `rpcd`, `session`, `acl`, `objects`, `uci` | rpcd |
//! | `abi`, `blobmsg`, `ubus`, `value` | libubus, libubox and the plugins' interface |
//! | `http` | uhttpd and cgi-io |
//! | `programs`, `sysupgrade`, `validate`, `fwtool` | programs that plugins run |

mod abi;
mod acl;
mod blobmsg;
mod boot;
mod device;
mod flash;
mod fwtool;
mod http;
mod image;
mod namespace;
mod objects;
mod password;
mod programs;
mod release;
mod rpcd;
mod session;
mod supervisor;
mod sysupgrade;
mod ubus;
mod uci;
mod validate;
mod value;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::boot::Boot;
use crate::device::Machine;
use crate::supervisor::Supervisor;

/// A virtual OpenWrt router that hosts the real rpcd plugins.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Unpacks an image as the router's root filesystem.
    Install(Install),
    /// Boots the router and serves until SIGTERM or SIGINT.
    Run(Run),
    /// The booted system itself; started by `run`.
    #[command(hide = true)]
    Boot {
        /// What to boot, as JSON.
        boot: String,
    },
}

#[derive(Args)]
struct Install {
    /// A sysupgrade image or a compressed disk image.
    #[arg(long)]
    image: PathBuf,
    /// Where to put the root filesystem; what is there is replaced.
    #[arg(long)]
    root: PathBuf,
    /// The password of root; without, every password logs in.
    #[arg(long)]
    password: Option<String>,
}

#[derive(Args)]
struct Run {
    /// The root filesystem that `install` wrote.
    #[arg(long)]
    root: PathBuf,
    /// The folder with rpcd's plugins, built for this machine.
    #[arg(long)]
    plugins: PathBuf,
    /// A folder to serve below /attendedsysupgrade/.
    #[arg(long)]
    www: Option<PathBuf>,
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// A file that gets one JSON line for each boot and each flash.
    #[arg(long)]
    journal: Option<PathBuf>,
    /// The device's board name.
    #[arg(long, default_value = "tplink,archer-c7-v5")]
    board: String,
    /// The device's model.
    #[arg(long, default_value = "TP-Link Archer C7 v5")]
    model: String,
    /// How long nothing answers after a reboot, in seconds.
    #[arg(long, default_value_t = 3.0)]
    downtime: f64,
    /// Memory in MiB.
    #[arg(long, default_value_t = 128)]
    memory_mb: u64,
    /// Room in /tmp in MiB.
    #[arg(long, default_value_t = 60)]
    tmp_mb: u64,
    /// Room for settings and added packages in MiB.
    #[arg(long, default_value_t = 7)]
    overlay_mb: u64,
    /// The device boots by EFI.
    #[arg(long)]
    efi: bool,
}

fn main() -> anyhow::Result<()> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
    match Cli::parse().command {
        Command::Install(install) => {
            flash::write(&install.image, &install.root, None)?;
            install.password.map_or(Ok(()), |password| {
                flash::set_password(&install.root, &password)
            })
        }
        Command::Run(run) => supervise(run),
        Command::Boot { boot } => boot::run(&serde_json::from_str::<Boot>(&boot)?),
    }
}

// One thread only: a system ends with the thread that started it.
#[tokio::main(flavor = "current_thread")]
async fn supervise(run: Run) -> anyhow::Result<()> {
    let absolute = |path: &Path| {
        path.canonicalize()
            .with_context(|| format!("finding {}", path.display()))
    };
    let (listen, reservation) = supervisor::reserve(run.listen)?;
    // Beside the root: who removes the router's folder removes what a killed router left.
    let root = absolute(&run.root)?;
    let beside = root.parent().unwrap_or(&root);
    let spool = tempfile::Builder::new()
        .prefix("spool-")
        .tempdir_in(beside)
        .context("making a folder for images to flash")?;
    let boot = Boot {
        machine: Machine {
            board: run.board,
            model: run.model,
            memory_mb: run.memory_mb,
            tmp_mb: run.tmp_mb,
            overlay_mb: run.overlay_mb,
            efi: run.efi,
        },
        root: root.clone(),
        plugins: absolute(&run.plugins)?,
        www: run.www.as_deref().map(absolute).transpose()?,
        listen,
        spool: spool.path().to_owned(),
    };
    let downtime =
        Duration::try_from_secs_f64(run.downtime).context("--downtime is a number of seconds")?;
    Supervisor::new(boot, downtime, run.journal.as_deref(), reservation)?
        .run()
        .await
}

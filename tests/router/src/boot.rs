//! The booted system: a process with the router's root that serves until it is stopped or flashed.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt;
use tokio::net::TcpSocket;

use crate::device::{Device, Machine, Report, Spool};
use crate::http::{Server, Site};
use crate::namespace::{self, Isolation};
use crate::rpcd::{Loaded, Rpcd};

/// Where the page of `--www` appears.
const WWW_PREFIX: &str = "/attendedsysupgrade";
/// Room for the files of `/proc` and `/sys`.
const SMALL: u64 = 1 << 20;

/// All that a boot needs; the supervisor passes it as JSON.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Boot {
    /// The device.
    pub(crate) machine: Machine,
    /// Its root filesystem.
    pub(crate) root: PathBuf,
    /// The folder of rpcd's plugins.
    pub(crate) plugins: PathBuf,
    /// A folder to serve below `/attendedsysupgrade`.
    pub(crate) www: Option<PathBuf>,
    /// Where to listen.
    pub(crate) listen: SocketAddr,
    /// Where to put an image that is to be flashed.
    pub(crate) spool: PathBuf,
}

/// Boots and serves until standard input ends, which it does when the supervisor is gone.
pub(crate) fn run(boot: &Boot) -> anyhow::Result<()> {
    let isolation = namespace::enter()?;
    // After the namespace: changing user ids forgets it.
    set_pdeathsig(Signal::SIGKILL).context("asking to end with the supervisor")?;
    provide_files(boot, isolation)?;
    let device = Arc::new(Device::new(
        boot.machine.clone(),
        Spool::create(&boot.spool)?,
    ));
    let mut sites = Vec::new();
    if let Some(www) = &boot.www {
        let site = Site::open(WWW_PREFIX, www)
            .with_context(|| format!("opening the folder {}", www.display()))?;
        sites.push(site);
    }
    let random = File::open("/dev/urandom").context("opening /dev/urandom")?;
    let loaded = Rpcd::load(boot.plugins.clone(), random, device)?;
    namespace::change_root(&boot.root)?;
    if let Ok(site) = Site::open("", Path::new("/www")) {
        sites.push(site);
    }
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?
        .block_on(serve(loaded, sites, boot.listen))
}

async fn serve(loaded: Loaded, sites: Vec<Site>, address: SocketAddr) -> anyhow::Result<()> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()
    } else {
        TcpSocket::new_v6()
    }?;
    // The supervisor keeps the address reserved by a socket that does not listen.
    socket.set_reuseaddr(true)?;
    socket
        .bind(address)
        .with_context(|| format!("listening on {address}"))?;
    let listener = socket.listen(128)?;
    Device::report(&Report::Booted(Device::release()));
    let supervisor_gone = async {
        let mut nothing = [0];
        while matches!(tokio::io::stdin().read(&mut nothing).await, Ok(1)) {}
    };
    Server::new(loaded.start(), sites)
        .serve(listener, supervisor_gone)
        .await?;
    // Threads may be asleep on standard input or before a reboot; none has anything to save.
    std::process::exit(0)
}

/// The files that a kernel and procd provide.
fn provide_files(boot: &Boot, isolation: Isolation) -> anyhow::Result<()> {
    let machine = &boot.machine;
    let mib = 1 << 20;
    for (folder, size) in [
        ("tmp", machine.tmp_mb * mib),
        ("overlay", machine.overlay_mb * mib),
        ("proc", SMALL),
        ("sys", SMALL),
    ] {
        namespace::fresh(isolation, &boot.root.join(folder), size)?;
    }
    let mut files = vec![
        ("tmp/sysinfo/board_name", format!("{}\n", machine.board)),
        ("tmp/sysinfo/model", format!("{}\n", machine.model)),
        ("proc/meminfo", meminfo(machine.memory_mb * 1024)),
        ("proc/mounts", MOUNTS.to_owned()),
    ];
    if machine.efi {
        files.push(("sys/firmware/efi/fw_platform_size", "64\n".to_owned()));
    }
    for (path, text) in files {
        let path = boot.root.join(path);
        fs::create_dir_all(path.parent().unwrap_or(&boot.root))?;
        fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}

/// What a router with squashfs and an overlay has mounted.
const MOUNTS: &str = "/dev/root /rom squashfs ro,relatime 0 0\n\
    tmpfs /tmp tmpfs rw,nosuid,nodev,noatime 0 0\n\
    /dev/mtdblock5 /overlay jffs2 rw,noatime 0 0\n\
    overlayfs:/overlay / overlay rw,noatime,lowerdir=/,upperdir=/overlay/upper,workdir=/overlay/work 0 0\n";

/// Memory in KiB as the kernel tells it: a part is the kernel's own, and half of the rest is in use.
fn meminfo(installed: u64) -> String {
    let total = installed - installed / 20;
    let free = total / 2;
    format!("MemTotal: {total:>15} kB\nMemFree: {free:>16} kB\nMemAvailable: {free:>11} kB\n")
}

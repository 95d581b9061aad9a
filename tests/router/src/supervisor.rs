//! Owns the flash: starts the system, waits until it ends, flashes what it left, starts it again.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpSocket;
use tokio::process::{Child, Command};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Instant, sleep_until, timeout};

use crate::boot::Boot;
use crate::device::{Report, Spool};
use crate::flash;
use crate::programs::digest;
use crate::release::Release;

/// How long a system may take to end before it is killed.
const GRACE: Duration = Duration::from_secs(3);

/// How a system ended.
enum End {
    Stopped,
    Reboot,
    Sysupgrade { keep: bool },
}

/// The router with everything that survives a reboot.
pub(crate) struct Supervisor {
    boot: Boot,
    downtime: Duration,
    journal: Option<File>,
    /// Keeps the address for this router while nothing listens.
    _reservation: TcpSocket,
    ready: bool,
    stop: Stop,
}

/// SIGTERM and SIGINT.
struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Binds an address without listening on it; port 0 becomes a free one.
pub(crate) fn reserve(address: SocketAddr) -> anyhow::Result<(SocketAddr, TcpSocket)> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()
    } else {
        TcpSocket::new_v6()
    }?;
    socket.set_reuseaddr(true)?;
    socket
        .bind(address)
        .with_context(|| format!("reserving {address}"))?;
    Ok((socket.local_addr()?, socket))
}

impl Supervisor {
    /// A router that is switched off.
    pub(crate) fn new(
        boot: Boot,
        downtime: Duration,
        journal: Option<&Path>,
        reservation: TcpSocket,
    ) -> anyhow::Result<Self> {
        let open = |path: &Path| {
            let file = OpenOptions::new().create(true).append(true).open(path);
            file.with_context(|| format!("opening the journal {}", path.display()))
        };
        let journal = journal.map(open).transpose()?;
        Ok(Self {
            boot,
            downtime,
            journal,
            _reservation: reservation,
            ready: false,
            stop: Stop::new()?,
        })
    }

    /// Runs the router until it is asked to stop.
    pub(crate) async fn run(mut self) -> anyhow::Result<()> {
        loop {
            let end = self.run_system().await?;
            let up_again = Instant::now() + self.downtime;
            match end {
                End::Stopped => return Ok(()),
                End::Reboot => {}
                End::Sysupgrade { keep } => self.flash(keep)?,
            }
            tokio::select! {
                () = sleep_until(up_again) => {}
                () = self.stop.asked() => return Ok(()),
            }
        }
    }

    /// One run of the system, from boot to end.
    async fn run_system(&mut self) -> anyhow::Result<End> {
        let mut child = start(&self.boot)?;
        let Some(output) = child.stdout.take() else {
            bail!("the system has no output")
        };
        let mut lines = BufReader::new(output).lines();
        let mut end = None;
        loop {
            let line = tokio::select! {
                line = lines.next_line() => line?,
                () = self.stop.asked() => {
                    finish(child).await?;
                    return Ok(End::Stopped);
                }
            };
            let Some(line) = line else { break };
            match serde_json::from_str(&line).with_context(|| format!("the system said {line}"))? {
                Report::Booted(release) => self.booted(&release)?,
                Report::Refused { reason } => {
                    self.note(&json!({"event": "refused", "reason": reason}))?;
                }
                Report::Sysupgrade { keep } => end = Some(End::Sysupgrade { keep }),
                Report::Reboot => end = Some(End::Reboot),
            }
        }
        let status = child.wait().await?;
        end.with_context(|| format!("the system ended by itself ({status}); what it said is above"))
    }

    fn booted(&mut self, release: &Release) -> anyhow::Result<()> {
        self.note(
            &json!({"event": "boot", "version": release.version, "revision": release.revision}),
        )?;
        if !self.ready {
            self.ready = true;
            println!(
                "{}",
                json!({"listening": format!("http://{}", self.boot.listen)})
            );
        }
        Ok(())
    }

    fn flash(&mut self, keep: bool) -> anyhow::Result<()> {
        let image = Spool::image(&self.boot.spool);
        let from = Release::of(&self.boot.root).version;
        let settings = keep.then(|| Spool::settings(&self.boot.spool));
        flash::write(&image, &self.boot.root, settings.as_deref())?;
        let event = json!({
            "event": "flash",
            "sha256": digest::<Sha256>(&image)?,
            "keep": keep,
            "from": from,
            "to": Release::of(&self.boot.root).version,
            "uci_defaults": first_boot_scripts(&self.boot.root),
        });
        self.note(&event)
    }

    fn note(&mut self, event: &Value) -> anyhow::Result<()> {
        tracing::info!("{event}");
        if let Some(journal) = &mut self.journal {
            writeln!(journal, "{event}").context("writing the journal")?;
        }
        Ok(())
    }
}

/// The scripts that a genuine router would run once; they are for its own processor.
fn first_boot_scripts(root: &Path) -> Vec<String> {
    let scripts = std::fs::read_dir(root.join("etc/uci-defaults"))
        .into_iter()
        .flatten()
        .flatten();
    let mut names: Vec<String> = scripts
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Starts the system in a process group of its own, so that only the supervisor hears the keyboard.
fn start(boot: &Boot) -> anyhow::Result<Child> {
    let program: PathBuf = std::env::current_exe().context("finding this program")?;
    Command::new(program)
        .arg("boot")
        .arg(serde_json::to_string(boot)?)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .context("starting the system")
}

/// Ends a system: its standard input closes, and after a while it is killed.
async fn finish(mut child: Child) -> anyhow::Result<()> {
    drop(child.stdin.take());
    if timeout(GRACE, child.wait()).await.is_err() {
        child.kill().await?;
    }
    Ok(())
}

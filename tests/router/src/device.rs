//! The virtual device: what it is made of, and the programs that it can run.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::release::Release;
use crate::uci::Config;
use crate::validate::{self, Facts, Verdict};

/// What the device is made of.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// `tplink,archer-c7-v5`.
    pub(crate) board: String,
    /// `TP-Link Archer C7 v5`.
    pub(crate) model: String,
    /// Memory in MiB.
    pub(crate) memory_mb: u64,
    /// Room in `/tmp` in MiB.
    pub(crate) tmp_mb: u64,
    /// Room for settings and added packages in MiB.
    pub(crate) overlay_mb: u64,
    /// Whether it boots by EFI.
    pub(crate) efi: bool,
}

/// What the booted system tells the supervisor, one JSON line each on standard output.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Report {
    /// Connections are accepted.
    Booted(Release),
    /// Image and settings lie in the spool; the system is about to end.
    Sysupgrade { keep: bool },
    /// sysupgrade did not accept the image.
    Refused { reason: String },
    /// The system is about to end, to start again.
    Reboot,
}

/// A booted device. All paths are those of the device's own root.
pub(crate) struct Device {
    /// What it is made of.
    pub(crate) machine: Machine,
    /// When it booted.
    pub(crate) started: Instant,
    /// Where an image and the settings to keep are handed to the supervisor.
    pub(crate) spool: Mutex<Spool>,
}

/// Files of the supervisor, opened before the root changed.
pub(crate) struct Spool {
    /// Takes the image.
    pub(crate) image: fs::File,
    /// Takes the settings, as a tar archive.
    pub(crate) settings: fs::File,
}

impl Spool {
    /// Where the supervisor finds the image.
    pub(crate) fn image(directory: &Path) -> PathBuf {
        directory.join("image")
    }

    /// Where the supervisor finds the settings.
    pub(crate) fn settings(directory: &Path) -> PathBuf {
        directory.join("settings.tar")
    }

    /// Opens both files, empty.
    pub(crate) fn create(directory: &Path) -> io::Result<Self> {
        let create = fs::File::create;
        Ok(Self {
            image: create(Self::image(directory))?,
            settings: create(Self::settings(directory))?,
        })
    }
}

impl Machine {
    /// Memory in bytes.
    pub(crate) fn memory_bytes(&self) -> u64 {
        self.memory_mb * 1024 * 1024
    }
}

impl Device {
    /// A device that has just booted.
    pub(crate) fn new(machine: Machine, spool: Spool) -> Self {
        Self {
            machine,
            started: Instant::now(),
            spool: Mutex::new(spool),
        }
    }

    /// The running release.
    pub(crate) fn release() -> Release {
        Release::of(Path::new("/"))
    }

    /// The kernel's version, by the folder of its modules.
    pub(crate) fn kernel() -> String {
        let modules = fs::read_dir("/lib/modules")
            .into_iter()
            .flatten()
            .flatten()
            .next();
        modules
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .unwrap_or_default()
    }

    /// An option of the first `system` section of `/etc/config/system`.
    pub(crate) fn system_option(name: &str) -> Option<String> {
        let text = fs::read_to_string("/etc/config/system").ok()?;
        let config = Config::parse(&text).ok()?;
        config.section("@system[0]")?.text(name).map(str::to_owned)
    }

    /// Judges an image, as the program does when it is run by itself: keeping settings is no question.
    pub(crate) fn validate(&self, image: &Path) -> Verdict {
        self.validate_for(image, false)
    }

    /// Judges an image for sysupgrade.
    pub(crate) fn validate_for(&self, image: &Path, keep: bool) -> Verdict {
        let compat = Self::system_option("compat_version").unwrap_or_else(|| "1.0".to_owned());
        let metadata_required = !Self::release().target.starts_with("x86/");
        validate::validate(
            image,
            &Facts {
                board: self.machine.board.clone(),
                compat,
                metadata_required,
                keep,
            },
        )
    }

    /// Tells the supervisor something.
    pub(crate) fn report(report: &Report) {
        let mut out = io::stdout().lock();
        let line = serde_json::to_string(report).unwrap_or_default();
        // Without a supervisor the process ends by itself.
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    }

    /// Starts again, one second from now, so that the caller gets its answer.
    pub(crate) fn reboot() {
        std::thread::spawn(|| {
            std::thread::sleep(std::time::Duration::from_secs(1));
            Self::report(&Report::Reboot);
            std::process::exit(0);
        });
    }
}

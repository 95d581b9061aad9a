//! Running a program of an ImageBuilder where it can reach nothing but its own folder.
//!
//! A build is code of strangers. It runs in a helper process of this same program, in new user,
//! mount, pid, ipc, uts and network namespaces, without capabilities, below a seccomp filter and
//! resource limits; when its first process ends, the kernel ends all others. By hand, because the
//! one crate that does most of it (hakoniwa) cannot forward connections out of the network
//! namespace, and because a separate program (bubblewrap) would have to be installed.
//!
//! | module | what it is |
//! |---|---|
//! | `enter` | the helper: from a new process to the program |
//! | `mounts` | what the program sees of the file system |
//! | `confine` | what the program may do |
//! | `port` | the way out: loopback to the server's socket |

mod confine;
mod enter;
mod landlock;
mod mounts;
mod port;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};

pub use enter::enter;
pub(crate) use port::{ADDRESS, socket_in, take};

use crate::{BuildError, Failure};

/// How builds are confined.
#[derive(Debug, Clone)]
pub struct Sandbox {
    /// The program, with its first arguments, that hands its other arguments to [`enter`].
    pub helper: Vec<OsString>,
    /// What one build may take.
    pub limits: SandboxLimits,
}

/// What one build may take; its time is [`crate::BuilderConfig::time_limit`].
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct SandboxLimits {
    /// Address space of each process, bytes.
    pub memory: u64,
    /// Processes and threads at once.
    pub processes: u64,
    /// Size of one file, bytes.
    pub file: u64,
    /// Size of all files of the build, bytes; looked at once a second.
    pub disk: u64,
}

impl Default for SandboxLimits {
    fn default() -> Self {
        Self {
            memory: 4 << 30,
            processes: 512,
            file: 4 << 30,
            disk: 12 << 30,
        }
    }
}

/// A folder that looks like those of `lower` one over the other, with all changes in `upper`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Layer {
    /// The files below, the uppermost first; never changed. No comma, colon or backslash in a path.
    pub(crate) lower: Vec<PathBuf>,
    /// The files that were changed, in the build's folder.
    pub(crate) upper: PathBuf,
    /// An empty folder beside it, for the kernel.
    pub(crate) work: PathBuf,
    /// Where it is mounted, in the build's folder.
    pub(crate) place: PathBuf,
}

/// What the helper is told.
#[derive(Debug, Serialize, Deserialize)]
struct Cell {
    /// The only folder that can be written to.
    folder: PathBuf,
    /// What is mounted in it.
    layer: Option<Layer>,
    /// Processor time of each process, seconds.
    seconds: u64,
    limits: SandboxLimits,
}

impl Sandbox {
    /// The command that runs `program` with `folder` as the only folder it can write to.
    pub(crate) fn command(
        &self,
        folder: &Path,
        layer: Option<&Layer>,
        seconds: u64,
        program: &[OsString],
    ) -> std::io::Result<Vec<OsString>> {
        let cell = Cell {
            folder: folder.to_owned(),
            layer: layer.cloned(),
            seconds,
            limits: self.limits,
        };
        let mut command = self.helper.clone();
        command.extend([enter::OUTSIDE.into(), serde_json::to_string(&cell)?.into()]);
        command.extend_from_slice(program);
        Ok(command)
    }

    /// Tries the sandbox, so that a machine without one is known before the first build.
    ///
    /// Tells whether it can mount layers.
    pub(crate) fn check(&self, scratch: &Path) -> Result<bool, BuildError> {
        let tried = self.attempt(scratch, false);
        tried.map_err(|reason| {
            let detail = format!("Error: this machine cannot confine builds: {}", reason.trim());
            let hint = "Allow user namespaces (sysctl user.max_user_namespaces, \
                        kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns; \
                        in a container, its seccomp and mask settings), or accept that builds run as \
                        this user with --sandbox=none.";
            BuildError::infrastructure(Failure::new("sandbox", detail, hint))
        })?;
        let layered = self.attempt(scratch, true);
        if let Err(reason) = &layered {
            let reason = reason.trim();
            tracing::info!(
                reason,
                "every build makes a copy of its ImageBuilder: there are no layers here (overlayfs)"
            );
        }
        Ok(layered.is_ok())
    }

    fn attempt(&self, scratch: &Path, layered: bool) -> Result<(), String> {
        let words = |error: std::io::Error| error.to_string();
        let folder = tempfile::tempdir_in(scratch).map_err(words)?;
        let folder = folder.path();
        let layer = if layered {
            Some(Layer::sample(folder).map_err(words)?)
        } else {
            None
        };
        give(folder).map_err(words)?;
        let place = layer.as_ref().map_or(folder, |layer| &layer.place);
        let program = ["sh", "-c", "echo > written && rm -f below/file"].map(OsString::from);
        let command = self.command(folder, layer.as_ref(), 60, &program);
        let command = command.map_err(words)?;
        let (name, arguments) = command.split_first().ok_or("no helper is configured")?;
        let ran = Command::new(name)
            .args(arguments)
            .current_dir(place)
            .output();
        let ran = ran.map_err(words)?;
        let written = layer.as_ref().map_or(folder, |layer| &layer.upper);
        if ran.status.success() && written.join("written").exists() {
            return Ok(());
        }
        Err(String::from_utf8_lossy(&ran.stderr).into_owned())
    }
}

impl Layer {
    /// One to be tried.
    fn sample(folder: &Path) -> std::io::Result<Self> {
        let [lower, upper, work, place] =
            ["lower", "upper", "work", "place"].map(|name| folder.join(name));
        std::fs::create_dir_all(lower.join("below"))?;
        std::fs::write(lower.join("below/file"), "")?;
        for folder in [&upper, &work, &place] {
            std::fs::create_dir(folder)?;
        }
        Ok(Self {
            lower: vec![lower],
            upper,
            work,
            place,
        })
    }
}

/// The number of the user whom confined builds run as.
pub(crate) fn builder_uid() -> u32 {
    let own = rustix::process::geteuid();
    if own.is_root() {
        confine::NOBODY
    } else {
        own.as_raw()
    }
}

/// Makes a folder, with all in it, that of the user whom builds run as.
///
/// Only a server that runs as root has another user for them, who owns nothing else.
pub(crate) fn give(folder: &Path) -> std::io::Result<()> {
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let owner = format!("{0}:{0}", confine::NOBODY);
    let given = Command::new("chown")
        .args(["-R", &owner, "--"])
        .arg(folder)
        .output()?;
    if given.status.success() {
        return Ok(());
    }
    Err(std::io::Error::other(
        String::from_utf8_lossy(&given.stderr).into_owned(),
    ))
}

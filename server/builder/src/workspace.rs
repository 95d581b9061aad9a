//! The private copy of an ImageBuilder that one build runs in, removed when the build ends.
//!
//! All of it is copied, because recipes write nearly everywhere: by links, one build could change
//! the next one's tools. Where the file system can share blocks, `cp` does.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::fs;
use tokio::sync::OwnedRwLockReadGuard;
use tokio::time::{Instant, timeout};

use crate::command::{self, Excess, Finished, late};
use crate::disk::{open_up, size};
use crate::gateway::{Gateway, Packages, Signers};
use crate::sandbox::{self, Sandbox};
use crate::usign::PublicKey;

/// The mirror an ImageBuilder is made for.
const OFFICIAL: [&str; 2] = [
    "https://downloads.openwrt.org",
    "http://downloads.openwrt.org",
];
/// The lists of package feeds: opkg's and apk's.
const REPOSITORIES: [&str; 2] = ["repositories.conf", "repositories"];

/// A folder with a private ImageBuilder and what goes in and out of it.
#[derive(Debug)]
pub(crate) struct Workspace {
    folder: PathBuf,
    deadline: Instant,
    time_limit: Duration,
    confined: Option<(Sandbox, Gateway)>,
    /// Held until the folder is gone.
    remains: Option<OwnedRwLockReadGuard<()>>,
}

impl Workspace {
    /// Copies `tree` into a new folder in `scratch`.
    pub(crate) async fn new(
        scratch: &Path,
        remains: OwnedRwLockReadGuard<()>,
        time_limit: Duration,
        tree: &Path,
    ) -> io::Result<Self> {
        let deadline = Instant::now() + time_limit;
        let workspace = Self {
            folder: tempfile::tempdir_in(scratch)?.keep(),
            deadline,
            time_limit,
            confined: None,
            remains: Some(remains),
        };
        fs::create_dir(workspace.home()).await?;
        let (from, to) = (tree.into(), workspace.tree().into());
        let copy = [
            OsString::from("cp"),
            "-a".into(),
            "--reflink=auto".into(),
            "--".into(),
            from,
            to,
        ];
        let copied = command::run(&copy, scratch, &workspace.home(), late(deadline)).await?;
        if copied.success() {
            Ok(workspace)
        } else {
            Err(io::Error::other(copied.stderr))
        }
    }

    /// Makes programs run in `sandbox`, from where they reach what lies below `urls`, each with
    /// those who may sign indexes there, by way of `packages`.
    pub(crate) fn confine<'a>(
        &mut self,
        sandbox: Sandbox,
        packages: Arc<Packages>,
        urls: impl IntoIterator<Item = (&'a str, Signers)>,
    ) -> io::Result<()> {
        let gateway = Gateway::open(&self.folder.join("feeds"), packages, urls)?;
        self.confined = Some((sandbox, gateway));
        Ok(())
    }

    /// Where programs find what has this URL outside.
    pub(crate) fn inside(&self, url: &str) -> String {
        match &self.confined {
            Some((_, gateway)) => gateway.inside(url),
            None => url.to_owned(),
        }
    }

    /// The private ImageBuilder.
    pub(crate) fn tree(&self) -> PathBuf {
        self.folder.join("imagebuilder")
    }

    fn home(&self) -> PathBuf {
        self.folder.join("home")
    }

    /// Where images are to be put.
    pub(crate) fn images(&self) -> PathBuf {
        self.folder.join("images")
    }

    /// The files that are copied over the root filesystem.
    pub(crate) fn overlay(&self) -> PathBuf {
        self.folder.join("files")
    }

    /// Makes packages come from `upstream`, and trusts `keys` for them.
    pub(crate) async fn configure(&self, upstream: &str, keys: &[PublicKey]) -> io::Result<()> {
        let upstream = self.inside(upstream);
        for name in REPOSITORIES {
            let file = self.tree().join(name);
            if let Ok(text) = fs::read_to_string(&file).await {
                fs::write(&file, with_upstream(&text, &upstream)).await?;
            }
        }
        let folder = self.tree().join("keys");
        fs::create_dir_all(&folder).await?;
        for key in keys {
            fs::write(folder.join(key.number().to_string()), key.text()).await?;
        }
        Ok(())
    }

    /// Makes the script run at the device's first boot.
    pub(crate) async fn put_defaults(&self, script: &str) -> io::Result<()> {
        let folder = self.overlay().join("etc/uci-defaults");
        fs::create_dir_all(&folder).await?;
        fs::write(folder.join("99-asu-defaults"), script).await
    }

    /// Runs `make` in the ImageBuilder; paths in what it says are those of no machine.
    pub(crate) async fn make(&self, arguments: &[String]) -> io::Result<Finished> {
        let mut program: Vec<OsString> = std::iter::once("make".into())
            .chain(arguments.iter().map(Into::into))
            .collect();
        let mut most = u64::MAX;
        if let Some((sandbox, _)) = &self.confined {
            let folder = self.folder.clone();
            tokio::task::spawn_blocking(move || sandbox::give(&folder)).await??;
            // Several processors may work for one process.
            let seconds = self.time_limit.as_secs().saturating_mul(4).max(1);
            program = sandbox.command(&self.folder, seconds, &program)?;
            most = sandbox.limits.disk;
        }
        let excess = self.excess(most);
        let mut ended = command::run(&program, &self.tree(), &self.home(), excess).await?;
        let folder = self.folder.to_string_lossy();
        ended.stdout = ended.stdout.replace(&*folder, "/builder");
        ended.stderr = ended.stderr.replace(&*folder, "/builder");
        Ok(ended)
    }

    /// Ends at the deadline, or when the files of the build have more than `most` bytes.
    async fn excess(&self, most: u64) -> Excess {
        let mut late = std::pin::pin!(late(self.deadline));
        loop {
            if let Ok(excess) = timeout(Duration::from_secs(1), &mut late).await {
                return excess;
            }
            let folder = self.folder.clone();
            let size = tokio::task::spawn_blocking(move || size(&folder)).await;
            if size.is_ok_and(|size| size > most) {
                return Excess::Disk;
            }
        }
    }
}

impl Drop for Workspace {
    /// Removes the folder in the background, where it may take its time: it is large, and programs
    /// that are being killed may still put files into it. What stays is removed at the next start.
    fn drop(&mut self) {
        let folder = std::mem::take(&mut self.folder);
        let remains = self.remains.take();
        std::thread::spawn(move || {
            let _remains = remains;
            for _ in 0..50 {
                match std::fs::remove_dir_all(&folder) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => {
                        // A build may have taken from us what it owned.
                        open_up(&folder);
                        std::thread::sleep(Duration::from_millis(100));
                    }
                    _ => return,
                }
            }
            tracing::warn!(folder = %folder.display(), "a build's folder could not be removed");
        });
    }
}

/// Every other line, such as `option check_signature` and `src imagebuilder`, stays as it is.
fn with_upstream(text: &str, upstream: &str) -> String {
    let mut text = text.to_owned();
    for official in OFFICIAL {
        text = text.replace(&format!("{official}/"), &format!("{upstream}/"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_mirror_is_replaced() {
        let text = "src/gz openwrt_core https://downloads.openwrt.org/releases/23.05.5/targets/x86/64/packages\n\
                    # https://downloads.openwrt.org.example/\n\
                    src imagebuilder file:packages\noption check_signature\n";
        assert_eq!(
            with_upstream(text, "http://mirror:8/owrt"),
            "src/gz openwrt_core http://mirror:8/owrt/releases/23.05.5/targets/x86/64/packages\n\
             # https://downloads.openwrt.org.example/\n\
             src imagebuilder file:packages\noption check_signature\n"
        );
    }
}

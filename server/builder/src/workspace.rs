//! The folder that one build runs in, with an ImageBuilder of its own; removed when the build ends.

mod tree;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::fs;
use tokio::sync::OwnedRwLockReadGuard;
use tokio::time::{Instant, timeout};

use crate::command::{self, Excess, Finished, Tail, late};
use crate::depot::ImageBuilder;
use crate::disk::{open_up, size};
use crate::gateway::{Gateway, Packages, Signers};
use crate::sandbox::{self, Sandbox};
use crate::usign::PublicKey;
use tree::tidy;

pub(crate) use tree::PrivateTree;

/// The mirror an ImageBuilder is made for.
const OFFICIAL: [&str; 2] = [
    "https://downloads.openwrt.org",
    "http://downloads.openwrt.org",
];
/// The lists of package feeds: opkg's and apk's.
const REPOSITORIES: [&str; 2] = ["repositories.conf", "repositories"];
/// The build log's end that is kept, bytes.
const LOG: usize = 1 << 20;

/// A folder with a private ImageBuilder and what goes in and out of it.
#[derive(Debug)]
pub(crate) struct Workspace {
    folder: Folder,
    tree: PrivateTree,
    log: Mutex<Tail>,
    deadline: Instant,
    time_limit: Duration,
    confined: Option<(Sandbox, Gateway)>,
}

/// A folder that is removed when the build ends, however it ends.
#[derive(Debug)]
struct Folder {
    path: PathBuf,
    /// Held until the folder is gone.
    remains: Option<OwnedRwLockReadGuard<()>>,
}

impl Workspace {
    /// Makes an ImageBuilder private in a new folder in `scratch`, as a layer if `layers` says that
    /// the sandbox can make some.
    pub(crate) async fn new(
        scratch: &Path,
        remains: OwnedRwLockReadGuard<()>,
        time_limit: Duration,
        imagebuilder: &ImageBuilder,
        layers: bool,
    ) -> io::Result<Self> {
        let deadline = Instant::now() + time_limit;
        let folder = Folder {
            path: tempfile::tempdir_in(scratch)?.keep(),
            remains: Some(remains),
        };
        fs::create_dir(folder.path.join("home")).await?;
        let tree = PrivateTree::new(&folder.path, imagebuilder, layers, deadline).await?;
        Ok(Self {
            folder,
            tree,
            log: Mutex::new(Tail::new(LOG)),
            deadline,
            time_limit,
            confined: None,
        })
    }

    /// Makes programs run in `sandbox`, from where they reach what lies below `urls`, each with
    /// those who may sign indexes there, by way of `packages`.
    pub(crate) fn confine<'a>(
        &mut self,
        sandbox: Sandbox,
        packages: Arc<Packages>,
        urls: impl IntoIterator<Item = (&'a str, Signers)>,
    ) -> io::Result<()> {
        let gateway = Gateway::open(&self.folder.path, packages, urls)?;
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

    /// The address of a package index that a program was refused, because nobody vouches for it who
    /// may.
    pub(crate) fn untrusted(&self) -> Option<String> {
        self.confined.as_ref()?.1.untrusted()
    }

    /// The private ImageBuilder.
    pub(crate) fn tree(&self) -> &PrivateTree {
        &self.tree
    }

    fn home(&self) -> PathBuf {
        self.folder.path.join("home")
    }

    /// Where images are to be put.
    pub(crate) fn images(&self) -> PathBuf {
        self.folder.path.join("images")
    }

    /// The files that are copied over the root filesystem.
    pub(crate) fn overlay(&self) -> PathBuf {
        self.folder.path.join("files")
    }

    /// Makes packages come from `upstream`, and trusts `keys` for them.
    pub(crate) async fn configure(&self, upstream: &str, keys: &[PublicKey]) -> io::Result<()> {
        let upstream = self.inside(upstream);
        for name in REPOSITORIES {
            if let Some(text) = self.tree.read(name).await? {
                let text = with_upstream(&text, &upstream);
                self.tree.write(name, &text).await?;
            }
        }
        for key in keys {
            self.tree.write(&key_file(key), key.text()).await?;
        }
        Ok(())
    }

    /// Where [`Self::configure`] writes, below the ImageBuilder's folder.
    pub(crate) fn configured(keys: &[PublicKey]) -> impl Iterator<Item = String> {
        let lists = REPOSITORIES.into_iter().map(str::to_owned);
        lists.chain(keys.iter().map(key_file))
    }

    /// Adds a file to those that are copied over the root filesystem.
    pub(crate) async fn put(&self, path: &str, text: &str) -> io::Result<()> {
        let file = self.overlay().join(path);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).await?;
        }
        fs::write(file, text).await
    }

    /// Runs `make` in the ImageBuilder; `hear` is told what it says, line by line. Paths in that are
    /// those of no machine.
    pub(crate) async fn make(
        &self,
        arguments: &[String],
        hear: &(dyn Fn(&str) + Send + Sync),
    ) -> io::Result<Finished> {
        let mut program: Vec<OsString> = std::iter::once("make".into())
            .chain(arguments.iter().map(Into::into))
            .collect();
        let (mut most, mut layer) = (u64::MAX, None);
        if let Some((sandbox, _)) = &self.confined {
            layer = self.tree.layer(&self.folder.path)?;
            let folder = self.folder.path.clone();
            tokio::task::spawn_blocking(move || sandbox::give(&folder)).await??;
            // Several processors may work for one process.
            let seconds = self.time_limit.as_secs().saturating_mul(4).max(1);
            program = sandbox.command(&self.folder.path, layer.as_ref(), seconds, &program)?;
            most = sandbox.limits.disk;
        }
        let excess = self.excess(most);
        let heard = |lines: &str| {
            let lines = self.nowhere(lines);
            self.log_tail().add(lines.as_bytes());
            hear(&lines);
        };
        let place = &self.tree.place;
        let ended = command::run(&program, place, &self.home(), excess, &heard).await;
        if let Some(layer) = &layer {
            tidy(layer);
        }
        let mut ended = ended?;
        ended.stdout = self.nowhere(&ended.stdout);
        ended.stderr = self.nowhere(&ended.stderr);
        Ok(ended)
    }

    /// A text without this machine's paths.
    fn nowhere(&self, text: &str) -> String {
        text.replace(&*self.folder.path.to_string_lossy(), "/builder")
    }

    /// Adds a line of ours to the build log.
    pub(crate) fn note(&self, line: &str) {
        self.log_tail().add(format!("{line}\n").as_bytes());
    }

    /// All that was said so far by programs, both streams in the order they came; the last MiB of it.
    pub(crate) fn log(&self) -> String {
        self.log_tail().text()
    }

    fn log_tail(&self) -> std::sync::MutexGuard<'_, Tail> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends at the deadline, or when the files of the build have more than `most` bytes.
    async fn excess(&self, most: u64) -> Excess {
        let mut late = std::pin::pin!(late(self.deadline));
        loop {
            if let Ok(excess) = timeout(Duration::from_secs(1), &mut late).await {
                return excess;
            }
            let folder = self.folder.path.clone();
            let size = tokio::task::spawn_blocking(move || size(&folder)).await;
            if size.is_ok_and(|size| size > most) {
                return Excess::Disk;
            }
        }
    }
}

fn key_file(key: &PublicKey) -> String {
    format!("keys/{}", key.number())
}

impl Drop for Folder {
    /// Removes the folder in the background, where it may take its time: it is large, and programs
    /// that are being killed may still put files into it. What stays is removed at the next start.
    fn drop(&mut self) {
        let folder = std::mem::take(&mut self.path);
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

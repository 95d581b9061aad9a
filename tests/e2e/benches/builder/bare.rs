//! The ImageBuilder by itself, as a person would use it.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, ensure};
use asu_test_e2e::Stage;
use asu_test_e2e::stage::NEW_RELEASE;
use tokio::process::Command;

use crate::PACKAGES;

/// An unpacked ImageBuilder that takes its packages from the stage's mirror.
pub(crate) struct Bare {
    folder: PathBuf,
}

impl Bare {
    /// Unpacks the mirror's ImageBuilder into `folder`, which is made.
    pub(crate) fn unpack(stage: &Stage, folder: &Path) -> anyhow::Result<Self> {
        let target = format!("releases/{NEW_RELEASE}/targets/ath79/generic");
        let mut files = std::fs::read_dir(stage.mirror_folder().join(target))?.flatten();
        let is_one = |entry: &std::fs::DirEntry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.contains("-imagebuilder-") && name.contains(".tar.")
        };
        let archive = files
            .find(is_one)
            .context("the mirror has no ImageBuilder")?;
        std::fs::create_dir_all(folder)?;
        let mut tar = std::process::Command::new("tar");
        tar.args(["--strip-components=1", "-C"]).arg(folder);
        let unpacked = tar.arg("-xf").arg(archive.path()).status()?;
        ensure!(unpacked.success(), "the ImageBuilder cannot be unpacked");
        let feeds = folder.join("repositories.conf");
        let text = std::fs::read_to_string(&feeds)?;
        let text = text.replace("https://downloads.openwrt.org", stage.mirror_url());
        std::fs::write(feeds, text)?;
        let folder = folder.to_owned();
        Ok(Self { folder })
    }

    /// Seconds of `make image`, with this first-boot script.
    pub(crate) async fn make(&self, script: &str) -> anyhow::Result<f64> {
        let files = self.folder.join("files-of-the-bench");
        let place = files.join("etc/uci-defaults");
        std::fs::create_dir_all(&place)?;
        std::fs::write(place.join("99-asu-defaults"), script)?;
        let mut make = Command::new("make");
        make.arg("image").current_dir(&self.folder).env_clear();
        make.env("LC_ALL", "C").env("HOME", &self.folder);
        make.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        make.arg("PROFILE=tplink_archer-c7-v5");
        make.arg(format!("PACKAGES={}", PACKAGES.join(" ")));
        make.arg(format!("FILES={}", files.display()));
        make.arg(format!("BIN_DIR={}", self.folder.join("out").display()));
        let begun = Instant::now();
        let ran = make.output().await?;
        let seconds = begun.elapsed().as_secs_f64();
        let said = String::from_utf8_lossy(&ran.stderr);
        ensure!(ran.status.success(), "make image failed: {said}");
        Ok(seconds)
    }
}

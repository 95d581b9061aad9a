//! An invented builder; the first package of a request says how its build goes.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use asu_builder::{BUILD_LOG, BuildError, BuildOutput, Failure, Progress};
use asu_protocol::build::{BuildRequest, stage};
use asu_protocol::profiles::{Image, TargetProfiles};
use asu_server::Build;
use tokio::sync::Semaphore;

/// What is in every image.
pub(crate) const IMAGE: &[u8] = b"an image";
/// The version of its only package.
pub(crate) const LUCI: &str = "25.1";
/// The revision of all that is built.
pub(crate) const REVISION: &str = "r1-0";

#[derive(Clone, Default)]
pub(crate) struct Workshop(Arc<Facts>);

struct Facts {
    begun: AtomicUsize,
    running: AtomicUsize,
    most: AtomicUsize,
    /// A `slow` build takes a permit before it ends.
    gate: Semaphore,
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            begun: AtomicUsize::default(),
            running: AtomicUsize::default(),
            most: AtomicUsize::default(),
            gate: Semaphore::new(0),
        }
    }
}

/// A build under way; however it ends, it is counted out.
struct Running(Arc<Facts>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Workshop {
    pub(crate) fn begun(&self) -> usize {
        self.0.begun.load(Ordering::SeqCst)
    }

    pub(crate) fn running(&self) -> usize {
        self.0.running.load(Ordering::SeqCst)
    }

    pub(crate) fn most_at_once(&self) -> usize {
        self.0.most.load(Ordering::SeqCst)
    }

    /// Lets one slow build end.
    pub(crate) fn finish_one(&self) {
        self.0.gate.add_permits(1);
    }

    fn begin(&self) -> (usize, Running) {
        let number = self.0.begun.fetch_add(1, Ordering::SeqCst) + 1;
        let running = self.0.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.most.fetch_max(running, Ordering::SeqCst);
        (number, Running(Arc::clone(&self.0)))
    }
}

impl Build for Workshop {
    async fn build(
        &self,
        request: &BuildRequest,
        _profiles: &TargetProfiles,
        progress: &(dyn Fn(Progress<'_>) + Send + Sync),
        out: &Path,
    ) -> Result<BuildOutput, BuildError> {
        let (number, _running) = self.begin();
        progress(Progress::Stage(stage::CONTAINER_SETUP));
        progress(Progress::Note("downloading half of it"));
        progress(Progress::Stage(stage::BUILDING_IMAGE));
        progress(Progress::Said("Installing luci\nInstalling htop\n"));
        std::fs::create_dir_all(out).unwrap();
        std::fs::write(out.join(BUILD_LOG), "Installing luci\n").unwrap();
        match request.packages[0].as_str() {
            "slow" => self.0.gate.acquire().await.unwrap().forget(),
            "panics" => panic!("an invented panic"),
            "wrong" => return Err(BuildError::Request(failure("Error: wrong, for ever"))),
            "broken" => return Err(BuildError::Infrastructure(failure("Error: broken"))),
            "unpublished" => {
                return Err(BuildError::Infrastructure(Box::new(Failure {
                    cause: "imagebuilder-missing".to_owned(),
                    ..Failure::default()
                })));
            }
            "flaky" if number == 1 => {
                return Err(BuildError::Infrastructure(failure("Error: broken")));
            }
            _ => {}
        }
        let image = match request.packages[0].as_str() {
            // Longer than what the kernels of both sides keep for a reader.
            "large" => IMAGE.repeat(4 << 20),
            "metadata" => super::signed::METADATA.to_vec(),
            _ => IMAGE.to_vec(),
        };
        std::fs::write(out.join("image.bin"), image).unwrap();
        if request.packages[0].as_str() == "late" {
            return Err(BuildError::Request(failure("Error: too late for all")));
        }
        let made = r#"{"profiles":{"mine":{"images":[{"name":"image.bin","sha256":"first"}]}},"more":[1]}"#;
        std::fs::write(out.join("profiles.json"), made).unwrap();
        Ok(BuildOutput {
            images: vec![Image {
                name: "image.bin".to_owned(),
                kind: "sysupgrade".to_owned(),
                sha256: "what the ImageBuilder said".to_owned(),
                ..Image::default()
            }],
            version_number: request.version.to_string(),
            source_date_epoch: 1_748_736_000,
            version_code: REVISION.to_owned(),
            manifest: [("luci".to_owned(), LUCI.to_owned())].into(),
            ..BuildOutput::default()
        })
    }
}

fn failure(detail: &str) -> Box<Failure> {
    Box::new(Failure {
        cause: "invented".to_owned(),
        detail: detail.to_owned(),
        stderr: "all of stderr".to_owned(),
        ..Failure::default()
    })
}

//! Whether builds are confined, for every command that builds.

use asu_builder::{Builder, BuilderConfig, Sandbox, SandboxLimits};
use bytesize::ByteSize;

use super::Error;

/// The first argument of a process that is to become a confined build; not for people.
pub(crate) const HELPER: &str = "sandbox";

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    /// Namespaces of the Linux kernel.
    Namespaces,
    /// None: builds may do whatever this program may.
    None,
}

/// What builds are confined by.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Walls {
    /// What keeps builds from the rest of this machine and from the network.
    ///
    /// With "none", ImageBuilders and scripts in packages can do whatever this program can.
    #[arg(
        long,
        value_name = "KIND",
        env = "ASU_SANDBOX",
        value_enum,
        default_value = "namespaces"
    )]
    sandbox: Kind,
}

/// Whether builds are confined, and what they may take.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Confinement {
    #[command(flatten)]
    walls: Walls,

    /// How much memory each process of a confined build may take: 4GiB, 800MB.
    #[arg(
        long,
        value_name = "SIZE",
        env = "ASU_BUILD_MEMORY",
        default_value = "4GiB",
        value_parser = memory
    )]
    build_memory: ByteSize,

    /// How much disk the files of a confined build may take.
    #[arg(
        long,
        value_name = "SIZE",
        env = "ASU_BUILD_DISK",
        default_value = "12GiB"
    )]
    build_disk: ByteSize,

    /// How many processes a confined build may have at once.
    #[arg(
        long,
        value_name = "N",
        env = "ASU_BUILD_PROCESSES",
        default_value_t = 512,
        value_parser = clap::value_parser!(u64).range(16..)
    )]
    build_processes: u64,
}

/// With less than this not even the tools of an ImageBuilder start.
fn memory(text: &str) -> Result<ByteSize, String> {
    let least = ByteSize::mb(100);
    let size: ByteSize = text.parse()?;
    if size < least {
        return Err(format!("it must be {least} or more"));
    }
    Ok(size)
}

impl Confinement {
    /// Makes a builder that confines builds so; an error text that says what to do if it cannot.
    pub(crate) fn builder(self, config: BuilderConfig) -> Result<Builder, Error> {
        self.walls.builder(self.limits(), config)
    }

    /// What a build may take.
    pub(crate) fn limits(self) -> SandboxLimits {
        SandboxLimits {
            memory: self.build_memory.as_u64(),
            processes: self.build_processes,
            disk: self.build_disk.as_u64(),
            ..SandboxLimits::default()
        }
    }
}

impl Walls {
    /// Makes a builder that confines builds so; an error text that says what to do if it cannot.
    pub(crate) fn builder(
        self,
        limits: SandboxLimits,
        config: BuilderConfig,
    ) -> Result<Builder, Error> {
        let sandbox = self.sandbox(limits);
        let builder = Builder::new(BuilderConfig { sandbox, ..config });
        builder.map_err(|error| {
            let failure = error.failure();
            format!("{}. {}", failure.detail, failure.hint).into()
        })
    }

    fn sandbox(self, limits: SandboxLimits) -> Option<Sandbox> {
        if self.sandbox == Kind::None {
            tracing::warn!("builds are not confined: they can do whatever this program can");
            return None;
        }
        // By process, not by path: the file may be replaced by a newer one meanwhile.
        let this = format!("/proc/{}/exe", std::process::id());
        Some(Sandbox {
            helper: vec![this.into(), HELPER.into()],
            limits,
        })
    }
}

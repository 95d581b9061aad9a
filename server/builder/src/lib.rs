//! Downloads, verifies, unpacks and runs ImageBuilders.
//!
//! An ImageBuilder is unpacked once and never written to again: every build works on a private
//! layer over it. This crate does not queue, cache or serve anything, and does not sign images.
//!
//! | module | what it is |
//! |---|---|
//! | `builder`, `run` | what others see, and the stages of one build |
//! | `imagebuilders`, `depot`, `disk` | the ImageBuilders on disk, and how much of it they take |
//! | `upstream`, `sums`, `download`, `unpack`, `first_run`, `warm` | where they come from |
//! | `vouch`, `openpgp` | why they can be trusted |
//! | `workspace` | the folder a build runs in, with its private ImageBuilder |
//! | `command` | running a program that cannot outlive us |
//! | `sandbox`, `gateway` | what such a program can reach of this machine, and of the network |
//! | `selection`, `info`, `manifest` | what is asked of the ImageBuilder and what it says |
//! | `images` | the files it made |
//! | `diagnosis`, `opkg`, `apk` | why it failed |

mod apk;
mod builder;
mod command;
mod depot;
mod diagnosis;
mod disk;
mod download;
mod error;
mod feeds;
mod first_run;
mod gateway;
mod imagebuilders;
mod images;
mod info;
mod manifest;
pub mod openpgp;
mod opkg;
mod run;
mod sandbox;
mod selection;
mod sums;
mod unpack;
mod upstream;
mod vouch;
mod warm;
mod workspace;

pub use asu_index::usign;
pub use asu_protocol::worker::BuildOutput;
pub use builder::{BUILD_LOG, Builder, BuilderConfig, PackageConfig, Progress, Trust};
pub use disk::{DiskLimits, free as free_space};
pub use error::{BuildError, Failure};
pub use sandbox::{Sandbox, SandboxLimits, enter};

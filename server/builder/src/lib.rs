//! Downloads, verifies, unpacks and runs ImageBuilders.
//!
//! An ImageBuilder is unpacked once and never written to again: every build works on a private
//! copy. This crate does not queue, cache or serve anything, and does not sign images.

mod builder;
mod error;
pub mod usign;

pub use builder::{BuildOutput, Builder, BuilderConfig, Trust};
pub use error::{BuildError, Failure};

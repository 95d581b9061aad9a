//! The file formats of the mirror and its images, each in its own module.

pub mod fwtool;
pub mod pack;
pub mod stanza;
pub mod usign;
pub mod version;

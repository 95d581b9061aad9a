//! The programs of an ImageBuilder besides the package manager, as subcommands of `ib-host`.

mod disk;
mod index;
mod info;
mod trailer;

pub use disk::disk_image;
pub use index::{make_index, usign};
pub use info::{image_metadata, profiles_json};
pub use trailer::fwtool;

use anyhow::{Context as _, Result};

/// The value after an option.
fn value<'a>(arguments: &'a [String], option: &str) -> Option<&'a str> {
    let at = arguments.iter().position(|argument| argument == option)?;
    arguments.get(at + 1).map(String::as_str)
}

fn required<'a>(arguments: &'a [String], option: &str) -> Result<&'a str> {
    value(arguments, option).with_context(|| format!("the option {option} needs a value"))
}

fn has(arguments: &[String], option: &str) -> bool {
    arguments.iter().any(|argument| argument == option)
}

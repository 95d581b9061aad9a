//! The configuration file: its keys are the flags of `serve` or `worker`, as clap knows them.
//!
//! What the file says becomes part of the command line, unless a flag or a variable says it already. So
//! flags, variables and the file have one meaning and one set of rules, and cannot drift apart.

mod example;
mod file;
mod vocabulary;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{ArgMatches, Command};

use super::Error;
use file::Entry;
use vocabulary::{Kind, Setting, Vocabulary};

pub(crate) use example::{Example, run};

/// The command line with the settings added that are in the configuration file it names, if it names
/// one and the command has such settings.
pub(crate) fn complete(command: &Command, line: Vec<OsString>) -> Result<Vec<OsString>, Error> {
    // What is wrong with it is told by who reads it next.
    let lenient = command.clone().ignore_errors(true);
    let Ok(seen) = lenient.try_get_matches_from(&line) else {
        return Ok(line);
    };
    let (wanted, given) = innermost(command, &seen);
    let Some(path) = given.get_one::<PathBuf>("config") else {
        return Ok(line);
    };
    let vocabulary = Vocabulary::of(command, seen.subcommand_name())?;
    let own = Vocabulary::new(wanted);
    if !own.shares_with(&vocabulary) {
        return Ok(line);
    }
    let entries = file::read(path, &vocabulary)?;
    let more = entries.iter().filter(|entry| {
        let setting = own.find(&entry.key);
        setting.is_some_and(|setting| !is_given(given, &setting))
    });
    Ok(with(line, more.flat_map(Entry::flags)))
}

/// The command that is to run, and what was said to it.
fn innermost<'a>(command: &'a Command, seen: &'a ArgMatches) -> (&'a Command, &'a ArgMatches) {
    let within = seen.subcommand().and_then(|(name, seen)| {
        let command = command.find_subcommand(name)?;
        Some(innermost(command, seen))
    });
    within.unwrap_or((command, seen))
}

fn is_given(seen: &ArgMatches, setting: &Setting) -> bool {
    let source = seen.value_source(setting.id());
    matches!(
        source,
        Some(ValueSource::CommandLine | ValueSource::EnvVariable)
    )
}

/// Adds flags to a command line, before the words after `--`, which are none.
fn with(mut line: Vec<OsString>, flags: impl Iterator<Item = String>) -> Vec<OsString> {
    let end = line.iter().position(|word| word == "--");
    let end = end.unwrap_or(line.len());
    line.splice(end..end, flags.map(OsString::from));
    line
}

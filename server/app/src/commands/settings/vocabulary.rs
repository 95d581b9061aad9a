//! The keys there are: what clap knows of a command's flags.

use std::any::TypeId;
use std::num::NonZeroUsize;

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, Command};

use crate::commands::Error;

/// The command whose flags are the keys of every file but a worker's.
const SERVER: &str = "serve";
/// The command whose flags are the keys of a worker's file.
const WORKER: &str = "worker";

/// How alike a key must be to one that is known for it to be meant, of 1.
const ALIKE: f64 = 0.8;

/// What kind of value a setting takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `true` or `false`.
    Switch,
    /// A whole number.
    Number,
    /// A text.
    Text,
    /// A text, or any number of them.
    List,
}

/// A flag that may be set in the file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting<'a> {
    arg: &'a Arg,
    /// Its name in the file and, after two hyphens, on the command line.
    pub(crate) key: &'a str,
    /// The environment variable that sets it.
    pub(crate) variable: &'a str,
}

/// The settings of a command.
#[derive(Debug)]
pub(crate) struct Vocabulary<'a> {
    command: &'a Command,
}

impl<'a> Vocabulary<'a> {
    /// The keys of the file that this subcommand of asu-server reads: a worker's or a server's.
    pub(crate) fn of(all: &'a Command, subcommand: Option<&str>) -> Result<Self, Error> {
        let name = if subcommand == Some(WORKER) {
            WORKER
        } else {
            SERVER
        };
        let command = all.find_subcommand(name);
        Ok(Self::new(command.ok_or("this asu-server has no settings")?))
    }

    /// The settings of this command.
    pub(crate) fn new(command: &'a Command) -> Self {
        Self { command }
    }

    /// The command they belong to.
    pub(crate) fn name(&self) -> &'a str {
        self.command.get_name()
    }

    /// All of them, in the order of the command's help.
    pub(crate) fn settings(&self) -> impl Iterator<Item = Setting<'a>> + use<'a> {
        self.command.get_arguments().filter_map(Setting::of)
    }

    /// The one of this name.
    pub(crate) fn find(&self, key: &str) -> Option<Setting<'a>> {
        self.settings().find(|setting| setting.key == key)
    }

    /// Whether any setting of the one is a setting of the other.
    pub(crate) fn shares_with(&self, other: &Self) -> bool {
        self.settings().any(|one| other.find(one.key).is_some())
    }

    /// The key that was meant by one that is not known.
    pub(crate) fn nearest(&self, key: &str) -> Option<&'a str> {
        let scored = self
            .settings()
            .map(|known| (strsim::jaro_winkler(key, known.key), known.key));
        let best = scored.max_by(|a, b| a.0.total_cmp(&b.0));
        best.filter(|(score, _)| *score >= ALIKE)
            .map(|(_, key)| key)
    }

    /// What clap has against these flags, which are of one setting, whatever else may be missing.
    pub(crate) fn complaint(&self, flags: Vec<String>) -> Option<String> {
        let command = self.command.clone().no_binary_name(true);
        let alone = command.mut_args(|arg| arg.env(None));
        let error = alone.try_get_matches_from(flags).err()?;
        let wrong = matches!(
            error.kind(),
            ErrorKind::ValueValidation | ErrorKind::InvalidValue
        );
        let said = error.to_string();
        let said = said.split("\n\nFor more").next().unwrap_or_default();
        wrong.then(|| said.trim_start_matches("error: ").replace("\n  ", " "))
    }
}

impl<'a> Setting<'a> {
    /// A flag with a variable; what has none is said anew each time, such as how to answer.
    fn of(arg: &'a Arg) -> Option<Self> {
        let (key, variable) = (arg.get_long()?, arg.get_env()?.to_str()?);
        (arg.get_id() != "config").then_some(Self { arg, key, variable })
    }

    /// What clap calls it.
    pub(crate) fn id(&self) -> &'a str {
        self.arg.get_id().as_str()
    }

    /// What its value is.
    pub(crate) fn kind(&self) -> Kind {
        let numbers = [
            TypeId::of::<u32>(),
            TypeId::of::<u64>(),
            TypeId::of::<NonZeroUsize>(),
        ];
        let value = self.arg.get_value_parser().type_id();
        match self.arg.get_action() {
            ArgAction::SetTrue => Kind::Switch,
            ArgAction::Append => Kind::List,
            _ if numbers.iter().any(|number| value == *number) => Kind::Number,
            _ => Kind::Text,
        }
    }

    /// What its help says.
    pub(crate) fn help(&self) -> String {
        let help = self.arg.get_long_help().or_else(|| self.arg.get_help());
        help.map(ToString::to_string).unwrap_or_default()
    }

    /// What its help calls the value; nothing for a switch.
    pub(crate) fn placeholder(&self) -> Option<&'a str> {
        let names = self.arg.get_value_names().unwrap_or_default();
        let name = names.first().map(clap::builder::Str::as_str);
        name.filter(|_| self.kind() != Kind::Switch)
    }

    /// Its default.
    pub(crate) fn default(&self) -> Option<String> {
        let value = self.arg.get_default_values().first()?;
        Some(value.to_string_lossy().into_owned())
    }

    /// Whether its value may be a secret.
    pub(crate) fn hides_its_value(&self) -> bool {
        self.arg.is_hide_env_values_set()
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::args::Args;

    #[test]
    fn every_flag_of_server_and_worker_is_a_setting_with_a_variable() {
        let all = Args::command();
        for command in [SERVER, WORKER] {
            let vocabulary = Vocabulary::of(&all, Some(command)).unwrap();
            for arg in vocabulary.command.get_arguments() {
                assert!(Setting::of(arg).is_some(), "{command} {arg}");
            }
        }
    }

    #[test]
    fn what_was_meant_is_guessed_only_if_it_is_near() {
        let all = Args::command();
        let vocabulary = Vocabulary::of(&all, None).unwrap();
        assert_eq!(vocabulary.nearest("upstream-kye"), Some("upstream-key"));
        assert_eq!(vocabulary.nearest("max_pending"), Some("max-pending"));
        assert_eq!(vocabulary.nearest("colour"), None);
    }
}

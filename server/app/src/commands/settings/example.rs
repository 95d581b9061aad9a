//! `asu-server config`: a configuration file with every setting, its meaning and its default.

use std::fmt::Write;
use std::io::{self, Write as _};

use clap::Command;

use super::{Kind, Setting, Vocabulary};
use crate::commands::{Error, enough};

/// The width of a comment, characters.
const WIDTH: usize = 100;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Example {
    /// Print a configuration file with every setting, its meaning and its default, all of it commented
    /// out.
    Example {
        /// Whose: that of serve, which the commands beside a server read too, or that of worker.
        #[arg(default_value = "serve", value_parser = ["serve", "worker"])]
        command: String,
    },
}

/// Prints the example.
pub(crate) fn run(all: &Command, Example::Example { command }: &Example) -> Result<(), Error> {
    let vocabulary = Vocabulary::of(all, Some(command))?;
    enough(io::stdout().write_all(text(&vocabulary).as_bytes()))
}

fn text(vocabulary: &Vocabulary) -> String {
    let name = vocabulary.name();
    let mut text = format!(
        "# Settings of asu-server {name}, for --config FILE or the variable ASU_CONFIG.\n\
         #\n\
         # Each can be given by a flag and by a variable as well. A flag goes before a variable, and a\n\
         # variable before this file. What is commented out has the value shown if it is a default.\n\
         #\n\
         # Written by: asu-server config example {name}\n"
    );
    for setting in vocabulary.settings() {
        describe(&mut text, &setting);
    }
    text
}

fn describe(text: &mut String, setting: &Setting) {
    text.push('\n');
    // clap leaves out the full stop of a help with one sentence.
    let help = setting.help();
    let help = format!("{}.", help.trim_end_matches('.'));
    for paragraph in help.split("\n\n") {
        for line in lines(paragraph) {
            // Writing to a text cannot fail.
            let _ = writeln!(text, "# {line}");
        }
    }
    let value = setting.placeholder().map(|name| format!(" {name}"));
    let _ = writeln!(
        text,
        "# Flag --{}{}, variable {}; {}.\n#{}",
        setting.key,
        value.unwrap_or_default(),
        setting.variable,
        if standard(setting).is_some() {
            "default"
        } else {
            "not set by default"
        },
        assignment(setting)
    );
}

/// The setting with its default, or with the name of what it takes.
pub(super) fn assignment(setting: &Setting) -> String {
    let value =
        standard(setting).unwrap_or_else(|| setting.placeholder().unwrap_or("…").to_owned());
    let quoted = format!("{value:?}");
    let shown = match setting.kind() {
        Kind::Switch | Kind::Number => value,
        Kind::Text => quoted,
        Kind::List => format!("[{quoted}]"),
    };
    format!("{} = {shown}", setting.key)
}

fn standard(setting: &Setting) -> Option<String> {
    match setting.kind() {
        Kind::Switch => Some(false.to_string()),
        _ => setting.default(),
    }
}

/// By hand: it is all that is needed of a crate that wraps text.
fn lines(paragraph: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in paragraph.split_whitespace() {
        let line = lines.last_mut().filter(|line| {
            line.is_empty() || line.chars().count() + 1 + word.chars().count() <= WIDTH
        });
        match line {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

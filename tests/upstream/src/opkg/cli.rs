//! The command line.

use super::config::Config;
use super::{install, list, update};
use crate::format::version;

/// Runs one command; the exit code.
pub fn run(arguments: &[String]) -> i32 {
    if let [command, a, operator, b] = arguments
        && command == "compare-versions"
    {
        return i32::from(!version::satisfies(a, operator, b));
    }
    match Config::read(arguments) {
        Ok(config) => command(&config),
        Err(message) => {
            eprintln!("{message}");
            255
        }
    }
}

fn command(config: &Config) -> i32 {
    let Some((command, arguments)) = config.words.split_first() else {
        eprintln!("opkg must have one sub-command argument");
        return 1;
    };
    let (code, errors) = match command.as_str() {
        "update" => update::run(config),
        "install" => install::run(config, arguments),
        other => (print(config, other, arguments), Vec::new()),
    };
    report(&errors);
    code
}

fn print(config: &Config, command: &str, arguments: &[String]) -> i32 {
    match command {
        "list-installed" => list::installed(config),
        "depends" => list::depends(config, arguments),
        "whatdepends" | "whatdependsrec" => list::whatdepends(config, arguments),
        other => {
            eprintln!("opkg: unknown sub-command {other}");
            return 1;
        }
    }
    0
}

fn report(errors: &[String]) {
    if errors.is_empty() {
        return;
    }
    eprintln!("Collected errors:");
    errors.iter().for_each(|error| eprintln!(" * {error}"));
}

//! The command line.

use anyhow::{Context as _, Result};
use asu_test_adb::Key;

use super::config::Config;
use super::package::Relation;
use super::{database, index, install};

/// Runs one command; the exit code.
pub fn run(arguments: &[String]) -> i32 {
    let config = match Config::read(arguments) {
        Ok(config) => config,
        Err(message) => {
            eprintln!("ERROR: {message}");
            return 1;
        }
    };
    let Some((command, words)) = config.words.split_first() else {
        eprintln!("apk needs a command");
        return 1;
    };
    let result = match command.as_str() {
        "add" => return install::run(&config, words),
        "mkndx" => index::make(&config, words),
        "list" if config.has("depends") => {
            list_dependants(&config, words);
            Ok(())
        }
        "list" => list_installed(&config),
        "info" => {
            info(&config, words);
            Ok(())
        }
        other => Err(anyhow::anyhow!("'{other}' is not an apk command")),
    };
    result.map_or_else(
        |error| {
            eprintln!("ERROR: {error:#}");
            1
        },
        |()| 0,
    )
}

/// `apk list --manifest`: `NAME VERSION` of each installed package, sorted.
fn list_installed(config: &Config) -> Result<()> {
    let packages = database::list(&config.root).context("Unable to read database")?;
    for (name, version) in packages {
        println!("{name} {version}");
    }
    Ok(())
}

/// `apk list --depends NAME`: the packages that depend on it.
fn list_dependants(config: &Config, names: &[String]) {
    let names: Vec<Relation> = names.iter().map(|name| Relation::read(name)).collect();
    for package in index::available(config) {
        let mut needs = package.depends.iter().filter(|need| !need.is_forbidden);
        if needs.any(|need| names.iter().any(|name| name.name == need.name)) {
            let entry = &package.entry;
            println!(
                "{package} {} {{{}}} ({})",
                entry.arch, entry.origin, entry.license
            );
        }
    }
}

/// `apk info --depends NAME`: what it depends on.
fn info(config: &Config, names: &[String]) {
    let available = index::available(config);
    for package in available
        .iter()
        .filter(|package| names.contains(&package.entry.name))
    {
        println!("{package} depends on:");
        package.depends.iter().for_each(|need| println!("{need}"));
        println!();
    }
}

/// `apk-keygen SECRET PUBLIC`: writes a new pair of keys. Upstream's Makefile asks openssl for it;
/// apk itself has no command.
pub fn keygen(arguments: &[String]) -> Result<()> {
    let [secret, public] = arguments else {
        anyhow::bail!("say apk-keygen SECRET PUBLIC");
    };
    let mut random = [0; 32];
    std::io::Read::read_exact(&mut std::fs::File::open("/dev/urandom")?, &mut random)?;
    let key = Key::of(&hex::encode(random));
    let comment = "untrusted comment: Local build key\n";
    std::fs::write(secret, format!("{comment}{}", key.secret_pem()))?;
    std::fs::write(public, format!("{comment}{}", key.public_pem()))?;
    Ok(())
}

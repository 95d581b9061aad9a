//! The commands that only print: `list-installed`, `depends` and `whatdepends`.

use super::config::Config;
use super::package::Package;
use super::root::Root;
use super::update;

/// `NAME - VERSION` of each installed package, sorted.
pub(super) fn installed(config: &Config) {
    let root = Root::open(&config.offline_root);
    let name = |package: &Package| {
        if config.strip_abi {
            package.name_without_abi()
        } else {
            &package.name
        }
        .to_owned()
    };
    let packages = root.installed().map(|entry| &entry.package);
    let mut lines: Vec<(String, &str)> = packages
        .map(|package| (name(package), &*package.version))
        .collect();
    lines.sort_unstable();
    for (name, version) in lines {
        println!("{name} - {version}");
    }
}

/// What each named package depends on.
pub(super) fn depends(config: &Config, names: &[String]) {
    for package in packages(config)
        .iter()
        .filter(|package| names.contains(&package.name))
    {
        println!("{} depends on:", package.name);
        for group in &package.depends {
            let words: Vec<String> = group.iter().map(ToString::to_string).collect();
            println!("\t{}", words.join(" | "));
        }
    }
}

/// Which packages depend on the named ones.
pub(super) fn whatdepends(config: &Config, names: &[String]) {
    let packages = packages(config);
    let roots: Vec<&Package> = packages
        .iter()
        .filter(|package| names.iter().any(|name| package.answers_to(name)))
        .collect();
    println!("Root set:");
    roots.iter().for_each(|root| println!("  {}", root.name));
    println!("What depends on root set");
    for package in &packages {
        for relation in package.depends.iter().flatten() {
            if roots.iter().any(|root| root.satisfies(relation)) {
                println!(
                    "\t{} {}\tdepends on {relation}",
                    package.name, package.version
                );
            }
        }
    }
}

fn packages(config: &Config) -> Vec<Package> {
    if config.all {
        return update::available(config);
    }
    let root = Root::open(&config.offline_root);
    root.installed()
        .map(|entry| entry.package.clone())
        .collect()
}

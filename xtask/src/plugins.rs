//! The rpcd plugins for routers: built, linked, checked and weighed for every processor.

mod emulate;
mod link;
mod sizes;
mod strip;
mod target;

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::{Context, anyhow};
use asu_rpcd_built::{inspect, panics};
use serde_json::Value;

use crate::build::plugins_cargo;
use crate::debian_rust;
use crate::plugins::target::{TARGETS, Target};
use crate::run::{output, root, run_quietly, target as target_folder};
use crate::setup::{DEBIAN_RUST, debian};

pub(crate) use emulate::emulate;

/// Which plugins to build, and whether to weigh them.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Build for this router processor (a Rust target triple) instead of this machine.
    #[arg(long = "target", value_name = "TRIPLE")]
    targets: Vec<String>,
    /// Build for every processor OpenWrt runs on.
    #[arg(long, conflicts_with = "targets")]
    all: bool,
    /// Print the sizes, and fail if one is over its budget.
    #[arg(long)]
    sizes: bool,
}

/// Builds what the options say; the host's plugins if they say nothing.
pub(crate) fn plugins(options: &Options) -> anyhow::Result<()> {
    let targets = options.targets()?;
    if targets.is_empty() {
        return crate::build::plugins();
    }
    cross(&targets)?;
    if options.sizes {
        sizes::compare(&targets)?;
    }
    Ok(())
}

/// Builds, checks and weighs the plugins: for every processor, or when `quick` for the one most
/// people have at hand and for the one that differs most from it.
pub(crate) fn check(quick: bool) -> anyhow::Result<()> {
    let some = ["x86_64-unknown-linux-musl", "mips-unknown-linux-musl"];
    let wanted = |target: &&Target| !quick || some.contains(&target.triple);
    let targets: Vec<&Target> = TARGETS.iter().filter(wanted).collect();
    cross(&targets)?;
    sizes::compare(&targets)
}

impl Options {
    fn targets(&self) -> anyhow::Result<Vec<&'static Target>> {
        if self.all || (self.sizes && self.targets.is_empty()) {
            return Ok(TARGETS.iter().collect());
        }
        self.targets.iter().map(|name| target::find(name)).collect()
    }
}

/// Where the files for a target go: a folder that holds nothing else.
fn folder(target: &Target) -> PathBuf {
    target_folder().join(format!("plugins-{}", target.triple))
}

fn cross(targets: &[&'static Target]) -> anyhow::Result<()> {
    debian(&DEBIAN_RUST)?;
    let plugins = packages()?;
    let waiting = Mutex::new(targets.iter());
    let work = || -> anyhow::Result<()> {
        loop {
            let next = waiting
                .lock()
                .map_err(|_| anyhow!("another build failed"))?
                .next();
            let Some(target) = next else { return Ok(()) };
            build(target, &plugins).with_context(|| format!("for {}", target.triple))?;
        }
    };
    // Most of a build is one crate (core) in one thread: as many at once as there are processors.
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let started: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        started
            .into_iter()
            .try_for_each(|worker| worker.join().map_err(|_| anyhow!("a build panicked"))?)
    })
}

/// A plugin as Cargo knows it.
struct Plugin {
    package: String,
    library: String,
}

impl Plugin {
    /// The name of its file on a router.
    fn file(&self) -> String {
        let name = self.library.strip_prefix("rpcd_mod_");
        format!("{}.so", name.unwrap_or(&self.library))
    }
}

/// Every package of the plugins' workspace that is a shared object.
fn packages() -> anyhow::Result<Vec<Plugin>> {
    let metadata = ["metadata", "--no-deps", "--locked", "--format-version", "1"];
    let metadata: Value = serde_json::from_str(&output(&mut plugins_cargo(&metadata))?)?;
    let packages = metadata["packages"].as_array().context("no packages")?;
    Ok(packages.iter().filter_map(plugin).collect())
}

fn plugin(package: &Value) -> Option<Plugin> {
    let is_shared = |target: &&Value| {
        let kinds = target["kind"].as_array();
        kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind == "cdylib"))
    };
    let library = package["targets"].as_array()?.iter().find(is_shared)?;
    Some(Plugin {
        package: package["name"].as_str()?.to_owned(),
        library: library["name"].as_str()?.to_owned(),
    })
}

fn build(target: &Target, plugins: &[Plugin]) -> anyhow::Result<()> {
    let folder = folder(target);
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    for plugin in plugins {
        let library = compile(target.triple, plugin)?;
        let linked = library.with_extension("so");
        link::link(target, &library, &linked)?;
        let name = plugin.file();
        let stripped = finish(target, &linked).with_context(|| name.clone())?;
        std::fs::write(folder.join(name), stripped)?;
    }
    eprintln!("Built and checked: {}", folder.display());
    Ok(())
}

/// The static library of a plugin.
fn compile(triple: &str, plugin: &Plugin) -> anyhow::Result<PathBuf> {
    // One folder for each target: Cargo lets only one build at a time into a folder.
    let built = root().join("rpcd-plugins/target/cross").join(triple);
    let args = [
        "rustc",
        "--quiet",
        "--locked",
        "--release",
        "-Zbuild-std=core",
        "--lib",
    ];
    let mut command = debian_rust::cargo(&root().join("rpcd-plugins"), &args);
    command
        .args(["--crate-type", "staticlib", "--target", triple])
        .args(["--package", &plugin.package, "--target-dir"])
        .arg(&built)
        // Nothing in rpcd unwinds through a plugin; few of its choices are worth a table.
        .env("RUSTFLAGS", "-Cforce-unwind-tables=no -Cjump-tables=no");
    run_quietly(&mut command)?;
    Ok(built
        .join(triple)
        .join("release")
        .join(format!("lib{}.a", plugin.library)))
}

/// The file as a router gets it, once it is seen to be what rpcd can load.
fn finish(target: &Target, linked: &Path) -> anyhow::Result<Vec<u8>> {
    let bytes = std::fs::read(linked)?;
    inspect(&bytes, target.kind)
        .and_then(|()| panics(&bytes))
        .map_err(|faults| anyhow!("{}", faults.join("\n")))?;
    strip::strip(&bytes)
}

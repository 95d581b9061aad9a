//! Writes the mirror: the same bytes every time.

pub mod feed;
pub mod imagebuilder;
pub mod ipk;
mod profiles;
mod tree;

use std::path::Path;
use std::thread;

use anyhow::{Context as _, Result, anyhow};

use crate::format::usign::SecretKey;
use crate::opkg;
use crate::world::package::{self, Package};
use crate::world::release::{self, Release, TARGETS, Target};
use ipk::Ipk;
use tree::Folder;

/// The comment of the public key's file.
pub const KEY_COMMENT: &str = "TEST KEY of asu-test-upstream, its secret is public";

/// Writes the mirror to `out`: these releases, or all if there are none. `host_tool` is the
/// program `ib-host` that the ImageBuilders are given.
pub fn write(out: &Path, versions: &[String], host_tool: &Path) -> Result<()> {
    let releases = chosen(versions)?;
    let newest = releases
        .iter()
        .map(|release| release.epoch)
        .max()
        .unwrap_or_default();
    let root = Folder::create(out, newest)?;
    let key = SecretKey::of_the_mirror();
    let public = key.public_text(KEY_COMMENT);
    root.write("key.pub", public.as_bytes())?;
    root.sub("keys")?
        .write(&key.fingerprint(), public.as_bytes())?;
    root.write_json(".versions.json", &profiles::versions(&releases))?;
    let tool = imagebuilder::HostTool::read(host_tool)?;
    for release in &releases {
        let folder = Folder::create(&out.join("releases").join(release.version), release.epoch)?;
        folder.write_json(".targets.json", &profiles::targets())?;
    }
    let jobs = releases
        .iter()
        .flat_map(|release| TARGETS.iter().map(move |target| (*release, target)));
    in_parallel(jobs, |(release, target)| {
        write_target(out, release, target, &key, &tool)
    })
}

fn chosen(versions: &[String]) -> Result<Vec<&'static Release>> {
    if versions.is_empty() {
        return Ok(release::all().iter().collect());
    }
    let known = || {
        release::all()
            .iter()
            .map(|release| release.version)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let find = |version: &String| {
        release::find(version)
            .ok_or_else(|| anyhow!("there is no release {version}; choose from {}", known()))
    };
    let mut releases = versions.iter().map(find).collect::<Result<Vec<_>>>()?;
    releases.sort_by_key(|release| release.epoch);
    releases.dedup_by_key(|release| release.epoch);
    Ok(releases)
}

fn in_parallel<T: Send>(
    jobs: impl Iterator<Item = T>,
    run: impl Fn(T) -> Result<()> + Sync,
) -> Result<()> {
    let run = &run;
    thread::scope(|scope| {
        let threads: Vec<_> = jobs.map(|job| scope.spawn(move || run(job))).collect();
        for thread in threads {
            thread
                .join()
                .map_err(|_| anyhow!("a thread that writes the mirror panicked"))??;
        }
        Ok(())
    })
}

fn write_target(
    out: &Path,
    release: &'static Release,
    target: &'static Target,
    key: &SecretKey,
    tool: &imagebuilder::HostTool,
) -> Result<()> {
    let base = Folder::create(&out.join("releases").join(release.version), release.epoch)?;
    let folder = base.sub(&format!("targets/{}", target.name))?;
    folder.write_json("profiles.json", &profiles::of_target(release, target))?;
    let packages = package::of(release, target);
    let shared = base.sub(&format!("packages/{}", target.arch))?;
    if release.has_opkg() {
        write_opkg(&folder, &shared, &packages, release, target, key, tool)?;
    } else {
        write_apk(&folder, &shared, &packages, target)?;
    }
    folder
        .write_sums(key)
        .with_context(|| format!("in {} {}", release.version, target.name))
}

fn write_opkg(
    folder: &Folder,
    shared: &Folder,
    packages: &[Package],
    release: &Release,
    target: &Target,
    key: &SecretKey,
    tool: &imagebuilder::HostTool,
) -> Result<()> {
    let built = packages
        .iter()
        .map(|package| Ok((package, ipk::build(package, release, target)?)))
        .collect::<Result<Vec<(&Package, Ipk)>>>()?;
    let of = |wanted: &dyn Fn(&Package) -> bool| -> Vec<(&Package, &Ipk)> {
        let chosen = built.iter().filter(|(package, _)| wanted(package));
        chosen.map(|(package, ipk)| (*package, ipk)).collect()
    };
    let in_core = |package: &Package| {
        package.feed == "core" || package.feed == "kmod" && !release.has_kmods_feed()
    };
    feed::write(&folder.sub("packages")?, &of(&in_core), release, key)?;
    if release.has_kmods_feed() {
        let kmods = folder.sub(&format!("kmods/{}", release.kmods_folder(target)))?;
        feed::write(&kmods, &of(&|package| package.feed == "kmod"), release, key)?;
    }
    for name in feed::SHARED {
        feed::write(
            &shared.sub(name)?,
            &of(&|package| package.feed == name),
            release,
            key,
        )?;
    }
    shared.write("feeds.conf", feeds_conf(release).as_bytes())?;
    let controls = built.iter().map(|(_, ipk)| ipk.control.clone());
    let manifest = opkg::resolve::closure(controls, &release.default_packages(target));
    folder.write(
        &format!("{}.manifest", release.prefix(target)),
        manifest.as_bytes(),
    )?;
    imagebuilder::write(folder, &of(&|_| true), release, target, tool)
}

/// A release of apk has its documents, but neither packages nor ImageBuilder here.
fn write_apk(
    folder: &Folder,
    shared: &Folder,
    packages: &[Package],
    target: &Target,
) -> Result<()> {
    let index = |feeds: &[&str]| {
        let chosen: Vec<&Package> = packages
            .iter()
            .filter(|package| feeds.contains(&package.feed))
            .collect();
        feed::index_v2(target.arch, &chosen)
    };
    folder
        .sub("packages")?
        .write_json("index.json", &index(&["core", "kmod"]))?;
    for name in feed::SHARED {
        shared
            .sub(name)?
            .write_json("index.json", &index(&[name]))?;
    }
    Ok(())
}

/// Which commits the feeds were built from; the commits are made up.
fn feeds_conf(release: &Release) -> String {
    let line = |name: &str| {
        let repository = if name == "luci" { "project" } else { "feed" };
        let commit = hex::encode(&crate::world::contents::noise_of(
            &format!("{name} {}", release.version),
            20,
        ));
        format!("src-git {name} https://git.openwrt.org/{repository}/{name}.git^{commit}\n")
    };
    ["packages", "luci", "routing", "telephony"]
        .map(line)
        .concat()
}

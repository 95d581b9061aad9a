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
use crate::world::contents::noise_of;
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
    remove_former(out)?;
    let root = Folder::create(out, newest)?;
    let key = SecretKey::of_the_mirror();
    let public = key.public_text(KEY_COMMENT);
    root.write("key.pub", public.as_bytes())?;
    root.sub("keys")?
        .write(&key.fingerprint(), public.as_bytes())?;
    root.write_json(".versions.json", &profiles::versions(&releases))?;
    for release in &releases {
        let folder = Folder::create(&out.join("releases").join(release.version), release.epoch)?;
        folder.write_json(".targets.json", &profiles::targets())?;
    }
    let tool = imagebuilder::HostTool::read(host_tool)?;
    let (key, tool) = (&key, &tool);
    let of_release = |release| {
        TARGETS.iter().map(move |target| Job {
            release,
            target,
            key,
            tool,
        })
    };
    in_parallel(releases.into_iter().flat_map(of_release), |job: Job| {
        job.write(out)
    })
}

/// Removes the releases of a mirror that was written here before; other folders are left alone.
fn remove_former(out: &Path) -> Result<()> {
    let releases = out.join("releases");
    if out.join(".versions.json").exists() && releases.exists() {
        std::fs::remove_dir_all(&releases)
            .with_context(|| format!("cannot replace the mirror in {}", out.display()))?;
    }
    Ok(())
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

/// One target of one release.
struct Job<'a> {
    release: &'static Release,
    target: &'static Target,
    key: &'a SecretKey,
    tool: &'a imagebuilder::HostTool,
}

impl Job<'_> {
    fn write(&self, out: &Path) -> Result<()> {
        let (release, target) = (self.release, self.target);
        let base = Folder::create(&out.join("releases").join(release.version), release.epoch)?;
        let folder = base.sub(&format!("targets/{}", target.name))?;
        folder.write_json("profiles.json", &profiles::of_target(release, target))?;
        let packages = package::of(release, target);
        let shared = base.sub(&format!("packages/{}", target.arch))?;
        if release.has_opkg() {
            self.write_opkg(&folder, &shared, &packages)?;
        } else {
            self.write_apk(&folder, &shared, &packages)?;
        }
        let sums = folder.write_sums(self.key);
        sums.with_context(|| format!("cannot sum up {} {}", release.version, target.name))
    }

    /// A release of opkg: feeds, manifest and ImageBuilder.
    fn write_opkg(&self, folder: &Folder, shared: &Folder, packages: &[Package]) -> Result<()> {
        let (release, target) = (self.release, self.target);
        let with_file = |package| Ok((package, ipk::build(package, release, target)?));
        let built = packages
            .iter()
            .map(with_file)
            .collect::<Result<Vec<(&Package, Ipk)>>>()?;
        self.write_feeds(folder, shared, &built)?;
        let controls = built.iter().map(|(_, ipk)| ipk.control.clone());
        let manifest = opkg::resolve::closure(controls, &release.default_packages(target));
        folder.write(
            &format!("{}.manifest", release.prefix(target)),
            manifest.as_bytes(),
        )?;
        imagebuilder::write(folder, &built, release, target, self.tool)
    }

    fn write_feeds(
        &self,
        folder: &Folder,
        shared: &Folder,
        built: &[(&Package, Ipk)],
    ) -> Result<()> {
        let release = self.release;
        let write = |folder: &Folder, wanted: &dyn Fn(&Package) -> bool| {
            let chosen: Vec<_> = built
                .iter()
                .filter(|(package, _)| wanted(package))
                .collect();
            feed::write(folder, &chosen, release, self.key)
        };
        let with_kmods = !release.has_kmods_feed();
        write(&folder.sub("packages")?, &|package| {
            package.feed == "core" || with_kmods && package.feed == "kmod"
        })?;
        if release.has_kmods_feed() {
            let kmods = folder.sub(&format!("kmods/{}", release.kmods_folder(self.target)))?;
            write(&kmods, &|package| package.feed == "kmod")?;
        }
        for name in feed::SHARED {
            write(&shared.sub(name)?, &|package| package.feed == name)?;
        }
        shared.write("feeds.conf", feeds_conf(release).as_bytes())
    }

    /// A release of apk has its documents, but neither packages nor ImageBuilder here.
    fn write_apk(&self, folder: &Folder, shared: &Folder, packages: &[Package]) -> Result<()> {
        let index = |feeds: &[&str]| {
            let chosen = packages
                .iter()
                .filter(|package| feeds.contains(&package.feed));
            feed::index_v2(self.target.arch, &chosen.collect::<Vec<_>>())
        };
        folder
            .sub("packages")?
            .write_json("index.json", &index(&["core", "kmod"]))?;
        for name in feed::SHARED {
            shared
                .sub(name)?
                .write_json("index.json", &index(&[name]))?;
        }
        shared.write("feeds.conf", feeds_conf(self.release).as_bytes())
    }
}

/// Which commits the feeds were built from; the commits are made up.
fn feeds_conf(release: &Release) -> String {
    let line = |name: &str| {
        let repository = match name {
            "base" => "openwrt/openwrt".to_owned(),
            "luci" => "project/luci".to_owned(),
            feed => format!("feed/{feed}"),
        };
        let commit = hex::encode(noise_of(&format!("{name} {}", release.version), 20));
        format!("src-git {name} https://git.openwrt.org/{repository}.git^{commit}\n")
    };
    ["base", "packages", "luci", "routing", "telephony"]
        .map(line)
        .concat()
}

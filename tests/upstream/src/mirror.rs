//! Writes the mirror: the same bytes every time.

pub mod apk;
pub mod feed;
pub mod imagebuilder;
pub mod ipk;
mod profiles;
mod tree;

use std::path::Path;
use std::thread;

use anyhow::{Context as _, Result, anyhow};
use asu_test_adb::Key;
use asu_test_adb::package::Written;

use crate::apk::solve;
use crate::format::usign::SecretKey;
use crate::opkg;
use crate::world::contents::noise_of;
use crate::world::package::{self, Package};
use crate::world::release::{self, Release, TARGETS, Target};
use ipk::Ipk;
use tree::Folder;

/// The comment of the public key's file.
pub const KEY_COMMENT: &str = "TEST KEY of asu-test-upstream, its secret is public";

/// The file of apk's public key, in the folder `keys`.
pub const APK_KEY: &str = "test-mirror.pem";

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
    let keys = root.sub("keys")?;
    keys.write(&key.fingerprint(), public.as_bytes())?;
    let apk_key = apk::key();
    keys.write(APK_KEY, apk_key.public_pem().as_bytes())?;
    root.write_json(".versions.json", &profiles::versions(&releases))?;
    for release in &releases {
        let folder = Folder::create(&out.join("releases").join(release.version), release.epoch)?;
        folder.write_json(".targets.json", &profiles::targets())?;
    }
    let tool = imagebuilder::HostTool::read(host_tool)?;
    let (key, apk_key, tool) = (&key, &apk_key, &tool);
    let of_release = |release| {
        TARGETS.iter().map(move |target| Job {
            release,
            target,
            key,
            apk_key,
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
    apk_key: &'a Key,
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
        let built = self.built(packages, ipk::build)?;
        self.write_feeds(folder, shared, |folder, feeds| {
            let wanted = |(package, _): &&(&Package, Ipk)| feeds.contains(&package.feed);
            let chosen: Vec<_> = built.iter().filter(wanted).collect();
            feed::write(folder, &chosen, release, self.key)
        })?;
        let controls = built.iter().map(|(_, ipk)| ipk.control.clone());
        let defaults = release.default_packages(target);
        self.write_manifest(folder, &opkg::resolve::closure(controls, &defaults))?;
        let files = built.iter().map(|(package, ipk)| imagebuilder::Candidate {
            package,
            name: package.filename(),
            bytes: &ipk.bytes,
        });
        imagebuilder::write(folder, files, release, target, self.tool)
    }

    /// A release of apk: the same.
    fn write_apk(&self, folder: &Folder, shared: &Folder, packages: &[Package]) -> Result<()> {
        let (release, target) = (self.release, self.target);
        let built = self.built(packages, apk::build)?;
        self.write_feeds(folder, shared, |folder, feeds| {
            let wanted = |(package, _): &&(&Package, Written)| feeds.contains(&package.feed);
            let chosen: Vec<_> = built.iter().filter(wanted).collect();
            apk::write(folder, &chosen, target, self.apk_key)
        })?;
        let entries = built.iter().map(|(_, written)| written.entry.clone());
        let defaults = [&release.default_packages(target)[..], &["kernel"]].concat();
        let manifest = solve::closure(entries, &defaults)
            .with_context(|| format!("apk cannot install the defaults of {}", target.name))?;
        self.write_manifest(folder, &manifest)?;
        let files = built
            .iter()
            .map(|(package, written)| imagebuilder::Candidate {
                package,
                name: apk::file_name(&written.entry),
                bytes: &written.bytes,
            });
        imagebuilder::write(folder, files, release, target, self.tool)
    }

    fn built<'p, File>(
        &self,
        packages: &'p [Package],
        build: impl Fn(&Package, &Release, &Target) -> Result<File>,
    ) -> Result<Vec<(&'p Package, File)>> {
        let with_file = |package| Ok((package, build(package, self.release, self.target)?));
        packages.iter().map(with_file).collect()
    }

    /// Writes each folder of packages, given the names of the feeds that go into it.
    fn write_feeds(
        &self,
        folder: &Folder,
        shared: &Folder,
        write: impl Fn(&Folder, &[&str]) -> Result<()>,
    ) -> Result<()> {
        let release = self.release;
        let own = folder.sub("packages")?;
        if release.has_kmods_feed() {
            write(&own, &["core"])?;
            let kmods = folder.sub(&format!("kmods/{}", release.kmods_folder(self.target)))?;
            write(&kmods, &["kmod"])?;
        } else {
            write(&own, &["core", "kmod"])?;
        }
        for name in feed::SHARED {
            write(&shared.sub(name)?, &[name])?;
        }
        shared.write("feeds.conf", feeds_conf(release).as_bytes())
    }

    /// The packages of an image nobody asked more of.
    fn write_manifest(&self, folder: &Folder, manifest: &str) -> Result<()> {
        let name = format!("{}.manifest", self.release.prefix(self.target));
        folder.write(&name, manifest.as_bytes())
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

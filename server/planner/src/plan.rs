//! From the question to the plan.

use std::collections::{BTreeMap, BTreeSet};

use asu_protocol::build::BuildRequest;
use asu_protocol::name::{PackageName, PackageSpec};
use asu_protocol::plan::{Choice, Plan, PlanProblem, PlannedRelease, SizeEstimate, Warning};

use crate::changes::changes;
use crate::closure::Closure;
use crate::problems::problems;
use crate::selection::{BASE, Selection};
use crate::solve::{Refusal, Solution, World, solve};
use crate::upgrade::{Release, Upgrade};
use crate::warnings::warnings;
use asu_protocol::repository::{Repositories, RepositoriesMode, RepositoryKeys};

/// What the upgrade would do, or every independent reason why it cannot be done.
pub fn plan(upgrade: &Upgrade<'_>) -> Result<Plan, Vec<PlanProblem>> {
    let transformed = upgrade.transformed();
    let before = before(upgrade);
    let selection = upgrade.selection(&transformed, before.as_ref());
    let solution = settle(&upgrade.to, selection.wanted.keys().map(String::as_str))
        .map_err(|trouble| problems(&upgrade.to, &selection, &trouble))?;
    let closure = Closure::of(&solution);
    let changes = changes(upgrade, &transformed, &selection, &closure);
    let size = size(upgrade, before.as_ref(), &closure);
    let warnings = warnings(upgrade, &selection, &changes, &size);
    Ok(Plan {
        distro: upgrade.distribution.name().to_owned(),
        target: upgrade.target.clone(),
        profile: upgrade.to.profile.map(|(name, _)| name.clone()),
        from: installed(upgrade),
        to: planned(&upgrade.to),
        because: upgrade.because.to_owned(),
        request: request(upgrade, &selection, &warnings),
        changes,
        install: closure.versions(),
        choices: choices(solution),
        warnings,
        size,
    })
}

/// A selection the package manager refuses.
pub(crate) struct Trouble {
    /// What it was asked for; absent where that could not even be read.
    pub(crate) world: Option<World>,
    pub(crate) refusals: Vec<Refusal>,
}

/// Everything that comes with these packages.
pub(crate) fn settle<'n>(
    release: &Release<'_>,
    names: impl Iterator<Item = &'n str>,
) -> Result<Solution, Trouble> {
    // The ImageBuilder brings these along, so an index may well lack them.
    let brought =
        |name: &&str| BASE.contains(name) && release.universe.providers(name).next().is_none();
    let words: Vec<String> = names
        .filter(|name| !brought(name))
        .map(|name| release.index_name(name).to_owned())
        .collect();
    let world = World::parse(release.flavour, &words).map_err(|refusals| Trouble {
        world: None,
        refusals,
    })?;
    solve(release.universe, &world).map_err(|refusals| Trouble {
        world: Some(world),
        refusals,
    })
}

fn planned(release: &Release<'_>) -> PlannedRelease {
    PlannedRelease {
        version: release.version.to_string(),
        revision: release.revision.to_owned(),
        channel: release.channel.to_owned(),
        package_manager: match release.flavour {
            asu_index::Flavour::Opkg => "opkg".to_owned(),
            asu_index::Flavour::Apk => "apk".to_owned(),
        },
    }
}

/// What the router says of itself goes before what the catalogue knows.
fn installed(upgrade: &Upgrade<'_>) -> PlannedRelease {
    let known = upgrade
        .from
        .release
        .as_ref()
        .map(planned)
        .unwrap_or_default();
    let told = upgrade.from.revision;
    PlannedRelease {
        version: upgrade.from.version.to_string(),
        revision: if told.is_empty() {
            known.revision
        } else {
            told.to_owned()
        },
        ..known
    }
}

fn request(
    upgrade: &Upgrade<'_>,
    selection: &Selection,
    warnings: &[Warning],
) -> Option<BuildRequest> {
    let (profile, _) = upgrade.to.profile?;
    if warnings.iter().any(|warning| warning.needs_consent) {
        return None;
    }
    let defaults = upgrade.to.defaults();
    // The ImageBuilder knows its defaults by the names it lists them with.
    let names = selection.wanted.keys().map(|name| {
        let name = name.as_str();
        if defaults.contains(name) {
            name
        } else {
            upgrade.to.index_name(name)
        }
    });
    let packages: BTreeSet<PackageSpec> = names.filter_map(|name| name.parse().ok()).collect();
    Some(BuildRequest {
        distro: upgrade.distribution.name().to_owned(),
        version: upgrade.to.version.clone(),
        // What is built must be what was planned, even if a snapshot moves on meanwhile.
        version_code: upgrade.to.revision.to_owned(),
        target: upgrade.target.clone(),
        profile: profile.clone(),
        packages: packages.into_iter().collect(),
        packages_versions: BTreeMap::new(),
        diff_packages: true,
        defaults: None,
        files: upgrade.files.clone(),
        rootfs_size_mb: upgrade.rootfs_size_mb,
        filesystem: upgrade.filesystem.map(str::to_owned),
        disabled_services: BTreeSet::new(),
        repositories: Repositories::default(),
        repositories_mode: RepositoriesMode::default(),
        repository_keys: RepositoryKeys::default(),
        client: None,
    })
}

fn choices(solution: Solution) -> Vec<Choice> {
    let choices = solution.choices.into_iter();
    choices
        .map(|choice| Choice {
            name: choice.name,
            chosen: choice.taken,
            others: choice.others,
        })
        .collect()
}

/// Everything on the router that came from its release, if that is known.
fn before(upgrade: &Upgrade<'_>) -> Option<Closure> {
    let release = upgrade.from.release?;
    let names = upgrade.from.packages.keys().map(PackageName::as_str);
    // What came from elsewhere must not hide the rest.
    let offered = |name: &&str| {
        let name = release.index_name(name);
        release.universe.providers(name).next().is_some()
    };
    let names = names.filter(offered);
    settle(&release, names)
        .ok()
        .map(|solution| Closure::of(&solution))
}

/// The sizes, and whether the router's storage takes them.
fn size(upgrade: &Upgrade<'_>, before: Option<&Closure>, closure: &Closure) -> SizeEstimate {
    let download = closure.download();
    let growth = before.map(|before| signed(download) - signed(before.download()));
    SizeEstimate {
        download,
        installed: closure.installed(),
        growth,
        limit: upgrade.router.rootfs_size,
        fits: fits(download, growth, upgrade),
    }
}

/// Package files are compressed about as well as the root filesystem, which takes the rest.
fn fits(download: u64, growth: Option<i64>, upgrade: &Upgrade<'_>) -> Option<bool> {
    let within = upgrade.router.rootfs_size.map(|limit| download <= limit);
    let free = upgrade.router.overlay_free.map(signed);
    let grows = growth.zip(free).map(|(growth, free)| growth <= free);
    match (within, grows) {
        (Some(within), Some(grows)) => Some(within && grows),
        (one, other) => one.or(other),
    }
}

fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

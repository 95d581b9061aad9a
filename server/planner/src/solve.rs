//! Which packages a request brings onto a device, by the rules of its package manager.
//!
//! ```text
//! World (what is asked for) ─┐
//!                            ├─► walk (apk, opkg) ─► agreed? ─► Solution: packages, and why
//! Universe (what there is) ──┘                         └─ no ─► Refusals ─► Remedies, each tried
//! ```
//!
//! The verdict and the choice are those of the genuine tool: see `apk` and `opkg` for the rules and
//! for where we differ on purpose.

mod apk;
mod build;
mod candidates;
mod complete;
mod demands;
mod explain;
mod opkg;
mod refusal;
mod remedy;
mod solution;
mod universe;
mod version;
mod walk;
mod why;
mod world;

use asu_index::Flavour;

pub use refusal::{Chain, Party, Refusal};
pub use remedy::{Edit, Remedy, edited, remedies};
pub use solution::{Choice, Selected, Solution, Why};
pub use universe::{PackageId, Universe};
pub use world::{World, WorldEntry};

use demands::Demands;
use walk::{Demand, Walked};

/// A package that is installed before, by name and version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// The name.
    pub name: String,
    /// The version.
    pub version: String,
}

/// What the package manager would install for the world, or every reason why it would not.
pub fn solve(universe: &Universe, world: &World) -> Result<Solution, Vec<Refusal>> {
    solve_over(universe, world, &[])
}

/// As [`solve`], where opkg has installed packages before; these are not part of the solution.
///
/// An image begins empty, so only tests of opkg's rules need this.
pub fn solve_over(
    universe: &Universe,
    world: &World,
    installed: &[Installed],
) -> Result<Solution, Vec<Refusal>> {
    let (demands, unknown) = demands::of_world(universe, world);
    let before = find_installed(universe, installed);
    let walked = walk(universe, &demands, &before, false);
    let refusals = find_refusals(universe, world, &demands, &walked, &before);
    if unknown.is_empty() && refusals.is_empty() {
        let order: Vec<PackageId> = walked
            .order
            .into_iter()
            .filter(|id| !before.contains(id))
            .collect();
        return Ok(why::solution(&Demands::new(
            universe, world, &demands, &order,
        )));
    }
    let unknown = unknown
        .into_iter()
        .map(|entry| no_such_package(world, entry));
    Err(unknown.chain(refusals).collect())
}

/// Whether any selection meets every demand, even one the package manager does not find.
///
/// What a package manager would not do unasked (take an older version, choose a provider) counts,
/// so this says more often yes than [`solve`]; [`remedies`] then tells what to ask for.
pub fn is_possible(universe: &Universe, world: &World) -> bool {
    let (demands, unknown) = demands::of_world(universe, world);
    unknown.is_empty() && complete::selection(universe, &demands, &[]).is_some()
}

fn walk(universe: &Universe, demands: &[Demand], before: &[PackageId], tolerant: bool) -> Walked {
    match universe.flavour() {
        Flavour::Apk => apk::walk(universe, demands),
        Flavour::Opkg => opkg::walk(universe, demands, before, tolerant),
    }
}

fn find_refusals(
    universe: &Universe,
    world: &World,
    demands: &[Demand],
    walked: &Walked,
    before: &[PackageId],
) -> Vec<Refusal> {
    let explain = |walked: &Walked| {
        let order = [before, &walked.order].concat();
        explain::refusals(&Demands::new(universe, world, demands, &order), walked)
    };
    match (walked.agreed, universe.flavour()) {
        (true, Flavour::Apk) => Vec::new(),
        // opkg agrees although packages conflict if it notices too late.
        (true, Flavour::Opkg) => explain(walked),
        (false, Flavour::Apk) => or_no_selection(world, explain(walked)),
        (false, Flavour::Opkg) => {
            or_no_selection(world, explain(&walk(universe, demands, before, true)))
        }
    }
}

/// A refusal has a reason, if only that there is none we could name.
fn or_no_selection(world: &World, refusals: Vec<Refusal>) -> Vec<Refusal> {
    if !refusals.is_empty() {
        return refusals;
    }
    let wanted = world.entries().iter().filter(|entry| !entry.forbids);
    let chain = |text: &String| Chain(vec![text.clone()]);
    let refusal = |text: &String| Refusal::NoSelection {
        package: text.clone(),
        chain: chain(text),
    };
    wanted.map(|entry| refusal(&entry.text)).collect()
}

fn no_such_package(world: &World, entry: usize) -> Refusal {
    let entry = &world.entries()[entry];
    let name = entry.relation.name.clone();
    Refusal::NoSuchPackage {
        name,
        chain: Chain(vec![entry.text.clone()]),
    }
}

fn find_installed(universe: &Universe, installed: &[Installed]) -> Vec<PackageId> {
    let find = |installed: &Installed| {
        let name = *universe.ids.get(installed.name.as_str())?;
        let mut ids = universe
            .providers_of(name)
            .iter()
            .map(|provider| provider.package);
        ids.find(|id| {
            let package = universe.package(*id);
            package.name == installed.name && package.version == installed.version
        })
    };
    installed.iter().filter_map(find).collect()
}

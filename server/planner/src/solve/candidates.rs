//! Changes to a request that might help, to be tried.

use asu_index::Package;

use super::complete;
use super::demands;
use super::refusal::{Party, Refusal};
use super::remedy::{Edit, pinned};
use super::universe::Universe;
use super::walk::Walked;
use super::world::World;

/// How many packages are tried in the place of one.
const ALTERNATIVES: usize = 6;

/// Sets of edits worth a try, the more specific ones first, each once.
pub(super) fn edits(universe: &Universe, world: &World, refusals: &[Refusal]) -> Vec<Vec<Edit>> {
    let candidates = Candidates { universe, world };
    let mut edits: Vec<Vec<Edit>> = Vec::new();
    let specific = refusals
        .iter()
        .flat_map(|refusal| candidates.instead(refusal));
    let searched = candidates.searched();
    let drops = refusals
        .iter()
        .flat_map(|refusal| candidates.drops(refusal));
    for edit in specific.chain(drops).map(|edit| vec![edit]).chain(searched) {
        if !edits.contains(&edit) {
            edits.push(edit);
        }
    }
    edits
}

fn replace(entry: &str, with: &str) -> Edit {
    Edit::Replace {
        entry: entry.to_owned(),
        with: with.to_owned(),
    }
}

struct Candidates<'a> {
    universe: &'a Universe,
    world: &'a World,
}

impl Candidates<'_> {
    fn drops(&self, refusal: &Refusal) -> Vec<Edit> {
        let entries = refusal
            .chains()
            .into_iter()
            .filter_map(|chain| chain.entry());
        let asked = entries.filter(|entry| self.world.entries().iter().any(|e| e.text == *entry));
        asked
            .map(|entry| Edit::Drop {
                entry: entry.to_owned(),
            })
            .collect()
    }

    /// Something else in the place of what makes trouble.
    fn instead(&self, refusal: &Refusal) -> Vec<Edit> {
        match refusal {
            Refusal::AmbiguousProvider {
                name, candidates, ..
            } => candidates
                .iter()
                .map(|with| self.replace_or_add(name, with))
                .collect(),
            Refusal::VersionNotAvailable {
                package: None,
                chain,
                ..
            } => {
                let entry = self
                    .world
                    .entries()
                    .iter()
                    .find(|e| Some(e.text.as_str()) == chain.entry());
                let any = |entry: &super::WorldEntry| replace(&entry.text, &entry.relation.name);
                entry.map(any).into_iter().collect()
            }
            Refusal::NoSuchPackage { name, .. } => self.similar(name),
            Refusal::Conflict { left, right, .. } => [left, right]
                .into_iter()
                .flat_map(|party| self.others(party))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// In the place of the word that asks for the name, if there is one.
    fn replace_or_add(&self, name: &str, with: &str) -> Edit {
        let entry = self
            .world
            .entries()
            .iter()
            .find(|entry| entry.relation.name == name);
        match entry {
            Some(entry) => replace(&entry.text, with),
            None => Edit::Add {
                entry: with.to_owned(),
            },
        }
    }

    /// The same library with the ABI version there is now.
    fn similar(&self, name: &str) -> Vec<Edit> {
        let stem = name.trim_end_matches(|c: char| c.is_ascii_digit() || "-._".contains(c));
        let known = [name, stem]
            .into_iter()
            .flat_map(|plain| self.universe.by_plain_name(plain));
        let known = known
            .map(|package| package.name.as_str())
            .filter(|known| *known != name);
        known
            .take(ALTERNATIVES)
            .map(|with| self.replace_or_add(name, with))
            .collect()
    }

    /// Packages that could stand for the one that conflicts.
    fn others(&self, party: &Party) -> Vec<Edit> {
        let mut packages = self.universe.providers(&party.name);
        let Some(package) = packages.find(|package| package.name == party.name) else {
            return Vec::new();
        };
        let names = package.provides.iter().map(|provided| &provided.name);
        let names = std::iter::once(&package.name).chain(names);
        let others = names.flat_map(|name| self.universe.providers(name));
        let others = others.filter(|other| other.name != package.name);
        let edits = others.map(|other: &Package| self.replace_or_add(&party.name, &other.name));
        edits.take(ALTERNATIVES).collect()
    }

    /// What a complete search would have the user name.
    fn searched(&self) -> Vec<Vec<Edit>> {
        let (demands, _) = demands::of_world(self.universe, self.world);
        let Walked { order: tried, .. } = super::walk(self.universe, &demands, &[], true);
        let Some(selection) = complete::selection(self.universe, &demands, &tried) else {
            return Vec::new();
        };
        let news = selection.iter().filter(|id| !tried.contains(id));
        let adds: Vec<Edit> = news
            .map(|id| self.add(self.universe.package(*id)))
            .collect();
        let singles = adds.iter().take(ALTERNATIVES).map(|add| vec![add.clone()]);
        let mut sets: Vec<Vec<Edit>> = singles.collect();
        sets.push(adds);
        sets.retain(|set| !set.is_empty());
        sets
    }

    fn add(&self, package: &Package) -> Edit {
        let newest = self.universe.best(&package.name);
        let pin = newest.is_some_and(|newest| newest.version != package.version);
        let with = if pin {
            pinned(self.universe.flavour(), &package.name, &package.version)
        } else {
            package.name.clone()
        };
        self.replace_or_add(&package.name, &with)
    }
}

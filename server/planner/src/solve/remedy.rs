//! What to ask for instead, once a request is refused: every remedy was tried.

use std::collections::BTreeSet;
use std::fmt;

use asu_index::Flavour;
use serde::Serialize;

use super::refusal::Refusal;
use super::universe::Universe;
use super::world::World;
use super::{candidates, solve};

/// How many changed requests are tried at most; each costs as much as the first.
const TRIES: usize = 64;

/// How many words are dropped at most to get rid of one refusal.
const DROPS: usize = 8;

/// How many remedies are offered at most.
const OFFERS: usize = 12;

/// A change to the world.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(tag = "edit", rename_all = "kebab-case")]
pub enum Edit {
    /// Ask for one thing instead of another.
    Replace {
        /// The word of the world.
        entry: String,
        /// The new word.
        with: String,
    },
    /// Ask for one thing more.
    Add {
        /// The new word.
        entry: String,
    },
    /// Do without something.
    Drop {
        /// The word of the world.
        entry: String,
    },
}

/// Changes that help, tried by solving the changed request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remedy {
    /// What to change.
    pub edits: Vec<Edit>,
    /// Which of the refusals are gone then, by their place; all of them where `solves`.
    pub clears: Vec<usize>,
    /// Whether nothing stands in the way any more.
    pub solves: bool,
}

impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Replace { entry, with } => write!(f, "use {with} instead of {entry}"),
            Self::Add { entry } => write!(f, "add {entry}"),
            Self::Drop { entry } => write!(f, "drop {entry}"),
        }
    }
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let edits: Vec<String> = self.edits.iter().map(Edit::to_string).collect();
        f.write_str(&edits.join(" and "))
    }
}

/// The world with the edits made; none where an edit makes no valid word.
pub fn edited(world: &World, edits: &[Edit]) -> Option<World> {
    edits
        .iter()
        .try_fold(world.clone(), |world, edit| match edit {
            Edit::Drop { entry } => Some(world.without(entry)),
            Edit::Add { entry } => world.with(entry).ok(),
            Edit::Replace { entry, with } => world.without(entry).with(with).ok(),
        })
}

/// Changes after which the request, or at least one of its refusals, is solved.
///
/// Smallest first; where no single change solves everything, one that combines them is among them,
/// if it was found. `refusals` are what [`solve`] said of this world.
pub fn remedies(universe: &Universe, world: &World, refusals: &[Refusal]) -> Vec<Remedy> {
    let mut trial = Trial {
        universe,
        world,
        refusals,
        left: TRIES,
    };
    let mut found: Vec<Remedy> = Vec::new();
    for edits in candidates::edits(universe, world, refusals) {
        found.extend(trial.remedy(edits));
    }
    for refusal in refusals {
        found.extend(trial.drops(refusal));
    }
    if !found.iter().any(|remedy| remedy.solves) {
        found.extend(trial.combined(&found));
    }
    if !found.iter().any(|remedy| remedy.solves) {
        found.extend(trial.last_resort());
    }
    found.sort_by_key(|remedy| (remedy.edits.len(), !remedy.solves, remedy.edits.clone()));
    keep_useful(found, refusals.len())
}

/// The first few, but never without one for each refusal that has any, nor with needless edits.
fn keep_useful(found: Vec<Remedy>, refusals: usize) -> Vec<Remedy> {
    let mut kept: Vec<Remedy> = Vec::new();
    for remedy in found {
        let cleared: BTreeSet<usize> = kept.iter().flat_map(|kept| kept.clears.clone()).collect();
        let news = remedy
            .clears
            .iter()
            .any(|refusal| !cleared.contains(refusal))
            || remedy.solves;
        let room = kept.len() < OFFERS || (news && kept.len() < OFFERS + refusals);
        if room && !kept.iter().any(|smaller| smaller.does_all_of(&remedy)) {
            kept.push(remedy);
        }
    }
    kept
}

impl Remedy {
    /// Whether the other one has more edits to no more effect.
    fn does_all_of(&self, other: &Self) -> bool {
        self.edits.iter().all(|edit| other.edits.contains(edit))
            && other
                .clears
                .iter()
                .all(|refusal| self.clears.contains(refusal))
    }
}

struct Trial<'a> {
    universe: &'a Universe,
    world: &'a World,
    refusals: &'a [Refusal],
    left: usize,
}

impl Trial<'_> {
    fn remedy(&mut self, edits: Vec<Edit>) -> Option<Remedy> {
        self.left = self.left.checked_sub(1)?;
        let world = edited(self.world, &edits)?;
        let remaining = solve(self.universe, &world).err().unwrap_or_default();
        let gone = |refusal: &Refusal| !remaining.iter().any(|other| same(refusal, other));
        let clears: Vec<usize> = (0..self.refusals.len())
            .filter(|place| gone(&self.refusals[*place]))
            .collect();
        let known = |other: &Refusal| self.refusals.iter().any(|refusal| same(refusal, other));
        let helps = !clears.is_empty() && remaining.iter().all(known);
        helps.then_some(Remedy {
            edits,
            clears,
            solves: remaining.is_empty(),
        })
    }

    /// Several words may lead to one trouble: without all of them, it is gone.
    fn drops(&mut self, refusal: &Refusal) -> Vec<Remedy> {
        let sides = 0..refusal.chains().len();
        sides
            .filter_map(|side| self.drop_side(refusal, side))
            .collect()
    }

    fn drop_side(&mut self, refusal: &Refusal, side: usize) -> Option<Remedy> {
        let mut edits = Vec::new();
        let mut current = refusal.clone();
        for _ in 0..DROPS {
            edits.push(self.drop_of(&current, side)?);
            self.left = self.left.checked_sub(1)?;
            let world = edited(self.world, &edits)?;
            let remaining = solve(self.universe, &world).err().unwrap_or_default();
            match remaining.into_iter().find(|other| same(other, refusal)) {
                Some(other) => current = other,
                // One word alone was tried before.
                None if edits.len() == 1 => return None,
                None => return self.remedy(edits),
            }
        }
        None
    }

    /// To do without the word a trouble comes from.
    fn drop_of(&self, refusal: &Refusal, side: usize) -> Option<Edit> {
        let chains = refusal.chains();
        let entry = chains.get(side)?.entry()?;
        let asked = self.world.entries().iter().any(|known| known.text == entry);
        let entry = entry.to_owned();
        asked.then_some(Edit::Drop { entry })
    }

    /// Drops whatever makes trouble until nothing does.
    fn last_resort(&mut self) -> Option<Remedy> {
        let mut edits: Vec<Edit> = Vec::new();
        let mut refusals = self.refusals.to_vec();
        while let Some(refusal) = refusals.first() {
            let drop = self.drop_of(refusal, 0);
            let drop = drop
                .filter(|drop| !edits.contains(drop))
                .or_else(|| self.next_drop(&edits))?;
            edits.push(drop);
            let world = edited(self.world, &edits)?;
            refusals = solve(self.universe, &world).err().unwrap_or_default();
        }
        self.left = self.left.max(1);
        self.remedy(edits)
    }

    fn next_drop(&self, edits: &[Edit]) -> Option<Edit> {
        let entries = self.world.entries().iter().map(|entry| entry.text.clone());
        let mut drops = entries.map(|entry| Edit::Drop { entry });
        drops.find(|drop| !edits.contains(drop))
    }

    /// For each refusal the first change that clears it, all together.
    fn combined(&mut self, found: &[Remedy]) -> Option<Remedy> {
        let mut edits: Vec<Edit> = Vec::new();
        let mut cleared: BTreeSet<usize> = BTreeSet::new();
        for place in 0..self.refusals.len() {
            if cleared.contains(&place) {
                continue;
            }
            let remedy = found.iter().find(|remedy| remedy.clears.contains(&place))?;
            cleared.extend(&remedy.clears);
            edits.extend(remedy.edits.iter().cloned());
        }
        edits.sort();
        edits.dedup();
        self.left = self.left.max(1);
        self.remedy(edits).filter(|remedy| remedy.solves)
    }
}

/// Whether both are about the same packages in the same way, however they came about.
fn same(a: &Refusal, b: &Refusal) -> bool {
    a.code() == b.code() && a.packages() == b.packages()
}

/// How the package manager is asked for one very version; opkg cannot be.
pub(super) fn pinned(flavour: Flavour, name: &str, version: &str) -> String {
    match flavour {
        Flavour::Apk => format!("{name}={version}"),
        Flavour::Opkg => name.to_owned(),
    }
}

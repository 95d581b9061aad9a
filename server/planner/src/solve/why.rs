//! From a selection to a solution: the reason for each package, and the choices made.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::demands::{Demands, Source, notation};
use super::solution::{Choice, Selected, Solution, Why};
use super::universe::{Need, PackageId};

pub(super) fn solution(demands: &Demands) -> Solution {
    let select = |id: &PackageId| Selected {
        package: Arc::clone(&demands.universe.entry(*id).package),
        why: why(demands, *id),
    };
    Solution {
        install: demands.order.iter().map(select).collect(),
        choices: choices(demands),
    }
}

fn why(demands: &Demands, id: PackageId) -> Why {
    let universe = demands.universe;
    match demands.parent(id) {
        Some((Source::World(entry), _)) if entry < demands.world.entries().len() => Why::Asked {
            entry: demands.world.entries()[entry].text.clone(),
        },
        Some((Source::Package(by), name)) => {
            let mut needs = universe.entry(by).needs.iter().filter(|need| !need.forbids);
            match needs.find(|need| need.terms.iter().any(|term| term.name == name)) {
                Some(need) => Why::Needed {
                    by: universe.package(by).name.clone(),
                    relation: notation(universe, need),
                },
                None => triggered(demands, id),
            }
        }
        _ => triggered(demands, id),
    }
}

fn triggered(demands: &Demands, id: PackageId) -> Why {
    let conditions = demands.universe.entry(id).install_if.iter();
    Why::Triggered {
        by: conditions
            .map(|need| notation(demands.universe, need))
            .collect(),
    }
}

/// Demanded names that packages of other names than the one taken could have stood for.
fn choices(demands: &Demands) -> Vec<Choice> {
    let mut choices: BTreeMap<String, Choice> = BTreeMap::new();
    for (_, need) in demands.all().filter(|(_, need)| !need.forbids) {
        if need.terms.len() == 1 && demands.universe.providers_of(need.terms[0].name).len() < 2 {
            continue;
        }
        if let Some(choice) = choice(demands, need) {
            choices.entry(choice.name.clone()).or_insert(choice);
        }
    }
    choices.into_values().collect()
}

fn choice(demands: &Demands, need: &Need) -> Option<Choice> {
    let universe = demands.universe;
    let name = |id: PackageId| universe.package(id).name.as_str();
    let taken = name(
        need.terms
            .iter()
            .find_map(|term| demands.meeting(term).next())?,
    );
    let mut others: Vec<String> = Vec::new();
    for term in &need.terms {
        for provider in universe.providers_of(term.name) {
            let other = name(provider.package);
            let fits = universe.entry(provider.package).usable && universe.meets(term, *provider);
            if fits && other != taken && !others.iter().any(|known| known == other) {
                others.push(other.to_owned());
            }
        }
    }
    others.sort();
    (!others.is_empty()).then(|| Choice {
        name: notation(universe, need),
        taken: taken.to_owned(),
        others,
    })
}

//! Whether a selection meets what it must, found out the slow and obvious way.

use asu_index::{Flavour, Package, Relation};
use asu_planner::solve::{World, WorldEntry};

/// Everything wrong with a selection.
pub(crate) fn faults(flavour: Flavour, world: &World, selected: &[&Package]) -> Vec<String> {
    let mut faults = Vec::new();
    for entry in world.entries() {
        faults.extend(entry_fault(flavour, entry, selected));
    }
    for package in selected {
        for dependency in &package.depends {
            if !dependency
                .0
                .iter()
                .any(|relation| met(flavour, relation, selected))
            {
                faults.push(format!("{} lacks {dependency:?}", package.name));
            }
        }
        for other in selected.iter().filter(|other| other.name != package.name) {
            faults.extend(pair_fault(flavour, package, other));
        }
        if selected
            .iter()
            .filter(|other| other.name == package.name)
            .count()
            > 1
        {
            faults.push(format!("{} twice", package.name));
        }
    }
    faults
}

fn entry_fault(flavour: Flavour, entry: &WorldEntry, selected: &[&Package]) -> Option<String> {
    let met = met(flavour, &entry.relation, selected);
    (met == entry.forbids).then(|| format!("world: {}", entry.text))
}

fn met(flavour: Flavour, relation: &Relation, selected: &[&Package]) -> bool {
    selected
        .iter()
        .any(|package| meets(flavour, relation, package))
}

fn meets(flavour: Flavour, relation: &Relation, package: &Package) -> bool {
    let admits = |version: &str| {
        relation
            .constraint
            .as_ref()
            .is_none_or(|constraint| constraint.admits(flavour, version))
    };
    let own = relation.name == package.name && admits(&package.version);
    let provided = package
        .provides
        .iter()
        .filter(|provided| provided.name == relation.name);
    let versions = provided.map(|provided| match flavour {
        Flavour::Apk => provided.version.as_deref().unwrap_or_default(),
        Flavour::Opkg => &package.version,
    });
    own || versions.into_iter().any(admits)
}

fn pair_fault(flavour: Flavour, package: &Package, other: &Package) -> Option<String> {
    let against = package.conflicts.iter().any(|conflict| match flavour {
        Flavour::Apk => meets(flavour, conflict, other),
        Flavour::Opkg => conflict.name == other.name && meets(flavour, conflict, other),
    });
    let rivals = flavour == Flavour::Apk && claims(package).any(|name| stands_for(other, name));
    (against || rivals).then(|| format!("{} beside {}", package.name, other.name))
}

/// The names a package has for itself alone.
fn claims(package: &Package) -> impl Iterator<Item = &str> {
    let provided = package
        .provides
        .iter()
        .filter(|provided| provided.version.is_some());
    let provided = provided.map(|provided| provided.name.as_str());
    std::iter::once(package.name.as_str()).chain(provided)
}

fn stands_for(package: &Package, name: &str) -> bool {
    package.name == name
        || package
            .provides
            .iter()
            .any(|provided| provided.name == name)
}

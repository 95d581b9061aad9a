//! Turns lists of packages into a [`Universe`].

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use asu_index::{Flavour, Package, Relation};

use super::universe::{Entry, Name, NameId, Need, PackageId, Provider, Term, Universe};

pub(super) fn universe(
    flavour: Flavour,
    architectures: &[String],
    packages: impl Iterator<Item = Arc<Package>>,
) -> Universe {
    let mut universe = Universe {
        flavour,
        entries: Vec::new(),
        names: Vec::new(),
        ids: HashMap::new(),
        plain: HashMap::new(),
    };
    for package in once_each(flavour, packages) {
        universe.add(architectures, package);
    }
    universe.link_names();
    universe
}

/// Leaves out what an earlier feed listed already; opkg prefers the later of two listings.
fn once_each(flavour: Flavour, packages: impl Iterator<Item = Arc<Package>>) -> Vec<Arc<Package>> {
    let listed: Vec<Arc<Package>> = packages.collect();
    let mut places = HashMap::with_capacity(listed.len());
    let mut kept: Vec<&Arc<Package>> = Vec::with_capacity(listed.len());
    for package in &listed {
        let place = *places
            .entry(identity(flavour, package))
            .or_insert(kept.len());
        match kept.get_mut(place) {
            Some(earlier) if flavour == Flavour::Opkg => *earlier = package,
            Some(_) => {}
            None => kept.push(package),
        }
    }
    kept.into_iter().cloned().collect()
}

/// apk tells packages apart by their digest, opkg by name, version and architecture.
fn identity(flavour: Flavour, package: &Package) -> [&str; 4] {
    let digest = match flavour {
        Flavour::Apk => package.sha256.as_str(),
        Flavour::Opkg => "",
    };
    [&package.name, &package.version, &package.arch, digest]
}

impl Universe {
    fn add(&mut self, architectures: &[String], package: Arc<Package>) {
        let closeness = closeness(self.flavour, architectures, &package.arch);
        let id = PackageId(u32::try_from(self.entries.len()).unwrap_or(u32::MAX));
        let name = self.intern(&package.name);
        let provides: Box<[NameId]> = package
            .provides
            .iter()
            .map(|provided| self.intern(&provided.name))
            .collect();
        let needs = self.needs(&package);
        let install_if = package
            .install_if
            .iter()
            .map(|relation| self.trigger(relation))
            .collect();
        self.plain
            .entry(package.plain_name().into())
            .or_default()
            .push(id);
        self.entries.push(Entry {
            name,
            usable: closeness > 0,
            closeness,
            needs,
            install_if,
            provides,
            package,
        });
        self.provide(id);
    }

    fn provide(&mut self, id: PackageId) {
        let faces: Vec<(NameId, Provider)> = self.faces(id).collect();
        for (name, provider) in faces {
            let providers = &mut self.names[name.0 as usize].providers;
            let twice = self.flavour == Flavour::Opkg
                && providers
                    .iter()
                    .any(|known| known.package == provider.package);
            if !twice {
                providers.push(provider);
            }
        }
    }

    fn intern(&mut self, text: &str) -> NameId {
        if let Some(id) = self.ids.get(text) {
            return *id;
        }
        let id = NameId(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
        let text: Arc<str> = text.into();
        self.ids.insert(Arc::clone(&text), id);
        self.names.push(Name {
            text,
            ..Name::default()
        });
        id
    }

    /// Requirements and what is forbidden; apk keeps both in one list, in the order of names.
    fn needs(&mut self, package: &Package) -> Box<[Need]> {
        let mut needs: Vec<Need> = Vec::new();
        for dependency in &package.depends {
            needs.push(Need {
                terms: self.terms(&dependency.0),
                forbids: false,
            });
        }
        for relation in &package.conflicts {
            needs.push(Need {
                terms: self.terms(std::slice::from_ref(relation)),
                forbids: true,
            });
        }
        if self.flavour == Flavour::Apk {
            let name = |need: &Need| self.text(need.terms[0].name);
            needs.sort_by(|a, b| display_order(name(a), name(b)));
        }
        needs.into()
    }

    fn terms(&mut self, relations: &[Relation]) -> Box<[Term]> {
        let term = |relation: &Relation| Term {
            name: self.intern(&relation.name),
            constraint: relation.constraint.clone().map(Box::new),
        };
        relations.iter().map(term).collect()
    }

    /// A condition of `install-if`; `!name` asks for the absence of the name.
    fn trigger(&mut self, relation: &Relation) -> Need {
        let forbids = relation.name.starts_with('!');
        let name = relation.name.trim_start_matches('!').to_owned();
        let relation = Relation {
            name,
            constraint: relation.constraint.clone(),
        };
        Need {
            terms: self.terms(&[relation]),
            forbids,
        }
    }

    fn link_names(&mut self) {
        if self.flavour == Flavour::Opkg {
            self.share_provides();
            self.link_replacements();
            return;
        }
        for id in self.names_as_apk_lists_them() {
            let (needs, triggers) = self.mentions(id);
            for name in needs {
                push_new(&mut self.names[name.0 as usize].needed_by, id);
            }
            for name in triggers {
                push_new(&mut self.names[name.0 as usize].triggers, id);
            }
        }
    }

    /// For opkg, what one version of a package provides, all of its versions provide.
    fn share_provides(&mut self) {
        for index in 0..self.names.len() {
            let providers = &self.names[index].providers;
            let names: Vec<NameId> = providers
                .iter()
                .map(|p| self.entry(p.package).name)
                .collect();
            let siblings = names.iter().flat_map(|name| self.providers_of(*name));
            let siblings: Vec<Provider> = siblings.filter(|p| p.slot.is_none()).copied().collect();
            for Provider { package, .. } in siblings {
                let providers = &mut self.names[index].providers;
                if !providers.iter().any(|known| known.package == package) {
                    providers.push(Provider {
                        package,
                        slot: Some(u32::MAX),
                    });
                }
            }
        }
    }

    /// apk goes through its table of names, which decides who of equals is looked at first: 20,000
    /// chains by `MurmurHash3`, the latest name first in each.
    fn names_as_apk_lists_them(&self) -> Vec<NameId> {
        let chain = |id: &NameId| {
            let mut text = self.text(*id).as_bytes();
            // Reading from memory does not fail.
            let hash = murmur3::murmur3_32(&mut text, 5381).unwrap_or_default();
            (hash % 20_000, std::cmp::Reverse(*id))
        };
        let mut ids: Vec<NameId> = (0..).map(NameId).take(self.names.len()).collect();
        ids.sort_by_cached_key(chain);
        ids
    }

    /// The names that the providers of a name need, and those they wait for.
    fn mentions(&self, id: NameId) -> (Vec<NameId>, Vec<NameId>) {
        let providers = self
            .providers_of(id)
            .iter()
            .map(|provider| self.entry(provider.package));
        let names = |needs: &[Need]| -> Vec<NameId> {
            needs
                .iter()
                .flat_map(|need| need.terms.iter().map(|term| term.name))
                .collect()
        };
        let (needs, triggers): (Vec<_>, Vec<_>) = providers
            .map(|entry| (names(&entry.needs), names(&entry.install_if)))
            .unzip();
        (needs.concat(), triggers.concat())
    }

    /// opkg takes a package that both replaces and conflicts with another for that other.
    fn link_replacements(&mut self) {
        for index in 0..self.entries.len() {
            let entry = &self.entries[index];
            let forbidden = |name: &str| entry.package.conflicts.iter().any(|c| c.name == name);
            let replaced = entry.package.replaces.iter().filter(|r| forbidden(&r.name));
            let replaced: Vec<NameId> = replaced
                .filter_map(|r| self.ids.get(r.name.as_str()).copied())
                .collect();
            for name in replaced {
                let by = self.entries[index].name;
                push_new(&mut self.names[name.0 as usize].replaced_by, by);
            }
        }
    }
}

fn push_new(list: &mut Vec<NameId>, id: NameId) {
    // A name is linked completely before the next one, so a repetition is the last or not there.
    if list.last() != Some(&id) {
        list.push(id);
    }
}

/// 0 for a foreign architecture; what runs anywhere is further away than what was built for it.
fn closeness(flavour: Flavour, architectures: &[String], arch: &str) -> u32 {
    if let Some(place) = architectures.iter().position(|known| known == arch) {
        return u32::try_from(place).unwrap_or(u32::MAX - 2) + 2;
    }
    let anywhere = matches!(arch, "all" | "noarch") || (arch.is_empty() && flavour == Flavour::Apk);
    u32::from(architectures.is_empty() || anywhere)
}

/// apk's order of names: letters first, then their case.
pub(super) fn display_order(a: &str, b: &str) -> Ordering {
    letters(a).cmp(letters(b)).then_with(|| a.cmp(b))
}

fn letters(name: &str) -> impl Iterator<Item = u8> {
    name.bytes().map(|byte| byte.to_ascii_lowercase())
}

//! Every package a target offers, indexed for solving: built once, then only read.

use std::collections::HashMap;
use std::sync::Arc;

use asu_index::{Constraint, Flavour, Operator, Package};

use super::build;
use super::version;

/// A package of a [`Universe`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackageId(pub(super) u32);

/// A name something provides, needs or forbids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct NameId(pub(super) u32);

/// A package under one of the names it can be asked for by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Provider {
    pub(super) package: PackageId,
    /// Which of the package's `provides`; its own name where absent.
    pub(super) slot: Option<u32>,
}

/// A name, and which of its versions count.
#[derive(Debug)]
pub(super) struct Term {
    pub(super) name: NameId,
    pub(super) constraint: Option<Box<Constraint>>,
}

/// What a package demands: one of the terms, or, where it `forbids`, none of them.
#[derive(Debug)]
pub(super) struct Need {
    pub(super) terms: Box<[Term]>,
    pub(super) forbids: bool,
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) package: Arc<Package>,
    pub(super) name: NameId,
    /// Whether the target runs its architecture.
    pub(super) usable: bool,
    /// The larger, the closer its architecture is to the target.
    pub(super) closeness: u32,
    pub(super) needs: Box<[Need]>,
    pub(super) install_if: Box<[Need]>,
    /// Beside `package.provides`.
    pub(super) provides: Box<[NameId]>,
}

#[derive(Debug, Default)]
pub(super) struct Name {
    pub(super) text: Arc<str>,
    pub(super) providers: Vec<Provider>,
    /// apk: names some provider of which needs or forbids this one.
    pub(super) needed_by: Vec<NameId>,
    /// apk: names some provider of which waits for this one to be installed.
    pub(super) triggers: Vec<NameId>,
    /// opkg: packages that replace and conflict with this one, so they are taken for it.
    pub(super) replaced_by: Vec<NameId>,
}

/// What a target offers. Cheap to share, never changed.
#[derive(Debug)]
pub struct Universe {
    pub(super) flavour: Flavour,
    pub(super) entries: Vec<Entry>,
    pub(super) names: Vec<Name>,
    pub(super) ids: HashMap<Arc<str>, NameId>,
    pub(super) plain: HashMap<Box<str>, Vec<PackageId>>,
}

impl Universe {
    /// Indexes the packages of a target, in the order of its feeds: the first feed wins ties.
    ///
    /// Without architectures any package is taken; `all` and `noarch` always are. A package listed
    /// twice counts once.
    pub fn new<P: Into<Arc<Package>>>(
        flavour: Flavour,
        architectures: &[String],
        packages: impl IntoIterator<Item = P>,
    ) -> Self {
        build::universe(flavour, architectures, packages.into_iter().map(Into::into))
    }

    /// The package manager whose rules hold.
    pub fn flavour(&self) -> Flavour {
        self.flavour
    }

    /// How many packages there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no package at all.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Packages that are called so or provide the name, in the order of the feeds.
    pub fn providers<'u>(&'u self, name: &str) -> impl Iterator<Item = &'u Package> + use<'u> {
        let name = self.ids.get(name).copied();
        let providers = name.map_or(&[][..], |name| self.providers_of(name));
        providers
            .iter()
            .map(|provider| self.package(provider.package))
    }

    /// The newest package of this very name that the target can run.
    pub fn best(&self, name: &str) -> Option<&Package> {
        let name = *self.ids.get(name)?;
        let own = self
            .providers_of(name)
            .iter()
            .filter(|provider| provider.slot.is_none());
        let mut usable = own
            .map(|provider| self.entry(provider.package))
            .filter(|e| e.usable);
        let first = usable.next()?;
        let newest = usable.fold(first, |best, entry| {
            let order = version::order(self.flavour, &entry.package.version, &best.package.version);
            if order.is_gt() { entry } else { best }
        });
        Some(&newest.package)
    }

    /// Packages of this name once their ABI version is cut off: `libubox` finds `libubox20240329`.
    pub fn by_plain_name<'u>(&'u self, plain: &str) -> impl Iterator<Item = &'u Package> + use<'u> {
        let ids = self.plain.get(plain).map_or(&[][..], Vec::as_slice);
        ids.iter().map(|id| self.package(*id))
    }

    /// Every package, in the order of the feeds.
    pub fn packages(&self) -> impl Iterator<Item = &Package> {
        self.entries.iter().map(|entry| &*entry.package)
    }

    /// The package itself.
    pub fn package(&self, id: PackageId) -> &Package {
        &self.entry(id).package
    }

    pub(super) fn entry(&self, id: PackageId) -> &Entry {
        &self.entries[id.0 as usize]
    }

    pub(super) fn name(&self, id: NameId) -> &Name {
        &self.names[id.0 as usize]
    }

    pub(super) fn text(&self, id: NameId) -> &str {
        &self.name(id).text
    }

    pub(super) fn providers_of(&self, name: NameId) -> &[Provider] {
        &self.name(name).providers
    }

    /// The version a provider gives the name; none where it is provided without.
    pub(super) fn version_of(&self, provider: Provider) -> Option<&str> {
        let package = self.package(provider.package);
        match provider.slot {
            None => Some(&package.version),
            Some(slot) => package.provides.get(slot as usize)?.version.as_deref(),
        }
    }

    /// Whether the provider counts for the term.
    ///
    /// apk looks at the version the name is provided with; without one it counts as older than any.
    /// opkg knows no versions of provided names and looks at the package's own.
    pub(super) fn meets(&self, term: &Term, provider: Provider) -> bool {
        use Operator::{FuzzyLess, Less, LessOrEqual};
        let Some(constraint) = &term.constraint else {
            return true;
        };
        let version = match self.flavour {
            Flavour::Apk => self.version_of(provider),
            Flavour::Opkg => Some(self.package(provider.package).version.as_str()),
        };
        match version {
            Some(version) => constraint.admits(self.flavour, version),
            None => matches!(constraint.operator, Less | LessOrEqual | FuzzyLess),
        }
    }

    /// The names a package can be asked for by, its own first.
    pub(super) fn faces(&self, id: PackageId) -> impl Iterator<Item = (NameId, Provider)> {
        let entry = self.entry(id);
        let own = (
            entry.name,
            Provider {
                package: id,
                slot: None,
            },
        );
        let others = entry.provides.iter().zip(0..);
        let other = move |(name, slot): (&NameId, u32)| {
            (
                *name,
                Provider {
                    package: id,
                    slot: Some(slot),
                },
            )
        };
        std::iter::once(own).chain(others.map(other))
    }
}

//! Which packages the new image is asked for, and why each.

use std::collections::{BTreeMap, BTreeSet};

use asu_distributions::{Outcome, Transformed};

/// Packages that no router is without: never taken for removed, and not always in an index, because
/// every ImageBuilder brings them along.
pub(crate) const BASE: [&str; 4] = ["base-files", "kernel", "libc", "libgcc"];

/// Why a package is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// It is installed, under this name.
    Installed,
    /// A rule puts it in the place of these installed packages.
    Instead(Vec<String>),
    /// A rule adds it, for this reason.
    Rule(String),
    /// The new release has it by default, and it is on the router already because another package
    /// needs it.
    Present,
    /// The new release has it by default and the installed one had not.
    Default,
    /// A person, or a set a person named, asks for it.
    Asked,
}

/// What goes into the selection.
pub(crate) struct Wishes<'a> {
    pub(crate) transformed: &'a Transformed,
    /// What the installed release has by default, as the rules turn it into today's names; absent
    /// where that release is unknown.
    pub(crate) old_defaults: Option<BTreeSet<String>>,
    /// Those of them that are on the router, if only because another package needs them.
    pub(crate) present_defaults: BTreeSet<String>,
    pub(crate) new_defaults: BTreeSet<String>,
    pub(crate) add: BTreeSet<String>,
    pub(crate) remove: BTreeSet<String>,
}

impl Wishes<'_> {
    fn was_removed(&self, name: &str) -> bool {
        let old = self.old_defaults.as_ref();
        old.is_some_and(|old| old.contains(name))
            && !self.present_defaults.contains(name)
            && !BASE.contains(&name)
    }
}

/// The packages wanted, each with its reason, and the defaults that are deliberately not.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Selection {
    pub(crate) wanted: BTreeMap<String, Origin>,
    pub(crate) missing_defaults: Vec<String>,
}

impl Selection {
    pub(crate) fn of(wishes: &Wishes<'_>) -> Self {
        let mut selection = Self::default();
        selection.take_installed(wishes.transformed);
        selection.take_defaults(wishes);
        for name in &wishes.add {
            selection
                .wanted
                .entry(name.clone())
                .or_insert(Origin::Asked);
        }
        selection.drop_removed(wishes);
        selection
    }

    fn take_installed(&mut self, transformed: &Transformed) {
        for (name, outcome) in &transformed.packages {
            match outcome {
                Outcome::Kept => {
                    self.wanted.insert(name.clone(), Origin::Installed);
                }
                Outcome::Replaced { by, .. } => {
                    for new in by {
                        self.take_instead(new, name);
                    }
                }
                Outcome::Dropped { .. } => {}
            }
        }
        for added in &transformed.added {
            let reason = added
                .note
                .clone()
                .unwrap_or_else(|| format!("needed since {}", added.version));
            self.wanted
                .entry(added.package.clone())
                .or_insert(Origin::Rule(reason));
        }
    }

    fn take_instead(&mut self, new: &str, old: &str) {
        let origin = self
            .wanted
            .entry(new.to_owned())
            .or_insert_with(|| Origin::Instead(Vec::new()));
        if let Origin::Instead(replaced) = origin {
            replaced.push(old.to_owned());
        }
    }

    /// A default of both releases that is not on the router was removed on purpose, and stays so.
    fn take_defaults(&mut self, wishes: &Wishes<'_>) {
        for name in &wishes.new_defaults {
            if self.wanted.contains_key(name) {
                continue;
            }
            if wishes.was_removed(name) {
                self.missing_defaults.push(name.clone());
                continue;
            }
            let is_present = wishes.present_defaults.contains(name);
            let origin = if is_present {
                Origin::Present
            } else {
                Origin::Default
            };
            self.wanted.insert(name.clone(), origin);
        }
    }

    /// What is installed under another name goes by either name.
    fn drop_removed(&mut self, wishes: &Wishes<'_>) {
        for name in &wishes.remove {
            self.wanted.remove(name);
            if let Some(Outcome::Replaced { by, .. }) = wishes.transformed.packages.get(name) {
                for new in by {
                    self.give_up(new, name);
                }
            }
        }
    }

    fn give_up(&mut self, new: &str, old: &str) {
        let Some(Origin::Instead(replaced)) = self.wanted.get_mut(new) else {
            return;
        };
        replaced.retain(|name| name != old);
        if replaced.is_empty() {
            self.wanted.remove(new);
        }
    }
}

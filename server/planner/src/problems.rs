//! Why there is no plan, for a router's owner.

use asu_protocol::plan::{PlanProblem, Remedy};

use crate::plan::Trouble;
use crate::selection::{Origin, Selection};
use crate::solve::{Chain, Edit, Refusal, remedies};
use crate::upgrade::Release;

/// Each independent trouble with its remedies.
pub(crate) fn problems(
    release: &Release<'_>,
    selection: &Selection,
    trouble: &Trouble,
) -> Vec<PlanProblem> {
    let world = trouble.world.as_ref();
    let found = world.map(|world| remedies(release.universe, world, &trouble.refusals));
    let found = found.unwrap_or_default();
    let teller = Teller { release, selection };
    let refusals = trouble.refusals.iter().enumerate();
    let told = refusals.map(|(place, refusal)| {
        let helping = found.iter().filter(|remedy| remedy.clears.contains(&place));
        let remedies = helping.map(|remedy| teller.remedy(remedy)).collect();
        PlanProblem {
            remedies,
            ..teller.problem(refusal)
        }
    });
    told.collect()
}

struct Teller<'a> {
    release: &'a Release<'a>,
    selection: &'a Selection,
}

impl Teller<'_> {
    fn problem(&self, refusal: &Refusal) -> PlanProblem {
        let chains = refusal.chains();
        let longest = chains.iter().max_by_key(|chain| chain.0.len());
        PlanProblem {
            code: refusal.code().to_owned(),
            text: self.text(refusal),
            packages: refusal
                .packages()
                .into_iter()
                .map(|name| self.wanted(name))
                .collect(),
            chain: longest.map(|chain| chain.0.clone()).unwrap_or_default(),
            remedies: Vec::new(),
        }
    }

    fn text(&self, refusal: &Refusal) -> String {
        let release = self.release.version;
        match refusal {
            Refusal::NoSuchPackage { name, .. } => {
                let name = self.wanted(name);
                format!("{release} has no package {name}.{}", self.origin(&name))
            }
            Refusal::MissingDependency {
                package,
                needs,
                chain,
            } => {
                format!(
                    "{package} needs {needs}, which {release} does not have.{}{}",
                    comes_with(chain),
                    self.unfinished(chain)
                )
            }
            Refusal::Conflict { left, right, .. } => {
                let (left, right) = (comes_with(&left.wanted), comes_with(&right.wanted));
                format!("{}.{left}{right}", refusal.in_words())
            }
            other => {
                let chains: String = other.chains().into_iter().map(comes_with).collect();
                format!("{}.{chains}", other.in_words())
            }
        }
    }

    /// What every image has cannot be missing for long.
    fn unfinished(&self, chain: &Chain) -> &'static str {
        let entry = chain.entry().unwrap_or_default();
        if self
            .release
            .defaults()
            .contains(self.wanted(entry).as_str())
        {
            " It is part of every image for this device, so the mirror is probably between two \
             builds; try again in a few hours."
        } else {
            ""
        }
    }

    fn origin(&self, name: &str) -> &'static str {
        match self.selection.wanted.get(name) {
            Some(Origin::Installed) => {
                " It is installed today, maybe from a feed that is not asked here, and nothing is \
                 known to take its place."
            }
            Some(Origin::Instead(_) | Origin::Rule(_)) => {
                " It should take the place of a package that is installed today."
            }
            Some(Origin::Default | Origin::Present) => {
                " It is a default package, so the mirror may be incomplete."
            }
            Some(Origin::Asked) | None => "",
        }
    }

    fn remedy(&self, remedy: &crate::solve::Remedy) -> Remedy {
        let (mut add, mut remove, mut dropped) = (Vec::new(), Vec::new(), Vec::new());
        let mut texts: Vec<String> = Vec::new();
        for edit in &remedy.edits {
            match edit {
                Edit::Add { entry } => {
                    texts.push(format!("add {entry}"));
                    add.push(entry.clone());
                }
                Edit::Drop { entry } => dropped.push(self.wanted(entry)),
                Edit::Replace { entry, with } => {
                    let entry = self.wanted(entry);
                    texts.push(format!("take {with} instead of {entry}"));
                    add.push(with.clone());
                    remove.push(entry);
                }
            }
        }
        if !dropped.is_empty() {
            texts.push(format!("do without {}", listed(&dropped)));
            remove.extend(dropped);
        }
        Remedy {
            text: capital(&listed(&texts)),
            add,
            remove,
            complete: remedy.solves,
        }
    }

    /// The name the router has for what the index lists as `name`.
    fn wanted(&self, name: &str) -> String {
        let mut wanted = self.selection.wanted.keys();
        let found = wanted.find(|wanted| self.release.index_name(wanted) == name);
        found.map_or_else(|| name.to_owned(), Clone::clone)
    }
}

/// How a package that nobody asked for comes into it.
fn comes_with(chain: &Chain) -> String {
    match chain.0.as_slice() {
        [first, .., needs, _] if first != needs => format!(" {needs} comes with {first}."),
        _ => String::new(),
    }
}

/// `a`, `a and b`, `a, b and c`.
fn listed(words: &[String]) -> String {
    match words {
        [most @ .., last] if !most.is_empty() => format!("{} and {last}", most.join(", ")),
        _ => words.concat(),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

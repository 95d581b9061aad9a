//! What one version's rules say about one package.

use std::collections::BTreeSet;

use crate::choice::{Change, Choice, When};
use crate::outcome::Offer;
use crate::schema::Rule;
use crate::timeline::Crossed;

/// What a step says about one package name.
#[derive(Default)]
pub(crate) struct Verdict {
    /// `None`: nothing.
    pub(crate) to: Option<Vec<String>>,
    pub(crate) note: Option<String>,
    pub(crate) offers: Vec<Offer>,
}

/// What a step makes of a package, given what is and what was installed.
pub(crate) fn judge(step: &Crossed<'_>, context: &BTreeSet<String>, name: &str) -> Verdict {
    let mut rules = step.step.packages.iter();
    match rules.find(|rule| rule.package.value == name && step.includes(rule)) {
        Some(rule) => by_rule(rule, step, context),
        None => by_language_pack(step, name),
    }
}

fn by_rule(rule: &Rule, step: &Crossed<'_>, context: &BTreeSet<String>) -> Verdict {
    let (to, rest) = match &rule.to.value {
        Change::Drop => (Some(Vec::new()), Vec::new()),
        Change::Replace(names) => (Some(names.clone()), Vec::new()),
        Change::Choose(choices) => chosen(choices, context),
    };
    let offers = rest.into_iter().map(|name| Offer {
        package: name.to_owned(),
        version: step.step.version.value.clone(),
        note: rule.choice_note(name).map(str::to_owned),
    });
    Verdict {
        to,
        note: rule.note.clone(),
        offers: offers.collect(),
    }
}

/// The choice the context decides, else the default, else none; and those not taken.
fn chosen<'a>(
    choices: &'a [Choice],
    context: &BTreeSet<String>,
) -> (Option<Vec<String>>, Vec<&'a str>) {
    let fits = |choice: &&Choice| match &choice.when {
        When::Context(names) => names.iter().any(|name| context.contains(name)),
        _ => false,
    };
    let default = || choices.iter().find(|choice| choice.when == When::Default);
    let winner = choices.iter().find(fits).or_else(default);
    let rest = choices.iter().filter(|choice| Some(*choice) != winner);
    (
        winner.map(|choice| vec![choice.name.clone()]),
        rest.map(|choice| choice.name.as_str()).collect(),
    )
}

fn by_language_pack(step: &Crossed<'_>, name: &str) -> Verdict {
    let packs = step
        .step
        .language_packs
        .iter()
        .filter(|pack| step.includes_pack(pack));
    let fitting = packs.filter_map(|pack| Some((pack, pack.language(name)?)));
    // The rule that says most about the name knows best: an app's translations before all.
    let Some((pack, language)) = fitting.min_by_key(|(_, language)| language.len()) else {
        return Verdict::default();
    };
    let prefixes = pack.to.value.names().into_iter();
    let to = prefixes.map(|prefix| format!("{prefix}{language}{}", pack.suffix));
    Verdict {
        to: Some(to.collect()),
        note: pack.note.clone(),
        offers: Vec::new(),
    }
}

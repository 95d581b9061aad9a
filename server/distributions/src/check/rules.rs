//! The rules for packages within one version.

use std::collections::{BTreeMap, BTreeSet};

use super::{once, package, package_text};
use crate::error::Report;
use crate::schema::{Change, Choice, ChoiceNote, Rule, When};

pub(super) fn check(rules: &[Rule], report: &mut Report<'_>) {
    once(
        "a rule for package",
        rules.iter().map(|rule| &rule.package),
        report,
    );
    for rule in rules {
        names(rule, report);
        choices(rule, report);
        notes(rule, report);
    }
    circles(rules, report);
}

fn names(rule: &Rule, report: &mut Report<'_>) {
    package(&rule.package, report);
    for name in rule
        .to
        .value
        .names()
        .into_iter()
        .chain(rule.to.value.contexts())
    {
        package_text(&rule.to, name, report);
    }
    replacement(rule, report);
}

fn replacement(rule: &Rule, report: &mut Report<'_>) {
    let only_itself = [rule.package.value.as_str()];
    match &rule.to.value {
        Change::Replace(names) if names.is_empty() => {
            report.at(
                &rule.to,
                "the list of new names is empty",
                "write false to drop it",
            );
        }
        Change::Replace(names) if *names == only_itself => {
            report.at(
                &rule.to,
                "the package replaces itself",
                "leave the rule out",
            );
        }
        _ => {}
    }
}

fn choices(rule: &Rule, report: &mut Report<'_>) {
    let Change::Choose(choices) = &rule.to.value else {
        return;
    };
    let defaults = choices.iter().filter(|choice| choice.when == When::Default);
    if defaults.count() > 1 {
        report.at(
            &rule.to,
            "more than one choice is the default",
            "leave `true` to one",
        );
    }
    if choices.is_empty() {
        report.at(
            &rule.to,
            "the map of choices is empty",
            "write false to drop it",
        );
    }
    let empty = |choice: &&Choice| choice.when == When::Context(Vec::new());
    for choice in choices.iter().filter(empty) {
        let what = format!("{:?} has an empty list of contexts", choice.name);
        report.at(&rule.to, what, "name a package, or write true or false");
    }
}

fn notes(rule: &Rule, report: &mut Report<'_>) {
    let names = rule.to.value.names();
    for ChoiceNote { choice: name, .. } in &rule.choice_notes {
        if !names.contains(&name.value.as_str()) {
            let what = format!("{:?} is not one of the choices", name.value);
            report.at(name, what, "name one of those under `to`");
        }
    }
}

/// Rules that lead from a package back to itself by way of others.
fn circles(rules: &[Rule], report: &mut Report<'_>) {
    let ways: BTreeMap<&str, Vec<&str>> = rules
        .iter()
        .map(|rule| (rule.package.value.as_str(), applied_names(rule)))
        .collect();
    for rule in rules {
        let start = rule.package.value.as_str();
        if comes_back(start, &ways) {
            let what = format!("the rules of this version lead from {start:?} back to it");
            report.at(
                &rule.package,
                what,
                "drop one of them, or give it another version",
            );
        }
    }
}

/// The names a rule may lead to without a person's doing, itself left out: a package may stay
/// part of what it was split into.
fn applied_names(rule: &Rule) -> Vec<&str> {
    let mut names = rule.to.value.names();
    if let Change::Choose(choices) = &rule.to.value {
        let applied = choices.iter().filter(|choice| choice.when != When::Offered);
        names = applied.map(|choice| choice.name.as_str()).collect();
    }
    names.retain(|name| *name != rule.package.value);
    names
}

fn comes_back<'a>(start: &'a str, ways: &BTreeMap<&'a str, Vec<&'a str>>) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = ways.get(start).cloned().unwrap_or_default();
    while let Some(name) = open.pop() {
        if name == start {
            return true;
        }
        if seen.insert(name) {
            open.extend(ways.get(name).into_iter().flatten());
        }
    }
    false
}

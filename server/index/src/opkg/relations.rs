//! `Depends` and its relatives: `a, b (>= 1.0), c | d`.

use crate::package::{Constraint, Dependency, Operator, Relation};

/// The operators, the longer ones first; the short ones admit equality, as they did in early dpkg.
const OPERATORS: [(&str, Operator); 7] = [
    ("<<", Operator::Less),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    (">>", Operator::Greater),
    ("=", Operator::Equal),
    ("<", Operator::LessOrEqual),
    (">", Operator::GreaterOrEqual),
];

/// The requirements of a list.
///
/// Those marked with `*` are left out: opkg installs what is there of them, and nothing is missing
/// where nothing is.
pub(super) fn dependencies(list: &str) -> impl Iterator<Item = Dependency> {
    let items = list.split(',').filter(|item| !is_optional(item));
    let any = |item: &str| Dependency(item.split('|').filter_map(relation).collect());
    items.map(any).filter(|Dependency(any)| !any.is_empty())
}

/// The names of a list without versions, `Provides` and `Replaces`.
pub(super) fn names(list: &str) -> impl Iterator<Item = &str> {
    list.split([',', ' ']).filter(|name| !name.is_empty())
}

fn is_optional(item: &str) -> bool {
    let marked = item.trim_end().strip_suffix('*');
    marked.is_some_and(|rest| rest.ends_with([' ', ')']))
}

fn relation(text: &str) -> Option<Relation> {
    let text = text.trim();
    let (name, rest) = text.split_once(' ').unwrap_or((text, ""));
    if name.is_empty() {
        return None;
    }
    // Only behind exactly one space opkg sees a version.
    let constraint = rest.strip_prefix('(').and_then(constraint);
    let name = name.to_owned();
    Some(Relation { name, constraint })
}

fn constraint(text: &str) -> Option<Constraint> {
    let (text, _) = text.split_once(')').unwrap_or((text, ""));
    let operator = |(sign, operator): &(&str, Operator)| {
        let version = text.strip_prefix(sign)?.trim().to_owned();
        let operator = *operator;
        Some(Constraint { operator, version })
    };
    OPERATORS.iter().find_map(operator)
}

//! What holds for any index and any request.

use asu_index::{Constraint, Dependency, Flavour, Operator, Package, Provided, Relation};
use asu_planner::solve::{Universe, World, edited, is_possible, remedies, solve};
use proptest::prelude::*;

use crate::checker::faults;

const NAMES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "v", "w"];
const VERSIONS: [&str; 3] = ["1.0-r0", "1.1-r0", "2.0-r1"];

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(&NAMES[..]).prop_map(str::to_owned)
}

fn version() -> impl Strategy<Value = String> {
    prop::sample::select(&VERSIONS[..]).prop_map(str::to_owned)
}

fn relation() -> impl Strategy<Value = Relation> {
    use Operator::{Equal, Fuzzy, GreaterOrEqual, LessOrEqual};
    let operator = prop::sample::select(&[Equal, Fuzzy, GreaterOrEqual, LessOrEqual][..]);
    let constraint = (operator, version());
    let constraint = constraint.prop_map(|(operator, version)| Constraint { operator, version });
    let constraint = prop::option::weighted(0.3, constraint);
    (name(), constraint).prop_map(|(name, constraint)| Relation { name, constraint })
}

fn package() -> impl Strategy<Value = Package> {
    let name_provided = (
        prop::sample::select(&["v", "w"][..]),
        prop::option::of(version()),
    );
    let name_provided = name_provided.prop_map(|(name, version)| Provided {
        name: name.to_owned(),
        version,
    });
    let depends = prop::collection::vec(relation(), 0..3);
    let conflicts = prop::collection::vec(relation(), 0..2);
    let provides = prop::collection::vec(name_provided, 0..2);
    let install_if =
        prop_oneof![4 => Just(Vec::new()), 1 => prop::collection::vec(relation(), 1..3)];
    let own = prop::sample::select(&NAMES[..6]);
    let parts = (
        own,
        version(),
        depends,
        conflicts,
        provides,
        install_if,
        0..3u32,
    );
    parts.prop_map(
        |(name, version, depends, conflicts, provides, install_if, priority)| Package {
            name: name.to_owned(),
            version,
            arch: "noarch".to_owned(),
            depends: depends
                .into_iter()
                .map(|relation| Dependency(vec![relation]))
                .collect(),
            conflicts: conflicts
                .into_iter()
                .take(usize::from(priority == 0))
                .collect(),
            provides,
            install_if,
            provider_priority: priority,
            ..Package::default()
        },
    )
}

/// Packages such as a repository can hold: for opkg one version of each, as its feeds do.
fn packages(flavour: Flavour) -> impl Strategy<Value = Vec<Package>> {
    prop::collection::vec(package(), 1..12).prop_map(move |mut packages| {
        packages.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
        packages.dedup_by(|a, b| {
            a.name == b.name && (flavour == Flavour::Opkg || a.version == b.version)
        });
        packages
    })
}

fn words() -> impl Strategy<Value = Vec<String>> {
    let word = (
        name(),
        prop_oneof![8 => Just(""), 1 => Just(">=1.1-r0"), 1 => Just("=1.0-r0")],
    );
    prop::collection::vec(word.prop_map(|(name, rest)| format!("{name}{rest}")), 1..4)
}

fn question() -> impl Strategy<Value = (Flavour, Vec<Package>, Vec<String>)> {
    let flavour = prop::sample::select(&[Flavour::Apk, Flavour::Opkg][..]);
    flavour.prop_flat_map(|flavour| (Just(flavour), packages(flavour), words()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_solution_meets_every_demand((flavour, packages, words) in question()) {
        let universe = Universe::new(flavour, &[], packages);
        let world = World::parse(flavour, words).unwrap();
        if let Ok(solution) = solve(&universe, &world) {
            let selected: Vec<&Package> = solution.install.iter().map(|s| &*s.package).collect();
            prop_assert_eq!(faults(flavour, &world, &selected), Vec::<String>::new());
            prop_assert!(is_possible(&universe, &world), "a complete search finds nothing");
        }
    }

    #[test]
    fn the_same_question_has_the_same_answer((flavour, packages, words) in question()) {
        let world = World::parse(flavour, words).unwrap();
        let answer = || {
            let universe = Universe::new(flavour, &[], packages.clone());
            let answer = solve(&universe, &world);
            let remedies = answer.as_ref().err().map(|r| remedies(&universe, &world, r));
            format!("{answer:?} {remedies:?}")
        };
        prop_assert_eq!(answer(), answer());
    }

    #[test]
    fn every_remedy_helps((flavour, packages, words) in question()) {
        let universe = Universe::new(flavour, &[], packages);
        let world = World::parse(flavour, words).unwrap();
        let Err(refusals) = solve(&universe, &world) else { return Ok(()) };
        prop_assert!(!refusals.is_empty());
        let remedies = remedies(&universe, &world, &refusals);
        prop_assert!(remedies.iter().any(|remedy| remedy.solves), "{refusals:?} {remedies:?}");
        for remedy in remedies {
            let changed = solve(&universe, &edited(&world, &remedy.edits).unwrap());
            prop_assert_eq!(changed.is_ok(), remedy.solves);
            prop_assert!(!remedy.clears.is_empty());
        }
    }
}

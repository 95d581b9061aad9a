//! What is offered instead of what cannot be.

use asu_index::Flavour;
use asu_planner::solve::{Remedy, World, remedies, solve};

use crate::fixture::universe;

fn offered(flavour: Flavour, words: &[&str]) -> Vec<Remedy> {
    let universe = universe(flavour);
    let world = World::parse(flavour, words).unwrap();
    let refusals = solve(&universe, &world).unwrap_err();
    remedies(&universe, &world, &refusals)
}

fn texts(remedies: &[Remedy]) -> Vec<String> {
    remedies.iter().map(Remedy::to_string).collect()
}

#[test]
fn a_variant_is_offered_in_the_place_of_the_other() {
    let offered = offered(Flavour::Opkg, &["nameserv", "nameserv-full"]);
    assert!(offered.iter().all(|remedy| remedy.solves));
    assert_eq!(texts(&offered)[0], "use nameserv-full instead of nameserv");
    assert!(texts(&offered).contains(&"drop nameserv".to_owned()));
}

#[test]
fn a_provider_is_offered_for_a_name_that_is_only_provided() {
    let offered = offered(Flavour::Apk, &["libtoolbox", "busykit"]);
    let best = &texts(&offered)[..2];
    assert_eq!(
        best,
        [
            "use libtoolbox20251104 instead of libtoolbox",
            "use libtoolbox20260213 instead of libtoolbox"
        ]
    );
}

#[test]
fn the_library_that_exists_now_is_offered_for_one_that_is_gone() {
    let offered = offered(Flavour::Apk, &["libconf20230501"]);
    assert_eq!(
        texts(&offered)[0],
        "use libconf20250120 instead of libconf20230501"
    );
}

#[test]
fn troubles_that_have_nothing_to_do_with_each_other_get_one_remedy_for_all() {
    let offered = offered(
        Flavour::Apk,
        &["meshd", "nosuchpkg", "wants-base-name", "busykit"],
    );
    let all: Vec<&Remedy> = offered.iter().filter(|remedy| remedy.solves).collect();
    let [all] = &all[..] else {
        panic!("{offered:?}")
    };
    assert_eq!(
        all.to_string(),
        "add libstore3-0 and drop meshd and drop nosuchpkg"
    );
    assert_eq!(all.clears, [0, 1, 2]);
    assert!(texts(&offered).contains(&"add libstore3-0".to_owned()));
}

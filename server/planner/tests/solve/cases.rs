//! Every recorded case of apk and opkg.

use asu_index::Flavour;
use asu_planner::solve::{Installed, Refusal, Universe, World, solve_over};
use serde_json::Value;

use crate::fixture::{cases, texts, universe};

/// What there would be on the device, as `name-version`; or why not.
fn outcome(universe: &Universe, case: &Value) -> Result<Vec<String>, Vec<Refusal>> {
    let before = texts(&case["installed_before"]);
    let before: Vec<Installed> = before.iter().map(|text| installed(text)).collect();
    let world = World::parse(universe.flavour(), texts(&case["world"]))?;
    let solution = solve_over(universe, &world, &before)?;
    let new = solution.install.iter().map(|selected| &selected.package);
    let new = new.map(|package| format!("{}-{}", package.name, package.version));
    let old = before
        .iter()
        .map(|old| format!("{}-{}", old.name, old.version));
    Ok(old.chain(new).collect())
}

/// `name - version`.
fn installed(text: &str) -> Installed {
    let (name, version) = text.split_once(" - ").unwrap();
    let (name, version) = (name.to_owned(), version.to_owned());
    Installed { name, version }
}

fn sorted(mut list: Vec<String>) -> Vec<String> {
    list.sort();
    list
}

#[test]
fn every_case_of_apk_has_its_verdict_its_packages_and_their_order() {
    let universe = universe(Flavour::Apk);
    let cases = cases(Flavour::Apk);
    let agrees = |case: &&Value| {
        // A clash of files is in no index; apk's solver agrees, too.
        let simulated = &case["expect"]["simulate"];
        let expect = if simulated.is_object() {
            simulated
        } else {
            &case["expect"]
        };
        match outcome(&universe, case) {
            Ok(packages) => expect["ok"] == true && packages == texts(&expect["order"]),
            Err(refusals) => expect["ok"] == false && !refusals.is_empty(),
        }
    };
    report("apk", &cases, agrees);
}

#[test]
fn every_case_of_opkg_has_its_verdict_and_its_packages() {
    let universe = universe(Flavour::Opkg);
    let cases = cases(Flavour::Opkg);
    let agrees = |case: &&Value| {
        let expect = &case["expect"];
        let outcome = outcome(&universe, case);
        match case["id"].as_str().unwrap() {
            // opkg notices too late that these two conflict.
            "conflict-same-command" | "conflict-with-installed-rev" => names_both(&outcome),
            // In no index.
            "file-clash" => outcome.is_ok(),
            _ => match outcome {
                Ok(packages) => expect["ok"] == true && sorted(packages) == there(expect),
                Err(refusals) => expect["ok"] == false && !refusals.is_empty(),
            },
        }
    };
    report("opkg", &cases, agrees);
}

fn there(expect: &Value) -> Vec<String> {
    let there = texts(&expect["installed"]);
    sorted(there.iter().map(|text| text.replace(" - ", "-")).collect())
}

fn names_both(outcome: &Result<Vec<String>, Vec<Refusal>>) -> bool {
    let conflict =
        |refusal: &Refusal| refusal.code() == "conflict" && sorted_names(refusal) == ["fox", "hen"];
    outcome
        .as_ref()
        .is_err_and(|refusals| refusals.iter().any(conflict))
}

fn sorted_names(refusal: &Refusal) -> Vec<&str> {
    let mut names = refusal.packages();
    names.sort_unstable();
    names
}

fn report(tool: &str, cases: &[Value], agrees: impl Fn(&&Value) -> bool) {
    let (alike, differs): (Vec<&Value>, Vec<&Value>) = cases.iter().partition(agrees);
    println!("{tool}: {} of {} cases agree", alike.len(), cases.len());
    let differs: Vec<&str> = differs
        .iter()
        .filter_map(|case| case["id"].as_str())
        .collect();
    assert!(differs.is_empty(), "differs from {tool}: {differs:?}");
}

#[test]
fn refusals_have_a_code_and_the_way_that_leads_to_them() {
    let cases = [
        ("meshd", "missing-dependency", "[world] meshd -> libghost"),
        ("nosuchpkg", "no-such-package", "[world] nosuchpkg"),
        (
            "kmod-stale",
            "version-not-available",
            "[world] kmod-stale -> kernel-birch",
        ),
        (
            "busykit>=2",
            "version-not-available",
            "[world] busykit>=2 -> busykit",
        ),
        (
            "wants-base-name",
            "ambiguous-provider",
            "[world] wants-base-name -> libstore3",
        ),
    ];
    let universe = universe(Flavour::Apk);
    for (word, code, chain) in cases {
        let world = World::parse(Flavour::Apk, [word]).unwrap();
        let refusals = solve_over(&universe, &world, &[]).unwrap_err();
        let [refusal] = &refusals[..] else {
            panic!("{refusals:?}")
        };
        assert_eq!(
            (refusal.code(), refusal.chains()[0].to_string().as_str()),
            (code, chain)
        );
    }
}

#[test]
fn a_conflict_names_both_packages_and_who_wants_each() {
    let universe = universe(Flavour::Apk);
    let world = World::parse(Flavour::Apk, ["netwright", "!kmod-bridge-x"]).unwrap();
    let refusals = solve_over(&universe, &world, &[]).unwrap_err();
    let text: Vec<String> = refusals.iter().map(Refusal::to_string).collect();
    let expected = "!kmod-bridge-x and kmod-bridge-x cannot be installed together: the request \
                    says !kmod-bridge-x; [world] !kmod-bridge-x; [world] netwright -> kmod-bridge-x";
    assert_eq!(text, [expected]);
}

#[test]
fn every_trouble_is_reported_at_once() {
    let universe = universe(Flavour::Apk);
    let world = World::parse(Flavour::Apk, ["meshd", "nosuchpkg", "probe~1.6", "busykit"]).unwrap();
    let refusals = solve_over(&universe, &world, &[]).unwrap_err();
    let mut codes: Vec<&str> = refusals.iter().map(Refusal::code).collect();
    codes.sort_unstable();
    assert_eq!(
        codes,
        [
            "missing-dependency",
            "no-such-package",
            "version-not-available"
        ]
    );
}

#[test]
fn what_is_removed_is_not_asked_for_but_may_still_be_needed() {
    let universe = universe(Flavour::Apk);
    let world = World::parse(
        Flavour::Apk,
        ["-corelibc", "busykit", "toolset", "corelibc", "-toolset"],
    );
    let solution = solve_over(&universe, &world.unwrap(), &[]).unwrap();
    let names: Vec<&str> = solution
        .install
        .iter()
        .map(|s| s.package.name.as_str())
        .collect();
    assert_eq!(names, ["corelibc", "busykit"]);
    assert_eq!(
        solution.install[0].why.to_string(),
        "needed by busykit (corelibc)"
    );
}

#[test]
fn words_apk_would_not_take_are_named() {
    let refusals = World::parse(Flavour::Apk, ["busykit=1.0~zz", "a@edge", "a><1"]).unwrap_err();
    let words: Vec<&str> = refusals.iter().flat_map(Refusal::packages).collect();
    assert_eq!(words, ["busykit=1.0~zz", "a@edge", "a><1"]);
}

#[test]
fn a_choice_between_providers_is_told() {
    let universe = universe(Flavour::Opkg);
    let world = World::parse(Flavour::Opkg, ["wants-stub"]).unwrap();
    let solution = solve_over(&universe, &world, &[]).unwrap();
    let [choice] = &solution.choices[..] else {
        panic!("{:?}", solution.choices)
    };
    assert_eq!(
        (choice.name.as_str(), choice.taken.as_str()),
        ("stub-api", "stub-b")
    );
    assert_eq!(choice.others, ["stub-a"]);
}

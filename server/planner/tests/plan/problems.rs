//! Troubles are named with their reasons, and every remedy was tried.

use asu_protocol::plan::PlanProblem;

use crate::stage::{Stage, needing, package, relation};

fn only(problems: Vec<PlanProblem>) -> PlanProblem {
    let [problem] = <[PlanProblem; 1]>::try_from(problems).unwrap();
    problem
}

/// Follows a remedy as a client would.
pub(crate) fn follow(stage: &Stage, problem: &PlanProblem) -> Stage {
    let remedy = problem
        .remedies
        .iter()
        .find(|remedy| remedy.complete)
        .unwrap();
    let mut stage = stage.clone();
    stage.add.extend(remedy.add.iter().cloned());
    stage.remove.extend(remedy.remove.iter().cloned());
    stage
}

#[test]
fn a_package_that_vanished_is_never_silently_dropped() {
    let stage = Stage::new(&[package("adguardhome", "0.1-1")], &[]);
    let stage = stage.installed(&[("adguardhome", Some("0.1-1"))]);
    let problem = only(stage.plan().unwrap_err());
    assert_eq!(problem.code, "no-such-package");
    assert_eq!(problem.packages, ["adguardhome"]);
    assert!(
        problem
            .text
            .starts_with("24.10.2 has no package adguardhome."),
        "{}",
        problem.text
    );
    assert!(follow(&stage, &problem).plan().is_ok());
}

#[test]
fn a_missing_dependency_names_who_brings_it() {
    let new = [
        needing(package("luci-app-foo", "1-r1"), &["libbar"]),
        needing(package("libbar", "1-r1"), &["libghost"]),
    ];
    let stage = Stage::new(&[], &new).installed(&[("luci-app-foo", None)]);
    let problem = only(stage.plan().unwrap_err());
    assert_eq!(problem.code, "missing-dependency");
    assert_eq!(problem.chain, ["luci-app-foo", "libbar", "libghost"]);
    assert!(
        problem.text.contains("libbar comes with luci-app-foo"),
        "{}",
        problem.text
    );
    assert!(follow(&stage, &problem).plan().is_ok());
}

#[test]
fn two_packages_that_fight_are_both_named() {
    let mut full = package("dnsmasq-full", "2.91-r3");
    full.conflicts.push(relation("dnsmasq"));
    let stage = Stage::new(&[], &[full, package("dnsmasq", "2.91-r3")])
        .installed(&[("dnsmasq", None), ("dnsmasq-full", None)]);
    let problem = only(stage.plan().unwrap_err());
    assert_eq!(problem.code, "conflict");
    assert!(
        problem.text.contains("dnsmasq-full") && problem.packages.contains(&"dnsmasq".to_owned())
    );
    assert!(follow(&stage, &problem).plan().is_ok());
}

#[test]
fn a_module_for_another_kernel_is_told_by_its_versions() {
    let module = needing(package("kmod-foo", "5.15-1"), &["kernel=5.15.150-1-abc"]);
    let stage = Stage::new(&[], &[module, package("kernel", "6.6.93-1-def")]);
    let stage = stage.installed(&[("kmod-foo", None)]);
    let problem = only(stage.plan().unwrap_err());
    assert_eq!(problem.code, "version-not-available");
    assert!(
        problem.text.contains("5.15.150-1-abc") && problem.text.contains("6.6.93-1-def"),
        "{}",
        problem.text
    );
    assert!(follow(&stage, &problem).plan().is_ok());
}

#[test]
fn independent_troubles_are_told_together() {
    let stage = Stage::new(&[], &[]).installed(&[("one", None), ("two", None)]);
    let problems = stage.plan().unwrap_err();
    let names: Vec<&str> = problems
        .iter()
        .map(|problem| problem.packages[0].as_str())
        .collect();
    assert_eq!(names, ["one", "two"]);
    assert!(follow(&stage, &problems[0]).plan().is_ok());
}

#[test]
fn what_takes_the_place_of_an_installed_package_can_be_refused_too() {
    let stage = Stage::new(&[], &[]).installed(&[("auc", None)]);
    let problem = only(stage.plan().unwrap_err());
    assert_eq!(problem.packages, ["owut"]);
    assert!(follow(&stage, &problem).plan().is_ok());
}

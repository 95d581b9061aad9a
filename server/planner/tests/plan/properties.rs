//! What holds of every plan and every refusal.

use asu_index::Package;
use proptest::prelude::*;

use crate::stage::{Stage, needing, package, relation};

/// Names of invented packages; the last ones exist nowhere.
const NAMES: [&str; 10] = ["a", "b", "c", "d", "e", "f", "g", "h", "ghost", "spirit"];
const REAL: usize = 8;

fn packages() -> impl Strategy<Value = Vec<Package>> {
    let one = (
        prop::collection::vec(0..NAMES.len(), 0..3),
        prop::option::weighted(0.2, 0..REAL),
    );
    prop::collection::vec(one, REAL).prop_map(|shapes| {
        let shapes = shapes.into_iter().enumerate();
        shapes
            .map(|(own, (needs, conflict))| {
                let needs: Vec<&str> = needs.iter().map(|need| NAMES[*need]).collect();
                let mut package = needing(package(NAMES[own], "1-r1"), &needs);
                let rival = conflict.filter(|rival| *rival != own);
                package
                    .conflicts
                    .extend(rival.map(|rival| relation(NAMES[rival])));
                package
            })
            .collect()
    })
}

fn installed() -> impl Strategy<Value = Vec<(&'static str, Option<&'static str>)>> {
    let names = prop::sample::subsequence(NAMES.to_vec(), 0..6);
    names.prop_map(|names| names.into_iter().map(|name| (name, None)).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn planning_twice_gives_the_same_bytes(packages in packages(), installed in installed(), apk: bool) {
        let stage = stage(&packages, &installed, apk);
        let text = || match stage.plan() {
            Ok(plan) => serde_json::to_string(&plan).unwrap(),
            Err(problems) => serde_json::to_string(&problems).unwrap(),
        };
        prop_assert_eq!(text(), text());
    }

    #[test]
    fn every_complete_remedy_leads_to_a_plan(packages in packages(), installed in installed(), apk: bool) {
        let stage = stage(&packages, &installed, apk);
        let Err(problems) = stage.plan() else { return Ok(()) };
        prop_assert!(!problems.is_empty());
        for remedy in problems.iter().flat_map(|problem| &problem.remedies).filter(|remedy| remedy.complete) {
            let mut changed = stage.clone();
            changed.add.extend(remedy.add.iter().cloned());
            changed.remove.extend(remedy.remove.iter().cloned());
            prop_assert!(changed.plan().is_ok(), "{}: {:?}", remedy.text, changed.plan());
        }
    }

    #[test]
    fn every_refusal_has_a_remedy(packages in packages(), installed in installed(), apk: bool) {
        let stage = stage(&packages, &installed, apk);
        let Err(problems) = stage.plan() else { return Ok(()) };
        let complete = problems.iter().flat_map(|problem| &problem.remedies).any(|remedy| remedy.complete);
        prop_assert!(complete, "{:?}", problems);
    }

    #[test]
    fn no_installed_package_is_lost(packages in packages(), installed in installed(), apk: bool) {
        let stage = stage(&packages, &installed, apk);
        let Ok(plan) = stage.plan() else { return Ok(()) };
        for (name, _) in &stage.installed {
            prop_assert!(plan.changes.iter().any(|change| change.name == *name), "{}", name);
            prop_assert!(plan.install.contains_key(*name), "{}", name);
        }
    }
}

fn stage(
    packages: &[Package],
    installed: &[(&'static str, Option<&'static str>)],
    apk: bool,
) -> Stage {
    let mut stage = Stage::new(&[], packages).installed(installed);
    if apk {
        stage.new.version = "25.12.1";
    }
    stage
}

//! How long a plan takes, and what it is made of: `cargo xtask bench planner`.
//!
//! An index of 10,000 packages in the shape of a true one, 250 of them installed, on one core, warm.
//! Times are those this thread had the processor, so that what else runs on the machine counts
//! little; it still shares caches, so the least time is told beside the median.

#![expect(clippy::unwrap_used, reason = "a panic is how a measurement fails")]

mod index;
mod measure;
mod memory;
mod question;
mod report;
mod shape;

use asu_index::Flavour;
use asu_planner::solve::Universe;

use index::Listing;
use measure::time;
use question::Question;
use report::{Report, Unit};

const FLAVOURS: [(&str, Flavour); 2] = [("opkg", Flavour::Opkg), ("apk", Flavour::Apk)];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(file) = arguments.iter().skip_while(|a| *a != memory::CHILD).nth(1) {
        return memory::print_growth(file);
    }
    // As of every benchmark: a word chooses the figures that have it in their names.
    let word = arguments.iter().find(|argument| !argument.starts_with('-'));
    let mut report = Report::new(word.map_or("", String::as_str));
    for (name, flavour) in FLAVOURS {
        indexes(&mut report, name, flavour);
    }
    plans(&mut report);
    report.print(arguments.iter().any(|argument| argument == "--json"));
    if !report.is_within_budget() {
        std::process::exit(1);
    }
}

fn indexes(report: &mut Report, name: &str, flavour: Flavour) {
    let file = Listing::new(1, flavour).file();
    let what = if flavour == Flavour::Apk {
        "packages.adb"
    } else {
        "Packages"
    };
    let read = || time(|| index::read(flavour, &file));
    report.add(&format!("read {what}"), Unit::Milliseconds, read);
    let packages = index::read(flavour, &file);
    let build = || time(|| index::universe(flavour, packages.clone()));
    report.add(&format!("universe {name}"), Unit::Milliseconds, build);
    let growth = || memory::growth(name, &file);
    report.add(&format!("memory {name}"), Unit::Megabytes, growth);
}

fn plans(report: &mut Report) {
    use Flavour::{Apk, Opkg};
    for (name, old, new) in [
        ("opkg", Opkg, Opkg),
        ("apk", Apk, Apk),
        ("opkg to apk", Opkg, Apk),
    ] {
        let (old, new) = (universe(0, old), universe(1, new));
        let question = Question::new(&old, &new);
        let plan = question
            .plan(&[])
            .unwrap_or_else(|problems| panic!("{problems:#?}"));
        assert!(
            plan.changes.len() >= question::INSTALLED && plan.install.len() > plan.changes.len()
        );
        let plan = || time(|| question.plan(&[]));
        report.add(&format!("plan {name}"), Unit::Milliseconds, plan);
        let problems = question.plan(&shape::IMPOSSIBLE).unwrap_err();
        assert!(problems.len() >= 2, "{problems:#?}");
        let refusal = || time(|| question.plan(&shape::IMPOSSIBLE));
        report.add(&format!("refusal {name}"), Unit::Milliseconds, refusal);
    }
}

fn universe(release: u32, flavour: Flavour) -> (Listing, Universe) {
    let listing = Listing::new(release, flavour);
    let packages = index::read(flavour, &listing.file());
    (listing, index::universe(flavour, packages))
}
